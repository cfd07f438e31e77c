/* test_map.c: text to integer: any bytes as keys, collisions, growth, a heap that says no. */
#include "support/unit.h"

#include "base/map.h"
#include "base/memory.h"

#include <stdio.h>

static void set_text(levin_map *map, const char *key, int64_t value)
{
    assert_int_equal(levin__map_set(map, key, strlen(key), value), LEVIN_OK);
}

static int64_t get_text(const levin_map *map, const char *key)
{
    return levin__map_get(map, key, strlen(key), -1);
}

static void keys_are_found_and_others_are_missing(void **state)
{
    (void)state;
    levin_map *map = levin__map_new(0);
    assert_int_equal(levin__map_size(map), 0);
    assert_int_equal(get_text(map, "a"), -1);
    set_text(map, "a", 1);
    set_text(map, "", 2);
    assert_int_equal(get_text(map, "a"), 1);
    assert_int_equal(get_text(map, ""), 2);
    assert_int_equal(get_text(map, "b"), -1);
    assert_int_equal(levin__map_get(map, "b", 1, INT64_MIN), INT64_MIN);
    assert_int_equal(levin__map_size(map), 2);
    levin__map_free(map);
    levin__map_free(NULL);
}

static void a_value_is_replaced_and_the_key_counted_once(void **state)
{
    (void)state;
    levin_map *map = levin__map_new(4);
    char key[] = "key";
    set_text(map, key, 1);
    key[0] = 'x'; // the map has a copy
    assert_int_equal(get_text(map, "key"), 1);
    set_text(map, "key", INT64_MAX);
    assert_int_equal(get_text(map, "key"), INT64_MAX);
    assert_int_equal(levin__map_size(map), 1);
    levin__map_free(map);
}

static void keys_are_bytes_of_a_length_not_texts(void **state)
{
    (void)state;
    static const char zeros[8] = { 0 }, high[] = "\xff\xfe\x80";
    levin_map *map = levin__map_new(0);
    for (size_t n = 0; n <= sizeof zeros; n++)
        assert_int_equal(levin__map_set(map, zeros, n, (int64_t)n), LEVIN_OK);
    levin__map_set(map, "a\0b", 3, 100);
    levin__map_set(map, "a\0c", 3, 101);
    levin__map_set(map, high, 3, 102);
    levin__map_set(map, high, 2, 103);
    for (size_t n = 0; n <= sizeof zeros; n++)
        assert_int_equal(levin__map_get(map, zeros, n, -1), n);
    assert_int_equal(levin__map_get(map, "a\0b", 3, -1), 100);
    assert_int_equal(levin__map_get(map, "a\0c", 3, -1), 101);
    assert_int_equal(levin__map_get(map, "a", 1, -1), -1);
    assert_int_equal(levin__map_get(map, high, 3, -1), 102);
    assert_int_equal(levin__map_get(map, high, 2, -1), 103);
    levin__map_free(map);
}

enum { MANY = 20000 };

static int64_t fill(levin_map *map)
{
    char key[32];
    int64_t before = levin__alloc_count();
    for (int64_t i = 0; i < MANY; i++) {
        snprintf(key, sizeof key, "##%lld", (long long)(i * i));
        set_text(map, key, i);
    }
    return levin__alloc_count() - before;
}

static void a_map_grows_and_loses_nothing(void **state)
{
    (void)state;
    levin_map *map = levin__map_new(0);
    fill(map);
    assert_int_equal(levin__map_size(map), MANY);
    char key[32];
    for (int64_t i = 0; i < MANY; i++) {
        snprintf(key, sizeof key, "##%lld", (long long)(i * i));
        assert_int_equal(get_text(map, key), i);
        snprintf(key, sizeof key, "##%lld", (long long)(i * i + i + 1)); // never a square
        assert_int_equal(get_text(map, key), i ? -1 : 1);
    }
    levin__map_free(map);
}

static void a_right_hint_saves_the_growing(void **state)
{
    (void)state;
    levin_map *map = levin__map_new(MANY);
    assert_int_equal(fill(map), MANY); // one copy for each key
    levin__map_free(map);
}

/* Two keys of sixteen bytes with the same 64-bit hash: the second word makes up for what the first
 * one changed. The rounds are those of levin__hash. */
static void make_twins(uint64_t one[2], uint64_t two[2])
{
    uint64_t h[2];
    for (uint64_t i = 0; i < 2; i++) {
        h[i] = ((0x9e3779b97f4a7c15u ^ 16u) ^ i) * 0xff51afd7ed558ccdu;
        h[i] ^= h[i] >> 32;
    }
    one[0] = 0;
    one[1] = 5;
    two[0] = 1;
    two[1] = one[1] ^ h[0] ^ h[1];
}

static void keys_with_one_hash_are_told_apart(void **state)
{
    (void)state;
    uint64_t one[2], two[2];
    make_twins(one, two);
    assert_true(levin__hash(one, 16) == levin__hash(two, 16));
    levin_map *map = levin__map_new(0);
    assert_int_equal(levin__map_set(map, (char *)one, 16, 1), LEVIN_OK);
    assert_int_equal(levin__map_get(map, (char *)two, 16, -1), -1);
    assert_int_equal(levin__map_set(map, (char *)two, 16, 2), LEVIN_OK);
    assert_int_equal(levin__map_get(map, (char *)one, 16, -1), 1);
    assert_int_equal(levin__map_get(map, (char *)two, 16, -1), 2);
    levin__map_free(map);
}

static void every_bit_of_a_key_moves_its_hash(void **state)
{
    (void)state;
    unsigned char key[19] = "nineteen bytes long";
    for (size_t n = 1; n <= sizeof key; n++) {
        uint64_t plain = levin__hash(key, n);
        assert_true(plain != levin__hash(key, n - 1));
        for (size_t bit = 0; bit < 8 * n; bit++) {
            key[bit / 8] ^= (unsigned char)(1u << bit % 8);
            assert_true(plain != levin__hash(key, n));
            key[bit / 8] ^= (unsigned char)(1u << bit % 8);
        }
    }
}

static void a_heap_that_says_no_leaves_the_map_whole(void **state)
{
    (void)state;
    for (int64_t n = 1; n <= 2; n++) {
        levin__alloc_fail_at(n);
        assert_null(levin__map_new(0));
        assert_error(LEVIN_ENOMEM, "out of memory");
    }
    levin_map *map = levin__map_new(0);
    static const char *const keys[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i" };
    enum { KEYS = sizeof keys / sizeof *keys };
    for (int64_t i = 0; i < KEYS; i++) { // the ninth makes the table grow first
        for (int64_t fail = 1; fail <= (i == 8 ? 2 : 1); fail++) {
            levin__alloc_fail_at(fail);
            assert_int_equal(levin__map_set(map, keys[i], 1, i), LEVIN_ENOMEM);
            assert_error(LEVIN_ENOMEM, "out of memory");
        }
        assert_int_equal(levin__map_size(map), i);
        assert_int_equal(get_text(map, keys[i]), -1);
        set_text(map, keys[i], i);
        for (int64_t k = 0; k <= i; k++)
            assert_int_equal(get_text(map, keys[k]), k);
    }
    levin__map_free(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_found_and_others_are_missing),
        cmocka_unit_test(a_value_is_replaced_and_the_key_counted_once),
        cmocka_unit_test(keys_are_bytes_of_a_length_not_texts),
        cmocka_unit_test(a_map_grows_and_loses_nothing),
        cmocka_unit_test(a_right_hint_saves_the_growing),
        cmocka_unit_test(keys_with_one_hash_are_told_apart),
        cmocka_unit_test(every_bit_of_a_key_moves_its_hash),
        cmocka_unit_test(a_heap_that_says_no_leaves_the_map_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
