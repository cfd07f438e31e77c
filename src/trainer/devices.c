/* devices.c: see devices.h. */
#include "trainer/devices.h"

#include "base/error.h"
#include "base/options.h"
#include "base/suggest.h"
#include "trainer/number.h"

#include <math.h>
#include <string.h>

/* A word of Lightning's, and what is missing to serve it; NULL: nothing is. */
typedef struct {
    const char *word, *missing;
} choice;

static const char cuda[] = "levin would have to be built with CUDA, and is not; use cpu or auto";
static const char processes[] =
    "it shares the work among processes, and this build has none: it would need MPI "
    "(libopenmpi-dev); use auto";
static const char no_such_device[] = "levin computes on CPUs; use cpu";

static const choice accelerators[] = {
    { "auto", NULL },          { "cpu", NULL },           { "gpu", cuda },
    { "cuda", cuda },          { "mps", no_such_device }, { "tpu", no_such_device },
    { "hpu", no_such_device }, { "ipu", no_such_device }, { NULL, NULL },
};

static const choice strategies[] = {
    { "auto", NULL },
    { "single_device", NULL },
    { "ddp", processes },
    { "ddp_spawn", processes },
    { "ddp_fork", processes },
    { "ddp_notebook", processes },
    { "ddp_find_unused_parameters_true", processes },
    { "ddp_find_unused_parameters_false", processes },
    { "dp", processes },
    { "ddp2", processes },
    { "ddp_cpu", processes },
    { "horovod", processes },
    { "fsdp", cuda },
    { "fsdp_cpu_offload", cuda },
    { "deepspeed", cuda },
    { "deepspeed_stage_1", cuda },
    { "deepspeed_stage_2", cuda },
    { "deepspeed_stage_2_offload", cuda },
    { "deepspeed_stage_3", cuda },
    { "deepspeed_stage_3_offload", cuda },
    { "deepspeed_stage_3_offload_nvme", cuda },
    { "xla", no_such_device },
    { "single_xla", no_such_device },
    { "single_tpu", no_such_device },
    { NULL, NULL },
};

enum { MOST_CHOICES = 32 };

static void check_word(levin_complaints *c, const char *flag, const char *value,
                       const choice *choices)
{
    const char *words[MOST_CHOICES] = { NULL }, *served[MOST_CHOICES] = { NULL };
    int n = 0;
    if (!value)
        return;
    for (int i = 0; choices[i].word; i++) {
        words[i] = choices[i].word;
        if (!choices[i].missing)
            served[n++] = choices[i].word;
    }
    int found = levin__find_word(value, words);
    if (found >= 0 && choices[found].missing)
        levin__complain(c, "%s %s: %s", flag, value, choices[found].missing);
    if (found >= 0)
        return;
    levin__unknown_word(flag, value, levin__suggest(value, words) ? words : served);
    levin__complain_error(c);
}

/* "1", "-1" for all, "[0]", "0,": one device, however it is written. */
static void check_devices(levin_complaints *c, const char *value)
{
    static const char *const one[] = { "auto", "1", "-1", "[0]", "0,", NULL };
    double n;
    if (!value || levin__find_word(value, one) >= 0)
        return;
    if (strpbrk(value, ",[") || (levin__number_parse(value, &n) && n > 1 && n == floor(n)))
        levin__complain(c, "devices %s: each device of a CPU is a process, and %s or 1", value,
                        "this build has one: it would need MPI (libopenmpi-dev); use auto");
    else
        levin__complain(c, "devices: '%s' is not a number of devices; use auto or 1", value);
}

void levin__devices_check(const levin_trainer_flags *f, levin_complaints *c)
{
    int64_t nodes = levin__number_or(f->num_nodes, 1);
    check_word(c, "accelerator", f->accelerator, accelerators);
    check_word(c, "strategy", f->strategy, strategies);
    check_devices(c, f->devices);
    if (nodes < 1)
        levin__complain(c, "num_nodes: %lld is below 1", (long long)nodes);
    else if (nodes > 1)
        levin__complain(c,
                        "num_nodes %lld: this build trains on one machine: more would need MPI "
                        "(libopenmpi-dev)",
                        (long long)nodes);
}
