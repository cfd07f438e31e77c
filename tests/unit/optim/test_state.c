/* test_state.c: a state taken out and put into another optimizer continues with the same bits. */
#include "optim/optimizer.h"

#include "base/error.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { N = 40, MOST = 64 };

static const levin_module_class plain = { LEVIN_MODULE(levin_module) };

/* A checkpoint in memory, in the order of the visits. */
typedef struct {
    char names[MOST][64];
    float arrays[MOST][N];
    double numbers[MOST];
    int n_arrays, n_numbers, at;
} saved;

typedef struct {
    levin_module *m;
    levin_tensor *weight, *bias;
    levin_optimizer *o;
} problem;

static problem make(levin_optimizer *(*optimizer)(levin_params *params))
{
    problem p = { .m = levin_module_new(&plain) };
    p.weight = levin_parameter_new(p.m, "weight", 1, (int64_t[]){ N });
    p.bias = levin_parameter_new(p.m, "bias", 1, (int64_t[]){ N });
    levin_seed_everything(3);
    levin_init_normal(p.weight, 1);
    p.o = optimizer(levin_parameters(p.m));
    levin_optimizer_set_lr_scheduler(p.o, "cosine",
                                     &(levin_lr_scheduler_opts){ .total_steps = 20, .warmup = 2 });
    return p;
}

static void done(problem *p)
{
    levin_optimizer_free(p->o);
    levin_module_free(p->m);
}

/* Gradients that differ from step to step; the bias learns every other step only. */
static void steps(problem *p, int from, int to)
{
    for (int i = from; i < to; i++) {
        levin_optimizer_zero_grad(p->o);
        levin_tensor *x = levin_scale(p->weight, 1 + i);
        if (i % 2)
            x = levin_mul(x, p->bias);
        assert_int_equal(levin_backward(levin_sum(levin_mul(x, p->weight), 0)), 0);
        levin_clip_grad_norm(p->o, 1);
        assert_int_equal(levin_optimizer_step(p->o), 0);
        levin_lr_scheduler_step(p->o);
    }
}

static int save_array(void *payload, const levin_optimizer_array *a)
{
    saved *s = payload;
    snprintf(s->names[s->n_arrays], sizeof s->names[0], "%s/%s", a->parameter, a->state);
    memcpy(s->arrays[s->n_arrays++], a->data, N * sizeof(float));
    assert_int_equal(a->like->numel, N);
    return 0;
}
static int save_number(void *payload, const char *name, double *value)
{
    saved *s = payload;
    assert_non_null(name);
    s->numbers[s->n_numbers++] = *value;
    return 0;
}
static int load_array(void *payload, const levin_optimizer_array *a)
{
    saved *s = payload;
    memcpy(a->data, s->arrays[s->at++], N * sizeof(float));
    return 0;
}
static int load_number(void *payload, const char *name, double *value)
{
    saved *s = payload;
    assert_non_null(name);
    *value = s->numbers[s->at++];
    return 0;
}

static void save(problem *p, saved *s)
{
    *s = (saved){ 0 };
    assert_int_equal(levin__optimizer_visit_arrays(p->o, save_array, s), 0);
    assert_int_equal(levin__optimizer_visit_numbers(p->o, save_number, s), 0);
}

static void load(problem *to, const problem *from, saved *s)
{
    s->at = 0;
    assert_int_equal(levin__optimizer_visit_arrays(to->o, load_array, s), 0);
    levin__optimizer_moments_changed(to->o);
    s->at = 0;
    assert_int_equal(levin__optimizer_visit_numbers(to->o, load_number, s), 0);
    memcpy(levin_tensor_data(to->weight), from->weight->data, N * sizeof(float));
    memcpy(levin_tensor_data(to->bias), from->bias->data, N * sizeof(float));
}

static void check_resume(levin_optimizer *(*optimizer)(levin_params *params), int n_arrays)
{
    saved s;
    problem a = make(optimizer), b = make(optimizer);
    steps(&a, 0, 5);
    save(&a, &s);
    assert_int_equal(s.n_arrays, n_arrays);
    load(&b, &a, &s);
    steps(&a, 5, 12);
    steps(&b, 5, 12);
    assert_memory_equal(a.weight->data, b.weight->data, N * sizeof(float));
    assert_memory_equal(a.bias->data, b.bias->data, N * sizeof(float));
    assert_true(levin_optimizer_lr(a.o, 0) == levin_optimizer_lr(b.o, 0));
    done(&a);
    done(&b);
}

static levin_optimizer *amsgrad(levin_params *params)
{
    return levin_adamw(params, 0.01, 0.1, &(levin_adam_opts){ .amsgrad = LEVIN_ON });
}
static levin_optimizer *adam(levin_params *params) { return levin_adam(params, 0.01, NULL); }
static levin_optimizer *momentum(levin_params *params)
{
    return levin_sgd(params, 0.01, &(levin_sgd_opts){ .momentum = 0.9, .dampening = 0.5 });
}
static levin_optimizer *sgd(levin_params *params) { return levin_sgd(params, 0.01, NULL); }

static void every_optimizer_resumes_with_the_same_bits(void **state)
{
    (void)state;
    check_resume(adam, 4);
    check_resume(amsgrad, 6);
    check_resume(momentum, 2);
    check_resume(sgd, 0);
}

static void arrays_and_numbers_have_torchs_names(void **state)
{
    (void)state;
    saved s;
    problem p = make(amsgrad);
    save(&p, &s); // before any step: zeros
    assert_string_equal(s.names[0], "weight/exp_avg");
    assert_string_equal(s.names[1], "weight/exp_avg_sq");
    assert_string_equal(s.names[5], "bias/max_exp_avg_sq");
    assert_true(s.arrays[0][0] == 0);
    assert_int_equal(s.n_numbers, 6); // lr, initial_lr, weight_decay, two steps, schedule
    done(&p);
}

static int spoil(void *payload, const char *name, double *value)
{
    const char **target = payload;
    if (strcmp(name, target[0]) == 0)
        *value = target[1] ? 1.5 : -1;
    return 0;
}

static void numbers_that_cannot_be_are_refused(void **state)
{
    (void)state;
    problem p = make(adam);
    steps(&p, 0, 2);
    const char *fraction[2] = { "step.weight", "x" }, *negative[2] = { "group.0.lr", NULL };
    double lr = levin_optimizer_lr(p.o, 0);
    assert_int_equal(levin__optimizer_visit_numbers(p.o, spoil, fraction), LEVIN_EFORMAT);
    assert_string_equal(levin_error_message(), "optimizer state: step.weight cannot be 1.5");
    levin_error_clear();
    assert_int_equal(p.o->groups[0].slots[0].steps, 2);
    assert_int_equal(levin__optimizer_visit_numbers(p.o, spoil, negative), LEVIN_EFORMAT);
    assert_string_equal(levin_error_message(), "optimizer state: group.0.lr cannot be -1");
    levin_error_clear();
    assert_true(levin_optimizer_lr(p.o, 0) == lr);
    done(&p);
}

static int stop_at_once(void *payload, const levin_optimizer_array *a)
{
    (void)a;
    ++*(int *)payload;
    return 5;
}

static void visits_end_when_told_and_memory_may_fail(void **state)
{
    (void)state;
    int visits = 0;
    problem p = make(adam);
    levin__alloc_fail_at(1);
    assert_int_equal(levin__optimizer_visit_arrays(p.o, stop_at_once, &visits), LEVIN_ENOMEM);
    levin_error_clear();
    assert_int_equal(levin__optimizer_visit_arrays(p.o, stop_at_once, &visits), 5);
    assert_int_equal(visits, 1);
    assert_int_equal(levin__optimizer_visit_arrays(NULL, stop_at_once, &visits), 0);
    assert_int_equal(levin__optimizer_visit_numbers(NULL, save_number, NULL), 0);
    done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_optimizer_resumes_with_the_same_bits),
        cmocka_unit_test(arrays_and_numbers_have_torchs_names),
        cmocka_unit_test(numbers_that_cannot_be_are_refused),
        cmocka_unit_test(visits_end_when_told_and_memory_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
