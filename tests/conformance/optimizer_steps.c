/* optimizer_steps.c: optimizers, clipping and schedules against torch.optim and
 * transformers.get_scheduler (a file of theirs, in float64): parameters after each of 20 steps,
 * gradient norms, and the rate at each of 30 steps. */
#include "base/json.h"
#include "tensor/tensor.h"

#include <levin/optim.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double tolerance = 1e-6; // relative to the larger of 1 and the number wanted

static int passed, failed, skipped;

/* The optimizer of a run, and the clipping before its steps. */
typedef struct {
    const char *name;
    levin_optimizer *(*make)(levin_params *weight, levin_params *bias);
    double max_norm, max_value; // 0: none
} run;

/* Both parameters in one group: the list of the module above them. */
static levin_module *model;
static levin_params *both(levin_params *weight, levin_params *bias)
{
    levin_params_free(weight);
    levin_params_free(bias);
    return levin_parameters(model);
}

static levin_optimizer *adam(levin_params *w, levin_params *b)
{
    return levin_adam(both(w, b), 0.01, NULL);
}
static levin_optimizer *adam_l2(levin_params *w, levin_params *b)
{
    return levin_adam(both(w, b), 0.01, &(levin_adam_opts){ .weight_decay = 0.1 });
}
static levin_optimizer *adamw(levin_params *w, levin_params *b)
{
    return levin_adamw(both(w, b), 0.01, 0.1, NULL);
}
static levin_optimizer *adamw_groups(levin_params *w, levin_params *b)
{
    levin_optimizer *o = levin_adamw(w, 0.01, 0.1, NULL);
    levin_optimizer_add_group(o, b, 0.003, 0);
    return o;
}
static levin_optimizer *adamw_amsgrad(levin_params *w, levin_params *b)
{
    return levin_adamw(both(w, b), 0.01, 0.1, &(levin_adam_opts){ .amsgrad = LEVIN_ON });
}
static levin_optimizer *sgd(levin_params *w, levin_params *b)
{
    return levin_sgd(both(w, b), 0.01, NULL);
}
static levin_optimizer *sgd_momentum(levin_params *w, levin_params *b)
{
    const levin_sgd_opts opts = { .momentum = 0.9, .weight_decay = 0.1 };
    return levin_sgd(both(w, b), 0.01, &opts);
}
static levin_optimizer *sgd_nesterov(levin_params *w, levin_params *b)
{
    const levin_sgd_opts opts = { .momentum = 0.9, .nesterov = LEVIN_ON };
    return levin_sgd(both(w, b), 0.01, &opts);
}

static const run runs[] = {
    { "adam", adam, 0, 0 },
    { "adam_l2", adam_l2, 0, 0 },
    { "adamw", adamw, 0, 0 },
    { "adamw_groups", adamw_groups, 0, 0 },
    { "adamw_amsgrad", adamw_amsgrad, 0, 0 },
    { "sgd", sgd, 0, 0 },
    { "sgd_momentum", sgd_momentum, 0, 0 },
    { "sgd_nesterov", sgd_nesterov, 0, 0 },
    { "adamw_clip_norm", adamw, 1.0, 0 },
    { "adamw_clip_value", adamw, 0, 0.5 },
};

static void report(bool good, const char *what, const char *which, size_t step, double error)
{
    if (good)
        passed++;
    else
        failed++;
    if (!good)
        printf("%s %s, step %zu: off by %.3g\n", what, which, step, error);
}

static double error_of(double got, double want)
{
    return fabs(got - want) / (fabs(want) > 1 ? fabs(want) : 1);
}

/* The largest error of t against an array of numbers; infinity if the lengths differ. */
static double largest_error(const levin_tensor *t, const json_t *want)
{
    double worst = 0;
    if ((int64_t)json_array_size(want) != levin_tensor_numel(t))
        return HUGE_VAL;
    for (size_t i = 0; i < json_array_size(want); i++) {
        double e =
            error_of(levin_tensor_get(t, (int64_t)i), json_number_value(json_array_get(want, i)));
        worst = e >= worst ? e : worst;
        if (isnan(e))
            return HUGE_VAL;
    }
    return worst;
}

static void set_numbers(levin_tensor *t, const json_t *numbers)
{
    float *x = levin_tensor_data(t);
    for (int64_t i = 0; x && i < levin_tensor_numel(t); i++)
        x[i] = (float)json_number_value(json_array_get(numbers, (size_t)i));
}

static const levin_module_class plain = { LEVIN_MODULE(levin_module) };

/* Two parameters (3, 4) and (5), each in a module of its own, so that each has its list. */
static void make_model(levin_tensor *p[2], levin_params *lists[2], const json_t *start)
{
    const int64_t shapes[2][2] = { { 3, 4 }, { 5 } };
    const char *names[2] = { "first", "second" };
    model = levin_module_new(&plain);
    for (int i = 0; i < 2; i++) {
        levin_module *owner = levin_module_add(model, names[i], &plain);
        p[i] = levin_parameter_new(owner, "weight", 2 - i, shapes[i]);
        set_numbers(p[i], json_array_get(start, (size_t)i));
        lists[i] = levin_parameters(owner);
    }
}

static void clip(levin_optimizer *o, const run *r, const json_t *wanted, size_t step)
{
    if (r->max_value > 0)
        levin_clip_grad_value(o, r->max_value);
    if (r->max_norm <= 0)
        return;
    double norm = levin_clip_grad_norm(o, r->max_norm);
    double want = json_number_value(json_array_get(json_object_get(wanted, "grad_norm"), step));
    double e = error_of(norm, want);
    report(e <= tolerance, "grad_norm of", r->name, step, e);
}

static void check_run(const run *r, const json_t *file)
{
    const json_t *wanted = json_object_get(json_object_get(file, "runs"), r->name);
    const json_t *grads = json_object_get(file, "grads");
    const json_t *after = json_object_get(wanted, "after");
    levin_tensor *p[2];
    levin_params *lists[2];
    make_model(p, lists, json_object_get(file, "start"));
    levin_optimizer *o = r->make(lists[0], lists[1]);
    report(json_array_size(after) > 0 && o, "run", r->name, 0, (double)NAN);
    for (size_t s = 0; o && s < json_array_size(after); s++) {
        levin_optimizer_zero_grad(o);
        for (size_t i = 0; i < 2; i++) {
            set_numbers(p[i]->grad, json_array_get(json_array_get(grads, s), i));
            p[i]->grad_is_fresh = false; // as levin_backward leaves it
        }
        clip(o, r, wanted, s);
        levin_optimizer_step(o);
        const json_t *want = json_array_get(after, s);
        double e = fmax(largest_error(p[0], json_array_get(want, 0)),
                        largest_error(p[1], json_array_get(want, 1)));
        report(e <= tolerance, "run", r->name, s, e);
    }
    levin_optimizer_free(o);
    levin_module_free(model);
}

static void check_schedule(const char *name, const json_t *schedule)
{
    const json_t *lrs = json_object_get(schedule, "lr_at_step");
    const json_t *args = json_object_get(schedule, "arguments");
    double base = json_number_value(json_object_get(schedule, "base_lr"));
    const levin_lr_scheduler_opts opts = {
        .warmup = json_number_value(json_object_get(schedule, "warmup_steps")),
        .total_steps = json_integer_value(json_object_get(schedule, "total_steps")),
        .num_cycles = json_number_value(json_object_get(args, "num_cycles")),
        .power = json_number_value(json_object_get(args, "power")),
        .lr_end = json_number_value(json_object_get(args, "lr_end")),
        .min_lr = json_number_value(json_object_get(args, "min_lr")),
        .num_stable_steps = json_integer_value(json_object_get(args, "num_stable_steps")),
        .num_decay_steps = json_integer_value(json_object_get(args, "num_decay_steps")),
    };
    levin_module *m = levin_module_new(&plain);
    levin_parameter_new(m, "weight", 0, NULL);
    levin_optimizer *o = levin_adamw(levin_parameters(m), base, 0, NULL);
    levin_optimizer_set_lr_scheduler(o, name, &opts);
    report(json_array_size(lrs) > 0 && !levin_error(), "schedule", name, 0, (double)NAN);
    for (size_t s = 0; s < json_array_size(lrs); s++) {
        double want = json_number_value(json_array_get(lrs, s));
        double e = fabs(levin_optimizer_lr(o, 0) - want) / base;
        report(e <= tolerance, "schedule", name, s, e);
        levin_lr_scheduler_step(o);
    }
    levin_optimizer_free(o);
    levin_module_free(m);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: optimizer_steps FILE\n");
        return 2;
    }
    json_t *file = levin__json_load(argv[1], 16 << 20);
    const char *name;
    json_t *schedule;
    for (size_t i = 0; file && i < sizeof runs / sizeof runs[0]; i++)
        check_run(&runs[i], file);
    json_object_foreach(json_object_get(file, "schedules"), name, schedule)
        check_schedule(name, schedule);
    json_decref(file);
    failed += levin_perror("optimizer_steps");
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed > 0;
}
