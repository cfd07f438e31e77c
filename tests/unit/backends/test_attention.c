/* test_attention.c: packed attention, there and back, for awkward lengths and head sizes. ref's way
 * back is of the fourth order in the length, so an oracle of this file's own, which is held against
 * ref for short texts, stands in for it. */
#include "unit/backends/problem.h"

#include "backends/ref/ref.h"

enum { HEADS = 2 };
static const levin_random_key key = { 77, 1, 2 };

typedef struct {
    const int64_t *lengths;
    int64_t batch, head_size;
    double p, sharpness; // inputs are multiplied by it: larger ones make some scores win
} task;

/* Fills what stands in the problem for both directions; outputs are y, lse and dqkv. */
static levin_attention_args new_attention(problem *p, const task *t)
{
    int64_t rows = 0, longest = 0, h = HEADS * t->head_size;
    int32_t *cu = input(p, LEVIN_I32, t->batch + 1).data;
    for (int64_t i = 0; i <= t->batch; i++) {
        cu[i] = (int32_t)rows;
        rows += i < t->batch ? t->lengths[i] : 0;
        longest = i < t->batch && t->lengths[i] > longest ? t->lengths[i] : longest;
    }
    levin_attention_args a = { .cu_seqlens = cu, .batch = t->batch, .heads = HEADS };
    a.head_size = t->head_size;
    a.max_length = longest;
    a.p = t->p;
    a.key = key;
    a.qkv = input(p, p->dtype, 3 * rows * h);
    a.dy = input(p, p->dtype, rows * h);
    for (int64_t i = 0; i < 3 * rows * h; i++)
        set_number(a.qkv, i, t->sharpness * levin__get(a.qkv, i));
    a.y = output(p, p->dtype, rows * h);
    a.lse = floats(output(p, LEVIN_F32, rows * HEADS));
    a.dqkv = output(p, p->dtype, 3 * rows * h);
    return a;
}

/* One sequence and head in double: q, k, v, dy, their gradients (length, head_size), and the
 * probabilities with what dropout multiplies them by (length, length). */
typedef struct {
    const levin_attention_args *a;
    int64_t first, length, head;
    double *q, *k, *v, *dy, *dq, *dk, *dv, *prob, *kept;
} part;

static void *cleared(int64_t n) { return calloc((size_t)n + 1, sizeof(double)); }

static double *load(const part *s, levin_array x, int64_t width, int64_t column)
{
    int64_t d = s->a->head_size;
    double *to = cleared(s->length * d);
    for (int64_t i = 0; i < s->length; i++)
        for (int64_t c = 0; c < d; c++)
            to[i * d + c] = levin__get(x, (s->first + i) * width + column + c);
    return to;
}

static part open_part(const levin_attention_args *a, int64_t batch, int64_t head)
{
    int64_t h = a->heads * a->head_size, at = head * a->head_size;
    part s = { .a = a, .first = a->cu_seqlens[batch], .head = head };
    s.length = a->cu_seqlens[batch + 1] - s.first;
    int64_t n = s.length * a->head_size;
    s.q = load(&s, a->qkv, 3 * h, at);
    s.k = load(&s, a->qkv, 3 * h, h + at);
    s.v = load(&s, a->qkv, 3 * h, 2 * h + at);
    s.dy = load(&s, a->dy, h, at);
    s.dq = cleared(n);
    s.dk = cleared(n);
    s.dv = cleared(n);
    s.prob = cleared(s.length * s.length);
    s.kept = cleared(s.length * s.length);
    return s;
}

static void close_part(part *s)
{
    double *const all[] = { s->q, s->k, s->v, s->dy, s->dq, s->dk, s->dv, s->prob, s->kept };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static double dot(const double *x, const double *y, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

/* Probabilities and dropout of row i; its log-sum-exp. */
static double attend(part *s, int64_t i)
{
    int64_t d = s->a->head_size, n = s->length;
    double *prob = s->prob + i * n, top = -HUGE_VAL, sum = 0;
    uint64_t element = (uint64_t)((s->first + i) * s->a->heads + s->head) * 65536;
    for (int64_t j = 0; j < n; j++) {
        prob[j] = dot(s->q + i * d, s->k + j * d, d) / sqrt((double)d);
        top = fmax(top, prob[j]);
        bool drop = s->a->p > 0 && levin__random_bits16(key, element + (uint64_t)j) <
                                       levin__drop_threshold(s->a->p);
        s->kept[i * n + j] = drop ? 0 : s->a->p > 0 ? (double)levin__keep_scale(s->a->p) : 1;
    }
    for (int64_t j = 0; j < n; j++)
        sum += prob[j] = exp(prob[j] - top);
    for (int64_t j = 0; j < n; j++)
        prob[j] /= sum;
    return top + log(sum);
}

static void forward_part(part *s)
{
    int64_t d = s->a->head_size, n = s->length, h = s->a->heads * d;
    for (int64_t i = 0; i < n; i++) {
        s->a->lse[(s->first + i) * s->a->heads + s->head] = (float)attend(s, i);
        for (int64_t c = 0; c < d; c++) {
            double y = 0;
            for (int64_t j = 0; j < n; j++)
                y += s->prob[i * n + j] * s->kept[i * n + j] * s->v[j * d + c];
            set_number(s->a->y, (s->first + i) * h + s->head * d + c, y);
        }
    }
}

/* dS = P (dP - sum P dP), which goes on to q and k; P M takes dy to v. */
static void backward_row(part *s, int64_t i)
{
    int64_t d = s->a->head_size, n = s->length;
    double sum = 0, *prob = s->prob + i * n, *kept = s->kept + i * n;
    double *grad = cleared(n), scale = 1 / sqrt((double)d);
    for (int64_t j = 0; j < n; j++) {
        grad[j] = dot(s->dy + i * d, s->v + j * d, d) * kept[j];
        sum += prob[j] * grad[j];
    }
    for (int64_t j = 0; j < n; j++) {
        double ds = prob[j] * (grad[j] - sum) * scale;
        for (int64_t c = 0; c < d; c++) {
            s->dq[i * d + c] += ds * s->k[j * d + c];
            s->dk[j * d + c] += ds * s->q[i * d + c];
            s->dv[j * d + c] += prob[j] * kept[j] * s->dy[i * d + c];
        }
    }
    free(grad);
}

static void backward_part(part *s)
{
    int64_t d = s->a->head_size, h = s->a->heads * d;
    const double *const grads[] = { s->dq, s->dk, s->dv };
    for (int64_t i = 0; i < s->length; i++)
        backward_row(s, i);
    for (int64_t i = 0; i < s->length; i++)
        for (int which = 0; which < 3; which++)
            for (int64_t c = 0; c < d; c++)
                set_number(s->a->dqkv, (s->first + i) * 3 * h + which * h + s->head * d + c,
                           grads[which][i * d + c]);
}

static void oracle(const levin_attention_args *a)
{
    for (int64_t b = 0; b < a->batch; b++) {
        for (int64_t head = 0; head < a->heads; head++) {
            part s = open_part(a, b, head);
            forward_part(&s);
            backward_part(&s);
            close_part(&s);
        }
    }
}

static problem solve_by_oracle(const task *t, levin_dtype dtype)
{
    problem p = new_problem(1, dtype, t->batch, t->head_size);
    levin_attention_args a = new_attention(&p, t);
    oracle(&a);
    return p;
}

static problem solve(const task *t, levin_dtype dtype)
{
    problem p = new_problem(1, dtype, t->batch, t->head_size);
    levin_attention_args a = new_attention(&p, t);
    assert_true(LEVIN_RUN(attention, &a) && LEVIN_RUN(attention_bwd, &a));
    return p;
}

static void the_oracle_agrees_with_ref(void **state)
{
    (void)state;
    static const int64_t lengths[] = { 3, 0, 1, 7, 2 };
    assert_true(levin__use_back_end("ref"));
    for (int i = 0; i < 2; i++) {
        task t = { lengths, 5, 5, i * 0.3, 2 };
        problem right = solve(&t, LEVIN_F32), got = solve_by_oracle(&t, LEVIN_F32);
        assert_agree("oracle", &got, &right);
        free_problem(&got);
        free_problem(&right);
    }
    levin__use_back_end(NULL);
}

static void compare(const task *t, levin_dtype dtype)
{
    problem right = solve_by_oracle(t, dtype);
    for (int set = 0; set < BACK_ENDS; set++) {
        if (!use_back_end(back_ends[set]))
            continue;
        problem got = solve(t, dtype);
        assert_agree("attention", &got, &right);
        free_problem(&got);
    }
    free_problem(&right);
    levin__use_back_end(NULL);
}

static const int64_t awkward[] = { 0, 1, 2, 31, 32, 33, 70, 129 };
enum { AWKWARD = sizeof awkward / sizeof *awkward };

static void awkward_lengths_and_head_sizes_are_right(void **state)
{
    (void)state;
    static const int64_t sizes[] = { 1, 8, 17, 32, 64, 128 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int drops = 0; drops < 2; drops++) {
            task t = { awkward, AWKWARD, sizes[i], drops * 0.1, 1 };
            compare(&t, LEVIN_F32);
            compare(&t, LEVIN_BF16);
        }
    }
}

static void scores_far_apart_are_right(void **state)
{
    (void)state;
    task t = { awkward, AWKWARD, 17, 0, 3 }; // some probabilities are 1, most are 0
    compare(&t, LEVIN_F32);
}

static void batches_of_nothing_are_allowed(void **state)
{
    (void)state;
    static const int64_t none[] = { 0, 0, 0 };
    for (int64_t batch = 0; batch <= 3; batch++)
        compare(&(task){ none, batch, 8, 0.1, 1 }, LEVIN_F32);
}

static void sequences_know_nothing_of_one_another(void **state)
{
    (void)state;
    static const int64_t alone[] = { 33 }, among[] = { 70, 33, 2 };
    task one = { alone, 1, 17, 0, 1 }, three = { among, 3, 17, 0, 1 };
    for (int set = 0; set < BACK_ENDS; set++) {
        if (!use_back_end(back_ends[set]))
            continue;
        problem p = new_problem(1, LEVIN_F32, 1, 17), q = new_problem(2, LEVIN_F32, 3, 17);
        levin_attention_args a = new_attention(&p, &one), b = new_attention(&q, &three);
        int64_t h = HEADS * 17, n = 33 * h, at = 70 * h;
        for (int64_t i = 0; i < 105 * 3 * h; i++)
            set_number(b.qkv, i, (double)NAN); // all but the middle one
        memcpy(floats(b.qkv) + 3 * at, floats(a.qkv), (size_t)(3 * n) * sizeof(float));
        memcpy(floats(b.dy) + at, floats(a.dy), (size_t)n * sizeof(float));
        assert_true(LEVIN_RUN(attention, &a) && LEVIN_RUN(attention_bwd, &a));
        assert_true(LEVIN_RUN(attention, &b) && LEVIN_RUN(attention_bwd, &b));
        assert_memory_equal(floats(b.y) + at, floats(a.y), (size_t)n * sizeof(float));
        assert_memory_equal(floats(b.dqkv) + 3 * at, floats(a.dqkv),
                            (size_t)(3 * n) * sizeof(float));
        free_problem(&p);
        free_problem(&q);
    }
    levin__use_back_end(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oracle_agrees_with_ref),
        cmocka_unit_test(awkward_lengths_and_head_sizes_are_right),
        cmocka_unit_test(scores_far_apart_are_right),
        cmocka_unit_test(batches_of_nothing_are_allowed),
        cmocka_unit_test(sequences_know_nothing_of_one_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
