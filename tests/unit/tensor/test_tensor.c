/* test_tensor.c: making tensors, dense and ragged, on the heap and in scopes, and what they tell
 * about themselves. */
#include "support/unit.h"

#include "base/memory.h"
#include "base/scope.h"
#include "tensor/tensor.h"

#include <math.h>

#define DIMS(...)                                                                                  \
    (sizeof((int64_t[]){ __VA_ARGS__ }) / 8), (int64_t[]) { __VA_ARGS__ }

static levin_tensor *zeros(levin_dtype dtype, size_t ndim, const int64_t *dim)
{
    return levin_zeros(dtype, (int)ndim, dim);
}

static levin_tensor *made(levin_dtype dtype, size_t ndim, const int64_t *dim)
{
    return levin_tensor_new(dtype, (int)ndim, dim);
}

/* The ragged shape (3, T*, 5) with lengths 2, 0, 4. */
static levin_tensor *ragged(levin_tensor *(*make)(levin_dtype, int64_t, const int64_t *, int,
                                                  const int64_t *))
{
    return make(LEVIN_F32, 3, (const int64_t[]){ 2, 0, 4 }, 1, (const int64_t[]){ 5 });
}

static void assert_described(const levin_tensor *t, const char *expected)
{
    char text[96];
    assert_string_equal(levin_tensor_describe(t, text, sizeof text), expected);
}

static void a_tensor_tells_its_shape(void **state)
{
    (void)state;
    levin_scope *scope = levin_scope_begin();
    levin_tensor *t = zeros(LEVIN_BF16, DIMS(2, 3, 4));
    assert_int_equal(levin_tensor_ndim(t), 3);
    assert_int_equal(levin_tensor_dtype(t), LEVIN_BF16);
    assert_int_equal(levin_tensor_numel(t), 24);
    assert_int_equal(levin_tensor_rows(t), 6);
    const int64_t dims[] = { 0, 2, 3, 4, 2, 3, 4, 0 }; // of -4 to 3, where -3 is 0 again
    for (int i = -4; i <= 3; i++)
        assert_int_equal(levin_tensor_dim(t, i), dims[i + 4]);
    assert_null(levin_tensor_cu_seqlens(t));
    assert_int_equal(levin__last_dim(t), 4);
    assert_described(t, "(2, 3, 4) bf16");
    levin_scope_end(scope);
}

static void scalars_vectors_and_empty_tensors_are_tensors(void **state)
{
    (void)state;
    levin_scope *scope = levin_scope_begin();
    levin_tensor *scalar = levin_zeros(LEVIN_F32, 0, NULL), *vector = zeros(LEVIN_I64, DIMS(7));
    levin_tensor *empty = zeros(LEVIN_I32, DIMS(3, 0, 2));
    assert_int_equal(levin_tensor_numel(scalar), 1);
    assert_int_equal(levin_tensor_rows(scalar), 1);
    assert_int_equal(levin__last_dim(scalar), 1);
    assert_described(scalar, "() f32");
    assert_int_equal(levin_tensor_rows(vector), 1);
    assert_int_equal(levin__last_dim(vector), 7);
    assert_described(vector, "(7) i64");
    assert_int_equal(levin_tensor_numel(empty), 0);
    assert_non_null(levin_tensor_data(empty));
    assert_described(empty, "(3, 0, 2) i32");
    levin_scope_end(scope);
}

static void types_have_names_and_sizes(void **state)
{
    (void)state;
    static const struct {
        levin_dtype dtype;
        const char *name;
        size_t size;
    } known[] = { { LEVIN_F32, "f32", 4 },
                  { LEVIN_BF16, "bf16", 2 },
                  { LEVIN_I32, "i32", 4 },
                  { LEVIN_I64, "i64", 8 } };
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(levin_dtype_name(known[i].dtype), known[i].name);
        assert_int_equal(levin_dtype_size(known[i].dtype), known[i].size);
    }
}

static void new_tensors_are_zero_and_aligned(void **state)
{
    (void)state;
    levin_scope *scope = levin_scope_begin();
    memset(levin__scope_alloc(100000), 0xff, 100000);
    levin_scope_end(scope);
    scope = levin_scope_begin();
    levin_tensor *t[] = { zeros(LEVIN_I64, DIMS(100, 3)), made(LEVIN_I64, DIMS(100, 3)),
                          ragged(levin_zeros_ragged), ragged(levin_tensor_new_ragged) };
    for (int i = 0; i < 4; i++) {
        assert_int_equal((uintptr_t)levin_tensor_const_data(t[i]) % LEVIN_ALIGN, 0);
        for (int64_t k = 0; k < levin_tensor_numel(t[i]); k++)
            assert_true(levin_tensor_get(t[i], k) == 0);
    }
    levin_scope_end(scope);
    levin_tensor_free(t[1]);
    levin_tensor_free(t[3]);
}

static void a_ragged_tensor_stores_the_sum_of_its_lengths(void **state)
{
    (void)state;
    levin_scope *scope = levin_scope_begin();
    levin_tensor *both[] = { ragged(levin_zeros_ragged), ragged(levin_tensor_new_ragged) };
    for (int i = 0; i < 2; i++) {
        const int32_t cu[] = { 0, 2, 2, 6 };
        assert_memory_equal(levin_tensor_cu_seqlens(both[i]), cu, sizeof cu);
        assert_int_equal(levin_tensor_ndim(both[i]), 3);
        assert_int_equal(levin_tensor_dim(both[i], 0), 3);
        assert_int_equal(levin_tensor_dim(both[i], 1), LEVIN_RAGGED);
        assert_int_equal(levin_tensor_dim(both[i], -1), 5);
        assert_int_equal(levin_tensor_rows(both[i]), 6);
        assert_int_equal(levin_tensor_numel(both[i]), 30);
        assert_int_equal(both[i]->ragged->max_length, 4);
        assert_described(both[i], "(3, T*, 5) f32");
    }
    levin_tensor_free(both[1]);
    levin_scope_end(scope);
}

static void a_ragged_tensor_may_be_ids_or_nothing(void **state)
{
    (void)state;
    levin_scope *scope = levin_scope_begin();
    levin_tensor *ids = levin_zeros_ragged(LEVIN_I32, 2, (const int64_t[]){ 3, 1 }, 0, NULL);
    assert_int_equal(levin_tensor_numel(ids), 4);
    assert_int_equal(levin_tensor_rows(ids), 4);
    assert_int_equal(levin__last_dim(ids), 1);
    assert_described(ids, "(2, T*) i32");
    levin_tensor *none = levin_zeros_ragged(LEVIN_F32, 0, NULL, 1, (const int64_t[]){ 5 });
    assert_int_equal(levin_tensor_numel(none), 0);
    assert_int_equal(levin_tensor_cu_seqlens(none)[0], 0);
    assert_described(none, "(0, T*, 5) f32");
    levin_scope_end(scope);
}

static void shapes_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct {
        int ndim;
        int64_t dim[7];
        int code;
        const char *what;
    } bad[] = {
        { 2, { 3, -1 }, LEVIN_ESHAPE, "dimension 1 of a tensor cannot be -1" },
        { 1, { INT64_MIN }, LEVIN_ESHAPE, "dimension 0" },
        { 2, { INT64_MAX, 2 }, LEVIN_ESHAPE, "dimension 1 of a tensor cannot be 2" },
        { 3, { 1LL << 31, 1LL << 31, 4 }, LEVIN_ESHAPE, "dimension 2 of a tensor cannot be 4" },
        { 1, { INT64_MAX }, LEVIN_ENOMEM, "9223372036854775807 elements" },
        { 2, { 1LL << 31, 1LL << 31 }, LEVIN_ENOMEM, "does not fit" },
        { 7, { 1, 1, 1, 1, 1, 1, 1 }, LEVIN_ESHAPE, "7 dimensions; 0 to 6" },
        { -1, { 0 }, LEVIN_ESHAPE, "-1 dimensions" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(levin_zeros(LEVIN_F32, bad[i].ndim, bad[i].dim));
        assert_error(bad[i].code, bad[i].what);
        assert_null(levin_tensor_new(LEVIN_F32, bad[i].ndim, bad[i].dim));
        assert_error(bad[i].code, bad[i].what);
    }
}

static void ragged_shapes_that_cannot_be_are_refused(void **state)
{
    (void)state;
    const int64_t wide[5] = { 1, 1, 1, 1, 1 };
    static const struct {
        int64_t batch, lengths[2];
        int n_inner;
        const char *what;
    } bad[] = {
        { -1, { 0 }, 1, "-1 sequences" },
        { INT64_MAX, { 0 }, 1, "sequences with 1 inner" },
        { 2, { 1, -1 }, 1, "sequence 1 of a batch cannot have -1 tokens" },
        { 2, { INT32_MAX, 1 }, 1, "sequence 1 of a batch cannot have 1 tokens" },
        { 1, { 1LL << 40 }, 1, "sequence 0" },
        { 1, { 1 }, 5, "with 5 inner dimensions" },
        { 1, { 1 }, -1, "with -1 inner dimensions" },
    };
    levin_scope *scope = levin_scope_begin();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(
            levin_zeros_ragged(LEVIN_F32, bad[i].batch, bad[i].lengths, bad[i].n_inner, wide));
        assert_error(LEVIN_ESHAPE, bad[i].what);
        assert_null(
            levin_tensor_new_ragged(LEVIN_F32, bad[i].batch, bad[i].lengths, bad[i].n_inner, wide));
        assert_error(LEVIN_ESHAPE, bad[i].what);
    }
    const int64_t huge[] = { INT64_MAX }, minus[] = { -3 };
    assert_null(levin_zeros_ragged(LEVIN_F32, 1, (const int64_t[]){ 2 }, 1, huge));
    assert_error(LEVIN_ESHAPE, "dimension 2 of a tensor cannot be 9223372036854775807");
    assert_null(levin_tensor_new_ragged(LEVIN_F32, 1, (const int64_t[]){ 2 }, 1, minus));
    assert_error(LEVIN_ESHAPE, "dimension 2 of a tensor cannot be -3");
    levin_scope_end(scope);
}

static void a_heap_that_says_no_gives_null(void **state)
{
    (void)state;
    for (int64_t n = 1; n <= 2; n++) {
        levin__alloc_fail_at(n);
        assert_null(ragged(levin_tensor_new_ragged));
        assert_error(LEVIN_ENOMEM, "out of memory");
    }
    levin__alloc_fail_at(1);
    assert_null(made(LEVIN_F32, DIMS(3)));
    assert_error(LEVIN_ENOMEM, "out of memory");
}

static void null_has_defined_answers(void **state)
{
    (void)state;
    assert_int_equal(levin_tensor_ndim(NULL), 0);
    assert_int_equal(levin_tensor_dim(NULL, 0), 0);
    assert_int_equal(levin_tensor_numel(NULL), 0);
    assert_int_equal(levin_tensor_rows(NULL), 0);
    assert_int_equal(levin_tensor_dtype(NULL), LEVIN_F32);
    assert_null(levin_tensor_cu_seqlens(NULL));
    assert_null(levin_tensor_data(NULL));
    assert_null(levin_tensor_const_data(NULL));
    assert_true(levin_item(NULL) == 0);
    assert_true(levin_tensor_get(NULL, 0) == 0);
    assert_null(levin_keep(NULL));
    assert_described(NULL, "NULL");
    levin_tensor_free(NULL);
    assert_int_equal(levin_error(), LEVIN_OK);
}

static void a_description_is_cut_to_the_room_it_has(void **state)
{
    (void)state;
    levin_scope *scope = levin_scope_begin();
    levin_tensor *t = zeros(LEVIN_F32, DIMS(1234567, 0, 89));
    static const char whole[] = "(1234567, 0, 89) f32";
    for (size_t size = 1; size <= sizeof whole; size++) {
        char text[64];
        memset(text, '#', sizeof text);
        levin_tensor_describe(t, text, size);
        assert_memory_equal(text, whole, size - 1);
        assert_int_equal(text[size - 1], '\0');
        assert_int_equal(text[size], '#');
    }
    levin_scope_end(scope);
}

static void elements_are_read_as_numbers_whatever_their_type(void **state)
{
    (void)state;
    levin_scope *scope = levin_scope_begin();
    levin_tensor *f = zeros(LEVIN_F32, DIMS(2)), *h = zeros(LEVIN_BF16, DIMS(2));
    levin_tensor *i = zeros(LEVIN_I32, DIMS(2)), *l = zeros(LEVIN_I64, DIMS(2));
    ((float *)levin_tensor_data(f))[1] = 0.1f;
    ((uint16_t *)levin_tensor_data(h))[1] = 0xbfc0; // -1.5
    ((int32_t *)levin_tensor_data(i))[1] = INT32_MIN;
    ((int64_t *)levin_tensor_data(l))[1] = 1LL << 40;
    assert_true(levin_tensor_get(f, 1) == (double)0.1f);
    assert_true(levin_tensor_get(h, 1) == -1.5);
    assert_true(levin_tensor_get(i, 1) == (double)INT32_MIN);
    assert_true(levin_tensor_get(l, 1) == 0x1p40);
    assert_true(levin_tensor_get(f, 2) == 0);
    assert_error(LEVIN_EINVAL, "get: element 2 of (2) f32, which has 2");
    assert_true(levin_tensor_get(f, -1) == 0);
    assert_error(LEVIN_EINVAL, "get: element -1 of (2) f32");
    levin_scope_end(scope);
}

static void an_item_is_the_only_element(void **state)
{
    (void)state;
    levin_scope *scope = levin_scope_begin();
    levin_tensor *one = zeros(LEVIN_I64, DIMS(1, 1)), *two = zeros(LEVIN_F32, DIMS(2));
    ((int64_t *)levin_tensor_data(one))[0] = -3;
    assert_true(levin_item(one) == -3);
    assert_true(levin_item(two) == 0);
    assert_error(LEVIN_ESHAPE, "item: (2) f32 has not exactly one element");
    assert_true(levin_item(zeros(LEVIN_F32, DIMS(0))) == 0);
    assert_error(LEVIN_ESHAPE, "item: (0) f32");
    levin_scope_end(scope);
}

static void shapes_are_equal_with_their_lengths(void **state)
{
    (void)state;
    levin_scope *scope = levin_scope_begin();
    const int64_t five[] = { 5 }, lengths[] = { 2, 0, 4 }, others[] = { 2, 1, 3 };
    levin_tensor *a = ragged(levin_zeros_ragged);
    levin_tensor *b = levin_zeros_ragged(LEVIN_BF16, 3, lengths, 1, five);
    levin_tensor *c = levin_zeros_ragged(LEVIN_F32, 3, others, 1, five);
    assert_true(levin__same_shape(a, a));
    assert_true(levin__same_shape(a, b)); // types do not matter
    assert_false(levin__same_shape(a, c));
    assert_false(levin__same_shape(a, zeros(LEVIN_F32, DIMS(6, 5))));
    assert_false(levin__same_shape(a, levin_zeros_ragged(LEVIN_F32, 2, lengths, 1, five)));
    assert_true(levin__same_shape(zeros(LEVIN_F32, DIMS(2, 3)), zeros(LEVIN_I32, DIMS(2, 3))));
    assert_false(levin__same_shape(zeros(LEVIN_F32, DIMS(2, 3)), zeros(LEVIN_F32, DIMS(3, 2))));
    assert_false(levin__same_shape(zeros(LEVIN_F32, DIMS(6)), zeros(LEVIN_F32, DIMS(6, 1))));
    levin_scope_end(scope);
}

static void fill(levin_tensor *t)
{
    float *x = levin_tensor_data(t);
    for (int64_t i = 0; i < levin_tensor_numel(t); i++)
        x[i] = (float)i + 0.5f;
}

static void a_kept_tensor_outlives_its_scope(void **state)
{
    (void)state;
    levin_scope *outer = levin_scope_begin(), *inner = levin_scope_begin();
    levin_tensor *t = ragged(levin_zeros_ragged);
    fill(t);
    t->requires_grad = true; // a result that leads to a parameter
    levin_tensor *kept = levin_keep(t), *scalar = levin_keep(levin_zeros(LEVIN_F32, 0, NULL));
    levin_scope_end(inner);
    inner = levin_scope_begin();
    for (int i = 0; i < 100; i++)
        memset(levin__scope_alloc(5000), 0xff, 5000);
    for (int64_t i = 0; i < 30; i++)
        assert_true(levin_tensor_get(kept, i) == (double)i + 0.5);
    assert_int_equal(levin_tensor_cu_seqlens(kept)[3], 6);
    assert_described(kept, "(3, T*, 5) f32");
    assert_false(kept->requires_grad); // without its history
    assert_null(kept->call);
    assert_true(levin_item(scalar) == 0);
    levin_scope_end(outer);
}

static void there_is_nowhere_to_keep_what_no_scope_surrounds(void **state)
{
    (void)state;
    assert_null(levin_keep(levin_zeros(LEVIN_F32, 0, NULL)));
    assert_error(LEVIN_ESTATE, "keep: there is no scope around");
}

static void a_tensor_like_another_has_its_shape(void **state)
{
    (void)state;
    levin_scope *scope = levin_scope_begin();
    levin_tensor *t = ragged(levin_zeros_ragged), *like = levin__tensor_like(t, LEVIN_BF16);
    levin_tensor *heap = levin__tensor_heap_like(t, LEVIN_I64);
    assert_true(levin__same_shape(t, like));
    assert_described(like, "(3, T*, 5) bf16");
    levin_scope_end(scope);
    assert_described(heap, "(3, T*, 5) i64");
    assert_int_equal(levin_tensor_cu_seqlens(heap)[3], 6); // with lengths of its own
    for (int64_t i = 0; i < 30; i++)
        assert_true(levin_tensor_get(heap, i) == 0);
    levin_tensor_free(heap);
}

static void freeing_what_a_scope_owns_does_nothing(void **state)
{
    (void)state;
    levin_scope *scope = levin_scope_begin();
    levin_tensor *t = zeros(LEVIN_F32, DIMS(3));
    levin_tensor_free(t);
    fill(t);
    assert_true(levin_tensor_get(t, 2) == 2.5);
    levin_scope_end(scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tensor_tells_its_shape),
        cmocka_unit_test(scalars_vectors_and_empty_tensors_are_tensors),
        cmocka_unit_test(types_have_names_and_sizes),
        cmocka_unit_test(new_tensors_are_zero_and_aligned),
        cmocka_unit_test(a_ragged_tensor_stores_the_sum_of_its_lengths),
        cmocka_unit_test(a_ragged_tensor_may_be_ids_or_nothing),
        cmocka_unit_test(shapes_that_cannot_be_are_refused),
        cmocka_unit_test(ragged_shapes_that_cannot_be_are_refused),
        cmocka_unit_test(a_heap_that_says_no_gives_null),
        cmocka_unit_test(null_has_defined_answers),
        cmocka_unit_test(a_description_is_cut_to_the_room_it_has),
        cmocka_unit_test(elements_are_read_as_numbers_whatever_their_type),
        cmocka_unit_test(an_item_is_the_only_element),
        cmocka_unit_test(shapes_are_equal_with_their_lengths),
        cmocka_unit_test(a_kept_tensor_outlives_its_scope),
        cmocka_unit_test(there_is_nowhere_to_keep_what_no_scope_surrounds),
        cmocka_unit_test(a_tensor_like_another_has_its_shape),
        cmocka_unit_test(freeing_what_a_scope_owns_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
