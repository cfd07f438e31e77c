/* training_curve FILE: thirty optimizer steps on real MNLI against float64 Torch, in f32 and in
 * bf16. Weights: $LEVIN_MODEL; data: mnli/ in $LEVIN_DATA; the head lies beside FILE. */
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "support/report.h"

#include <levin/levin.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is allowed, and what was seen, as the largest distances from float64. */
typedef struct {
    double loss, logit, grad_norm, tensor_norm, final_norm;
} distances;

typedef struct {
    const json_t *setup, *truth;
    char *head;
    distances allowed, seen;
    const char *name;
} curve;

static double number(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

static double at(const json_t *list, int64_t i)
{
    return json_number_value(json_array_get(list, (size_t)i));
}

static void note(double *worst, double distance)
{
    if (distance > *worst || isnan(distance))
        *worst = distance;
}

static double relative(double got, double right) { return fabs(got - right) / fabs(right); }

static bool is_key_bias(const char *name)
{
    return strstr(name, "attention.self.key.bias") != NULL;
}

static double norm_of(const float *x, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; x && i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sqrt(sum);
}

static int64_t entry_numel(const levin_state_entry *e)
{
    int64_t n = 1;
    for (int i = 0; i < e->ndim; i++)
        n *= e->shape[i];
    return n;
}

static int compare_gradient(void *payload, const levin_state_entry *e)
{
    curve *c = payload;
    const json_t *norms = json_object_get(c->truth, "step0_grad_norm_by_tensor");
    const json_t *right = json_object_get(norms, e->name);
    report_check(right != NULL, "%s: no gradient is recorded for %s", c->name, e->name);
    if (right && !is_key_bias(e->name))
        note(&c->seen.tensor_norm,
             relative(norm_of(e->grad, entry_numel(e)), json_number_value(right)));
    return 0;
}

static int compare_parameter(void *payload, const levin_state_entry *e)
{
    curve *c = payload;
    const json_t *right = json_object_get(json_object_get(c->truth, "final_param_norms"), e->name);
    if (right && !is_key_bias(e->name))
        note(&c->seen.final_norm,
             relative(norm_of(e->data, entry_numel(e)), json_number_value(right)));
    return 0;
}

static int set_head(void *payload, const levin_state_entry *e)
{
    const levin_safetensors *head = payload;
    const levin_st_tensor *t = levin_safetensors_find(head, e->name);
    return t ? levin_st_to_f32(t, 0, t->numel, e->data) : 0;
}

static levin_dataloader *loader(const curve *c, const char *file_key, const char *rows_key,
                                const levin_tokenizer *tokenizer, int64_t batch_size)
{
    static const char *const names[] = { "entailment", "neutral", "contradiction", NULL };
    const char *file = json_string_value(json_object_get(c->setup, file_key));
    const char *folder = report_data("mnli");
    char *path = levin__path_join(folder, levin__path_name(file));
    levin_dataset *d = levin_dataset_from_file(
        path, &(levin_text_opts){ .label_names = names,
                                  .num_labels = 3,
                                  .max_rows = (int64_t)number(c->setup, rows_key) });
    levin_dataset_set_tokenizer(d, tokenizer, (int)number(c->setup, "max_length"));
    levin__free(path);
    return levin_dataloader_new(d, &(levin_dataloader_opts){ .batch_size = batch_size });
}

static void one_step(curve *c, levin_module *m, levin_optimizer *o, const levin_batch *b,
                     int64_t step)
{
    levin_scope *scope = levin_scope_begin();
    levin_optimizer_zero_grad(o);
    levin_tensor *logits = m->type->forward(m, b);
    levin_tensor *loss = levin_cross_entropy(logits, b->labels);
    for (int64_t i = 0; step == 0 && i < levin_tensor_numel(logits); i++)
        note(&c->seen.logit,
             fabs(levin_tensor_get(logits, i) -
                  at(json_array_get(json_object_get(c->truth, "step0_logits"), (size_t)(i / 3)),
                     i % 3)));
    note(&c->seen.loss, fabs(levin_item(loss) - at(json_object_get(c->truth, "loss"), step)));
    levin_backward(loss);
    if (step == 0)
        levin_state_dict_visit(m, compare_gradient, c);
    double lr = at(json_object_get(c->truth, "lr"), step);
    report_check(fabs(levin_optimizer_lr(o, 0) - lr) <= 1e-12,
                 "%s: lr %g instead of %g in step %lld", c->name, levin_optimizer_lr(o, 0), lr,
                 (long long)step);
    double norm = levin_clip_grad_norm(o, number(c->setup, "clip_global_norm"));
    note(&c->seen.grad_norm, relative(norm, at(json_object_get(c->truth, "grad_norm"), step)));
    levin_optimizer_step(o);
    levin_lr_scheduler_step(o);
    levin_scope_end(scope);
}

static void train(curve *c, levin_module *m, levin_dataloader *data)
{
    levin_optimizer *o =
        levin_adamw(levin_parameters(m), number(c->setup, "lr"), number(c->setup, "weight_decay"),
                    &(levin_adam_opts){ .decay_only_weights = LEVIN_ON });
    int64_t steps = (int64_t)number(c->setup, "optimizer_steps");
    levin_lr_scheduler_opts schedule = { .warmup = number(c->setup, "warmup_steps"),
                                         .total_steps = steps };
    levin_optimizer_set_lr_scheduler(o, "linear", &schedule);
    levin_dataloader_begin(data, 0, 0);
    levin_batch b;
    int64_t step = 0;
    for (; step < steps && levin_dataloader_next(data, &b) == 1; step++)
        one_step(c, m, o, &b, step);
    report_check(step == steps, "%s: %lld steps instead of %lld: %s", c->name, (long long)step,
                 (long long)steps, levin_error_message());
    levin_state_dict_visit(m, compare_parameter, c);
    levin_optimizer_free(o);
}

static void compare_dev(curve *c, levin_module *m, levin_dataloader *data)
{
    levin_batch b;
    const json_t *right = json_object_get(c->truth, "dev64_logits");
    int64_t row = 0;
    levin_module_train(m, false);
    bool grad = levin_set_grad_enabled(false);
    levin_dataloader_begin(data, 0, 0);
    while (levin_dataloader_next(data, &b) == 1) {
        levin_scope *scope = levin_scope_begin();
        levin_tensor *logits = m->type->forward(m, &b);
        for (int64_t i = 0; i < b.size; i++, row++)
            for (int64_t j = 0; j < 3; j++)
                note(&c->seen.logit, fabs(levin_tensor_get(logits, 3 * i + j) -
                                          at(json_array_get(right, (size_t)row), j)));
        levin_scope_end(scope);
    }
    levin_set_grad_enabled(grad);
    report_check(row == (int64_t)json_array_size(right), "%s: %lld dev rows", c->name,
                 (long long)row);
}

static void judge(const curve *c)
{
    const struct {
        const char *what;
        double seen, allowed;
    } rows[] = {
        { "loss", c->seen.loss, c->allowed.loss },
        { "logits", c->seen.logit, c->allowed.logit },
        { "gradient norm (relative)", c->seen.grad_norm, c->allowed.grad_norm },
        { "gradient norm by tensor (relative)", c->seen.tensor_norm, c->allowed.tensor_norm },
        { "parameter norm at the end (relative)", c->seen.final_norm, c->allowed.final_norm },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        printf("%s: %s: %.3g away from float64, %.3g allowed\n", c->name, rows[i].what,
               rows[i].seen, rows[i].allowed);
        report_check(rows[i].seen <= rows[i].allowed, "%s: %s", c->name, rows[i].what);
    }
}

static void run(curve *c, levin_dtype precision, const levin_tokenizer *tokenizer)
{
    levin_module *m = levin_classifier_from_pretrained(
        report_model(), 3, &(levin_classifier_opts){ .dropout = -1, .classifier_dropout = -1 });
    levin_safetensors *head = levin_safetensors_open(c->head);
    levin_dataloader *data =
        loader(c, "train_file", "train_rows", tokenizer, (int64_t)number(c->setup, "batch_size"));
    levin_dataloader *dev = loader(c, "dev_file", "dev_rows", tokenizer, 32);
    levin_dtype before = levin_set_autocast(precision);
    if (m && head && levin_state_dict_visit(m, set_head, head) == 0) {
        train(c, m, data);
        compare_dev(c, m, dev);
        judge(c);
    }
    levin_set_autocast(before);
    report_check(levin_error() == 0, "%s: %s", c->name, levin_error_message());
    levin_error_clear();
    levin_dataloader_free(data);
    levin_dataloader_free(dev);
    levin_safetensors_free(head);
    levin_module_free(m);
}

static void run_both(const json_t *golden, char *head)
{
    levin_tokenizer *tokenizer = levin_tokenizer_from_pretrained(report_model());
    curve f32 = { .setup = json_object_get(golden, "setup"),
                  .truth = json_object_get(golden, "float64"),
                  .head = head,
                  .allowed = { 1e-5, 1e-5, 1e-4, 1e-4, 2e-5 },
                  .name = "32-true" };
    const json_t *torch = json_object_get(golden, "bf16_autocast_distance_from_float64");
    curve bf16 = f32;
    bf16.name = "bf16-mixed";
    bf16.allowed = (distances){ 3 * number(torch, "max_loss"), 3 * number(torch, "max_dev64_logit"),
                                3 * number(torch, "max_relative_grad_norm"), 1,
                                3 * number(torch, "max_relative_final_norm") };
    run(&f32, LEVIN_F32, tokenizer);
    run(&bf16, LEVIN_BF16, tokenizer);
    levin_tokenizer_free(tokenizer);
}

int main(int argc, char **argv)
{
    json_t *golden = argc == 2 ? levin__json_load(argv[1], 1 << 26) : NULL;
    if (!golden) {
        fprintf(stderr, "usage: training_curve FILE: %s\n", levin_error_message());
        return 2;
    }
    if (!report_model() || !report_data("mnli")) {
        report_skip("everything: %s", report_model() ? "mnli/ is not in LEVIN_DATA"
                                                     : "LEVIN_MODEL names no model folder");
    } else {
        int folder = (int)(levin__path_name(argv[1]) - argv[1]);
        const json_t *setup = json_object_get(golden, "setup");
        char *head = levin__format("%.*s%s", folder, argv[1],
                                   json_string_value(json_object_get(setup, "head_file")));
        run_both(golden, head);
        levin__free(head);
    }
    json_decref(golden);
    return report_end();
}
