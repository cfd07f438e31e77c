/* report.c: see report.h. The table is printed as it comes, the JSON object at the end. */
#include "cli/bench/report.h"

#include "cli/results.h"
#include "tensor/backends.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Below it, a table is worth little. */
static const double STEADY = 0.9;

static bool prints(const bench *b) { return !b->args->json; }

/* The processor's name for itself. */
static void read_cpu(char *name, size_t size)
{
    char line[256];
    snprintf(name, size, "unknown");
    FILE *f = fopen("/proc/cpuinfo", "r");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "model name", 10) != 0 || !strchr(line, ':'))
            continue;
        const char *text = strchr(line, ':') + 1;
        text += strspn(text, " \t");
        snprintf(name, size, "%.*s", (int)strcspn(text, "\n"), text);
        break;
    }
    if (f)
        fclose(f);
}

static json_t *describe_machine(void)
{
    char cpu[128];
    read_cpu(cpu, sizeof cpu);
    json_t *out = json_object();
    cli_result_text(out, "cpu", cpu);
    cli_result_text(out, "backend", levin__back_end_name());
    cli_result_count(out, "threads", levin_num_threads());
    cli_result_count(out, "l3_bytes", sysconf(_SC_LEVEL3_CACHE_SIZE));
    return out;
}

static json_t *describe_model(const bench *b)
{
    const levin_bert_config *c = &b->config;
    json_t *out = json_object();
    cli_result_text(out, "name", b->name);
    cli_result_count(out, "layers", c->num_hidden_layers);
    cli_result_count(out, "hidden_size", c->hidden_size);
    cli_result_count(out, "intermediate_size", c->intermediate_size);
    cli_result_count(out, "parameters", levin_module_numel(&b->model->base, false));
    return out;
}

static const char *precision_word(const bench *b)
{
    return b->autocast == LEVIN_I8 ? "int8" : b->autocast == LEVIN_BF16 ? "bf16-mixed" : "32-true";
}

static json_t *describe_settings(const bench *b)
{
    json_t *out = json_object();
    cli_result_text(out, "precision", precision_word(b));
    cli_result_count(out, "batch_size", b->batches.at[0].batch.size);
    cli_result_text(out, "lengths", b->args->bench.lengths);
    cli_result_number(out, "mean_length", b->lengths.mean);
    cli_result_number(out, "tokens_a_batch", b->batches.tokens);
    cli_result_number(out, "seconds", b->args->bench.seconds);
    return out;
}

void bench_report_begin(bench *b)
{
    json_t *machine = describe_machine(), *model = describe_model(b);
    cli_result_text(b->results, "version", levin_version());
    json_object_set_new(b->results, "machine", machine);
    json_object_set_new(b->results, "model", model);
    json_object_set_new(b->results, "settings", describe_settings(b));
    if (!prints(b))
        return;
    printf("levin %s, %s, %s, %d threads\n", levin_version(),
           json_string_value(json_object_get(machine, "cpu")), levin__back_end_name(),
           levin_num_threads());
    printf("%s: %lld layers of %lld, %.1f M parameters, %s\n", b->name,
           (long long)b->config.num_hidden_layers, (long long)b->config.hidden_size,
           (double)levin_module_numel(&b->model->base, false) / 1e6, precision_word(b));
    printf("batches of %lld texts, lengths %s: %.1f tokens on average, %.0f a batch\n",
           (long long)b->batches.at[0].batch.size, b->args->bench.lengths, b->lengths.mean,
           b->batches.tokens);
    fflush(stdout);
}

void bench_report_section(bench *b, const char *name)
{
    b->section = json_object();
    json_object_set_new(b->results, name, b->section);
    if (prints(b))
        printf("\n%-31s %-20s %11s %10s\n", name, "", "median", "rate");
}

static void print_time(const bench_timing *t)
{
    double s = t->seconds;
    if (s < 1e-3)
        printf(" %8.1f us", s * 1e6);
    else if (s < 1)
        printf(" %8.2f ms", s * 1e3);
    else
        printf(" %8.3f s ", s);
}

static void print_row(const bench_row *r)
{
    printf("  %-29s %-20s", r->name, r->detail ? r->detail : "");
    if (r->timing)
        print_time(r->timing);
    else
        printf(" %11s", "");
    if (r->unit)
        printf(r->rate < 1000 ? " %10.1f %s" : " %10.0f %s", r->rate, r->unit);
    if (r->peak > 0)
        printf(", %.0f %% of %.1f", 100 * r->rate / r->peak, r->peak);
    putchar('\n');
    fflush(stdout);
}

void bench_report(bench *b, const bench_row *r)
{
    json_t *out = json_object();
    if (r->detail)
        cli_result_text(out, "detail", r->detail);
    if (r->timing) {
        cli_result_number(out, "seconds", r->timing->seconds);
        cli_result_number(out, "low", r->timing->low);
        cli_result_number(out, "high", r->timing->high);
        cli_result_count(out, "runs", r->timing->runs);
    }
    if (r->unit) {
        cli_result_number(out, "rate", r->rate);
        cli_result_text(out, "unit", r->unit);
    }
    if (r->peak > 0) {
        cli_result_number(out, "peak", r->peak);
        cli_result_number(out, "share", r->rate / r->peak);
    }
    json_object_set_new(b->section, r->name, out);
    if (prints(b))
        print_row(r);
}

void bench_report_absent(bench *b, const char *name, const char *why)
{
    json_object_set_new(b->section, name, json_null());
    if (prints(b))
        printf("  %-29s none: %s\n", name, why);
}

void bench_report_end(const bench *b)
{
    double steadiness = bench_steadiness(b);
    cli_result_number(b->results, "steadiness", steadiness);
    if (prints(b) && steadiness < STEADY)
        printf("\nSomething else was running: our threads had processors for %.0f %% of the time."
               "\nTake the table again when it is quiet.\n",
               100 * steadiness);
    if (prints(b))
        return;
    json_dumpf(b->results, stdout, JSON_REAL_PRECISION(6));
    putchar('\n');
}

void bench_report_flops(bench *b, const char *name, const char *detail, const bench_timing *t,
                        double flops)
{
    bench_report(
        b, &(bench_row){ name, detail, t, flops / t->seconds / 1e9, "GFLOP/s", t->peak / 1e9 });
}

void bench_report_bytes(bench *b, const char *name, const char *detail, const bench_timing *t,
                        double bytes)
{
    bench_report(
        b, &(bench_row){ name, detail, t, bytes / t->seconds / 1e9, "GB/s", b->memory / 1e9 });
}
