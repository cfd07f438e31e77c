/* test_matmul.c: products of every kind and of awkward sizes against ref: around the widths of
 * vectors and tiles, the heights of blocks, the length of a pass. */
#include "unit/backends/problem.h"

#include "backends/ref/ref.h"
#include "base/scope.h"

/* One bit each: what a product may have. */
enum {
    TRANS_A = 1,
    TRANS_B = 2,
    ADD = 4,
    BIAS = 8,
    PRE = 16,
    GELU = 32,
    BYTES = 64,
    PACKED = 128,
    SQUARES = 256,
    ROW_SUMS = 512,
    GELU_B = 1024,
    SLOPE = 2048
};
enum { FLAGS = 4096 };
/* And which of its arrays are bf16. */
enum { HALF_A = 1, HALF_B = 2, HALF_C = 4, DTYPES = 8 };

typedef struct {
    int64_t m, n, k;
    int flags, half;
} kind;

static levin_dtype dtype_if(int half) { return half ? LEVIN_BF16 : LEVIN_F32; }

static levin_matmul_args new_product(problem *p, const kind *w)
{
    levin_dtype c = dtype_if(w->half & HALF_C);
    levin_matmul_args m = { .m = w->m, .n = w->n, .k = w->k };
    m.trans_a = w->flags & TRANS_A;
    m.trans_b = w->flags & TRANS_B;
    m.add = w->flags & ADD;
    m.gelu = w->flags & GELU;
    m.bytes = w->flags & BYTES;
    m.gelu_b = w->flags & GELU_B;
    if (w->flags & SQUARES)
        m.squares = &p->sum;
    m.a = input(p, dtype_if(w->half & HALF_A), w->m * w->k);
    m.b = input(p, dtype_if(w->half & HALF_B), w->k * w->n);
    m.c = output(p, c, w->m * w->n);
    if (w->flags & BIAS)
        m.bias = input(p, LEVIN_F32, w->n);
    if (w->flags & PRE)
        m.pre = output(p, c, w->m * w->n);
    if (w->flags & SLOPE)
        m.slope = w->n % 2 ? m.c : input(p, c, w->m * w->n); // c itself, too
    if (w->flags & ROW_SUMS) {
        m.row_sums = output(p, LEVIN_F32, w->m);
        m.add_row_sums = w->flags & ADD;
    }
    return m;
}

/* A sum of k random products has a deviation of sqrt(k) / 3, to which the error is in proportion
 * even where it happens to be small. */
static void assert_product(const kind *w, const problem *got, const problem *right)
{
    bool rounded = w->flags & GELU_B && w->half & HALF_B; // gelu of pairs is rounded to pairs
    double allowed_sum = (rounded ? 2e-2 : 1e-5) * (1 + right->sum);
    if (w->flags & SQUARES && !agree(got->sum, right->sum, allowed_sum))
        fail_msg("%s: the sum of squares is %.9g, ref says %.9g", levin__back_end_name(), got->sum,
                 right->sum);
    for (int i = 0; i < right->n; i++) {
        const operand *g = &got->operands[i], *r = &right->operands[i];
        double allowed = tolerance(rounded ? LEVIN_BF16 : r->array.dtype) *
                         fmax(largest(r->array, r->n), sqrt((double)w->k) / 3);
        for (int64_t at = 0; r->written && at < r->n; at++)
            if (!agree(levin__get(g->array, at), levin__get(r->array, at), allowed))
                fail_msg("%s: (%lld, %lld, %lld) flags %d half %d: array %d[%lld] is %.9g, ref "
                         "says %.9g",
                         levin__back_end_name(), (long long)w->m, (long long)w->n, (long long)w->k,
                         w->flags, w->half, i, (long long)at, levin__get(g->array, at),
                         levin__get(r->array, at));
    }
}

/* With b packed beforehand, in a heap block of just its size, and unreadable where it lay. */
static void multiply_packed(levin_matmul_args *m, const levin_kernels *k, size_t bytes)
{
    void *room = malloc(bytes ? bytes : 1);
    assert_non_null(room);
    memset(room, 0xff, bytes);
    assert_true(k->pack(room, m));
    m->packed = room;
    size_t size = m->b.dtype == LEVIN_F32 ? 4 : 2;
    if (m->n * m->k > 0)
        memset(m->b.data, 0xff, (size_t)(m->n * m->k) * size); // NaNs
    assert_true(LEVIN_RUN(matmul, m));
    m->packed = NULL;
    free(room);
}

static void multiply(levin_matmul_args *m, bool packed)
{
    const levin_kernels *k = levin__kernel_tables()[0];
    size_t bytes;
    if (packed && k->packed_size && k->packed_size(&bytes, m, false))
        multiply_packed(m, k, bytes);
    else
        assert_true(LEVIN_RUN(matmul, m));
}

static void check(kind w, uint64_t seed)
{
    problem right = new_problem(seed, LEVIN_F32, 0, 0);
    levin_matmul_args m = new_product(&right, &w);
    levin__ref_matmul(&m);
    for (int set = 0; set < BACK_ENDS; set++) {
        if (!use_back_end(back_ends[set]))
            continue;
        problem got = new_problem(seed, LEVIN_F32, 0, 0);
        m = new_product(&got, &w);
        multiply(&m, w.flags & PACKED);
        assert_product(&w, &got, &right);
        free_problem(&got);
    }
    free_problem(&right);
    levin__use_back_end(NULL);
}

static int64_t pick(levin_generator *g, const int64_t *from, size_t n)
{
    return from[levin__generator_below(g, n)];
}

#define PICK(g, list) pick(g, list, sizeof(list) / sizeof *(list))

static const int64_t small[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, 23, 24, 25 };
static const int64_t medium[] = { 1, 5, 6, 7, 12, 13, 31, 32, 33, 47, 48, 49, 63, 64, 65 };

static bool possible(int flags)
{
    bool bytes_by_rows = (flags & (TRANS_A | TRANS_B)) == TRANS_B;
    if (flags & SLOPE && flags & (ADD | PRE | GELU | BYTES | BIAS))
        return false;
    if (flags & GELU_B && flags & (PACKED | BYTES))
        return false;
    return !(flags & (PRE | GELU) && flags & ADD) &&
           !(flags & BYTES && (!bytes_by_rows || flags & ROW_SUMS));
}

static void every_kind_of_product_agrees_with_ref(void **state)
{
    (void)state;
    levin_generator g;
    levin__generator_seed(&g, 1);
    for (int flags = 0; flags < FLAGS; flags++) {
        for (int half = 0; possible(flags) && half < DTYPES; half++) {
            if (flags & SQUARES && half & HALF_C)
                continue;
            kind w = { PICK(&g, small), PICK(&g, small), PICK(&g, medium), flags, half };
            check(w, levin__generator_next(&g));
            w = (kind){ PICK(&g, medium), PICK(&g, medium), PICK(&g, small), flags, half };
            check(w, levin__generator_next(&g));
        }
    }
}

/* A pass takes 1536 steps, of one number, two or four; blocks are 48 or 96 rows, or 256, chunks
 * 256, 512 or 1024 columns. */
static const int64_t passes[] = { 767, 1536, 1537, 3071, 3073, 3200, 6145 };
static const int64_t blocks[] = { 47, 48, 49, 95, 96, 97 };
static const int64_t chunks[] = { 255, 256, 257, 511, 512, 513, 1023, 1024, 1025 };

static void sizes_around_passes_blocks_and_chunks_agree_with_ref(void **state)
{
    (void)state;
    levin_generator g;
    levin__generator_seed(&g, 2);
    for (int i = 0; i < 48; i++) {
        int64_t m = PICK(&g, small), n = PICK(&g, small), k = PICK(&g, small);
        if (i % 3 != 0)
            m = PICK(&g, blocks);
        if (i % 3 != 1)
            k = PICK(&g, passes);
        if (i % 3 == 0 || i % 3 == 1)
            n = PICK(&g, chunks);
        int flags = (int)levin__generator_below(&g, SQUARES);
        kind w = { m, n, k, possible(flags) ? flags : flags & ~(PRE | GELU | BYTES),
                   i % 2 ? DTYPES - 1 : 0 };
        check(w, levin__generator_next(&g));
    }
}

/* Lines of such a c are asked for along the steps of a tile, which may be fewer than its rows. */
static void a_c_larger_than_the_cache_agrees_with_ref(void **state)
{
    (void)state;
    static const int64_t terms[] = { 1, 7, 11, 12, 13, 25, 100, 1537 };
    static const int kinds[] = { 0, ADD, TRANS_B | BIAS | GELU | PRE, TRANS_B | BYTES | BIAS };
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
        for (size_t j = 0; j < sizeof kinds / sizeof *kinds; j++)
            check((kind){ 267, 515, terms[i], kinds[j], (i + j) % 2 ? DTYPES - 1 : 0 }, 5);
}

static void products_without_terms_are_zero_or_the_bias(void **state)
{
    (void)state;
    for (int flags = 0; flags < SQUARES; flags++)
        for (int half = 0; possible(flags) && half < DTYPES; half += DTYPES - 1)
            check((kind){ 7, 9, 0, flags, half }, 3);
}

/* What a norm makes of the product, in one call and in two, for few rows and for blocks of them. */
static void a_norm_that_follows_is_that_of_its_own(void **state)
{
    (void)state;
    static const int64_t heights[] = { 1, 5, 31, 100, 500 };
    for (int i = 0; i < 20; i++) {
        int64_t m = heights[i % 5], n = i % 2 ? 48 : 37, k = 33;
        levin_dtype dtype = dtype_if(i / 5 % 2);
        problem right = new_problem(9, dtype, m, n);
        for (int set = -1; set < BACK_ENDS; set++) {
            problem got = new_problem(9, dtype, m, n);
            if (set < 0 || use_back_end(back_ends[set])) {
                problem *p = set < 0 ? &right : &got;
                levin_residual_norm_args norm = { .rows = m, .cols = n, .eps = 1e-6 };
                levin_matmul_args a = { .m = m, .n = n, .k = k, .trans_b = true, .norm = &norm };
                norm.key = (levin_random_key){ .seed = 3, .step = 1, .call = 2 };
                norm.p = i / 10 * 0.1;
                a.a = input(p, dtype, m * k);
                a.b = input(p, dtype, n * k);
                a.c = norm.z = output(p, dtype, m * n);
                norm.y = output(p, dtype, m * n);
                norm.residual = input(p, dtype, m * n);
                norm.stats = floats(output(p, LEVIN_F32, 2 * m));
                norm.gamma = floats(input(p, LEVIN_F32, n));
                norm.beta = floats(input(p, LEVIN_F32, n));
                assert_true(set < 0 ? levin__ref_matmul(&a) : LEVIN_RUN(matmul, &a));
                if (set >= 0)
                    assert_agree(back_ends[set], &got, &right);
            }
            free_problem(&got);
        }
        free_problem(&right);
    }
    levin__use_back_end(NULL);
}

static void products_without_rows_or_columns_touch_nothing(void **state)
{
    (void)state;
    check((kind){ 0, 9, 5, BIAS, 0 }, 4);
    check((kind){ 7, 0, 5, BIAS, 0 }, 4);
    check((kind){ 0, 0, 0, 0, 0 }, 4);
}

/* A NaN is often no more than a low bit, which bf16 does not have. */
static void set_odd(levin_array a, int64_t at, double x)
{
    static const uint32_t nan = 0x7f800001;
    set_number(a, at, x);
    if (isnan(x) && a.dtype == LEVIN_F32)
        memcpy((float *)a.data + at, &nan, sizeof nan);
}

static const double odd[] = { HUGE_VAL, -HUGE_VAL, (double)NAN };
static const int halves[] = { 0, HALF_A, HALF_A | HALF_B };

/* One odd number in a, in the last row of c, and one in b, in a column of it. */
static void assert_odd_stays(kind w, int64_t column, double x, bool packed)
{
    problem p = new_problem(5, LEVIN_F32, 0, 0);
    levin_matmul_args m = new_product(&p, &w);
    int64_t row = w.m - 1, step = 4;
    set_odd(m.a, m.trans_a ? step * w.m + row : row * w.k + step, x);
    set_odd(m.b, m.trans_b ? column * w.k + step : step * w.n + column, x);
    multiply(&m, packed);
    for (int64_t at = 0; at < w.m * w.n; at++) {
        double y = levin__get(m.c, at);
        bool hit = at / w.n == row || at % w.n == column;
        assert_int_equal(!isfinite(y), hit);
        assert_true(!hit || !isnan(x) || isnan(y));
    }
    free_problem(&p);
}

/* Where a tile hangs over the edge of c, its padding must not let an infinity in from the side.
 * Columns are in either half of a panel, moved by fours and one by one. */
static void infinities_and_nans_stay_in_their_rows_and_columns(void **state)
{
    (void)state;
    static const int64_t columns[] = { 1, 13, 17, 18 };
    for (int set = -1; set < BACK_ENDS; set++) {
        if (!(set < 0 ? levin__use_back_end("ref") : use_back_end(back_ends[set])))
            continue;
        for (int flags = 0; flags < 4; flags++)
            for (size_t i = 0; i < sizeof halves / sizeof *halves; i++)
                for (size_t j = 0; j < sizeof columns / sizeof *columns; j++)
                    for (size_t x = 0; x < 2 * sizeof odd / sizeof *odd; x++)
                        assert_odd_stays((kind){ 13, 19, 11, flags, halves[i] }, columns[j],
                                         odd[x / 2], x % 2);
    }
    levin__use_back_end(NULL);
}

/* c of the first rows of a product, to be freed. */
static void *rows_of(kind w, int64_t rows, bool packed)
{
    problem p = new_problem(11, LEVIN_F32, 0, 0);
    levin_matmul_args m = new_product(&p, &w);
    m.m = rows;
    multiply(&m, packed);
    size_t bytes = (size_t)(rows * w.n) * sizeof(float);
    void *copy = malloc(bytes);
    assert_non_null(copy);
    memcpy(copy, m.c.data, bytes);
    free_problem(&p);
    return copy;
}

/* A text has the same vector alone and among others, whatever is kept of the weights. */
static void bits_of_a_row_depend_on_nothing_beside_it(void **state)
{
    (void)state;
    static const int64_t heights[] = { 1, 2, 3, 4, 5, 8, 9, 12, 13, 24, 25 };
    static const kind kinds[] = {
        { 25, 35, 37, TRANS_B | BIAS | GELU, 0 },
        { 25, 35, 37, TRANS_B | BIAS, HALF_A },
        { 25, 35, 1601, 0, HALF_A },
        { 25, 35, 1601, TRANS_B, HALF_A | HALF_B },
        { 25, 35, 37, TRANS_B | BYTES, HALF_A },
    };
    for (int set = 0; set < BACK_ENDS; set++)
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            if (strcmp(back_ends[set], "dnnl") == 0 || !use_back_end(back_ends[set]))
                continue; // oneDNN promises no such thing
            void *whole = rows_of(kinds[i], kinds[i].m, false);
            for (size_t h = 0; h < 2 * sizeof heights / sizeof *heights; h++) {
                int64_t rows = heights[h / 2];
                void *some = rows_of(kinds[i], rows, h % 2);
                size_t bytes = (size_t)(rows * kinds[i].n) * sizeof(float);
                if (memcmp(some, whole, bytes) != 0)
                    fail_msg("%s: %lld rows of kind %zu, packed %d, have other bits",
                             levin__back_end_name(), (long long)rows, i, (int)(h % 2));
                free(some);
            }
            free(whole);
        }
    levin__use_back_end(NULL);
}

static void what_stood_in_c_is_not_read_without_add(void **state)
{
    (void)state;
    for (int set = 0; set < BACK_ENDS; set++) {
        if (!use_back_end(back_ends[set]))
            continue;
        for (int half = 0; half < DTYPES; half++) {
            kind w = { 13, 19, 11, half % 2 ? PRE : BIAS, half };
            problem p = new_problem(6, LEVIN_F32, 0, 0);
            levin_matmul_args m = new_product(&p, &w);
            for (int64_t at = 0; at < w.m * w.n; at++)
                set_number(m.c, at, (double)NAN);
            assert_true(LEVIN_RUN(matmul, &m));
            for (int64_t at = 0; at < w.m * w.n; at++)
                assert_true(isfinite(levin__get(m.c, at)));
            free_problem(&p);
        }
    }
    levin__use_back_end(NULL);
}

static void numbers_of_other_types_are_declined(void **state)
{
    (void)state;
    for (int set = 0; set < BACK_ENDS; set++) {
        if (!use_back_end(back_ends[set]))
            continue;
        problem p = new_problem(7, LEVIN_F32, 0, 0);
        levin_matmul_args m = new_product(&p, &(kind){ 3, 4, 5, 0, 0 });
        m.a.dtype = LEVIN_I32;
        assert_false(levin__kernel_tables()[0]->matmul(&m));
        free_problem(&p);
    }
    levin__use_back_end(NULL);
}

/* Whether packings are kept while a weight learns: where steps are pairs. */
static bool keeps_up(const levin_kernels *k)
{
    levin_matmul_args m = { .a.dtype = LEVIN_BF16, .n = 1, .k = 1, .trans_b = true };
    size_t bytes;
    return k->packed_size && k->packed_size(&bytes, &m, true);
}

/* AdamW writes a matrix and what is kept of it in one pass, where that is offered at all. */
static void what_adam_packs_is_what_pack_would_write(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * BACK_ENDS; i++) {
        const levin_kernels *k;
        levin_matmul_args m = { .a.dtype = LEVIN_BF16, .n = 70, .k = 37, .trans_b = i % 2 };
        size_t bytes;
        problem p = new_problem(8, LEVIN_F32, 0, 0);
        m.b = output(&p, LEVIN_F32, m.n * m.k);
        bool here = use_back_end(back_ends[i / 2]);
        k = levin__kernel_tables()[0];
        if (here && keeps_up(k) && k->packed_size(&bytes, &m, false)) {
            float *g = floats(input(&p, LEVIN_F32, m.n * m.k));
            float *mean = floats(output(&p, LEVIN_F32, m.n * m.k));
            char *kept = calloc(1, bytes), *anew = calloc(1, bytes);
            float *v = calloc((size_t)(m.n * m.k), sizeof *v);
            bool fresh = false;
            levin_adam_args a = { .p = m.b.data, .m = mean, .v = v, .g = g, .n = m.n * m.k };
            a.lr = a.bias1 = a.bias2 = a.eps = a.grad_scale = 0.1;
            a.cols = m.trans_b ? m.k : m.n;
            a.packed[1] = (levin_packed){ kept, m.trans_b, &fresh };
            assert_true(k->adam(&a) && fresh && k->pack(anew, &m));
            assert_memory_equal(kept, anew, bytes);
            free(kept);
            free(anew);
            free(v);
        }
        free_problem(&p);
    }
    levin__use_back_end(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_product_agrees_with_ref),
        cmocka_unit_test(sizes_around_passes_blocks_and_chunks_agree_with_ref),
        cmocka_unit_test(a_c_larger_than_the_cache_agrees_with_ref),
        cmocka_unit_test(products_without_terms_are_zero_or_the_bias),
        cmocka_unit_test(a_norm_that_follows_is_that_of_its_own),
        cmocka_unit_test(products_without_rows_or_columns_touch_nothing),
        cmocka_unit_test(infinities_and_nans_stay_in_their_rows_and_columns),
        cmocka_unit_test(bits_of_a_row_depend_on_nothing_beside_it),
        cmocka_unit_test(what_stood_in_c_is_not_read_without_add),
        cmocka_unit_test(numbers_of_other_types_are_declined),
        cmocka_unit_test(what_adam_packs_is_what_pack_would_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
