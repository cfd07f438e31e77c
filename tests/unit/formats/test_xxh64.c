/* test_xxh64.c: known values of XXH64. */
#include "unit/formats/scratch.h"

#include "formats/xxh64.h"

static void hashes_are_those_of_the_reference(void **state)
{
    (void)state;
    assert_true(levin__xxh64(NULL, 0, 0) == 0xef46db3751d8e999u);
    assert_true(levin__xxh64("a", 1, 0) == 0xd24ec4f1a98c6e5bu);
    assert_true(levin__xxh64("abc", 3, 0) == 0x44bc2cf5ad770999u);
    const char *text = "Nobody inspects the spammish repetition";
    assert_true(levin__xxh64(text, strlen(text), 0) == 0xfbcea83c8a378bf1u);
}

static void every_bit_and_the_seed_matter(void **state)
{
    (void)state;
    unsigned char bytes[77] = { 1, 2, 3 };
    uint64_t whole = levin__xxh64(bytes, sizeof bytes, 5);
    for (size_t i = 0; i < 8 * sizeof bytes; i++) {
        bytes[i / 8] ^= (unsigned char)(1 << i % 8);
        assert_true(levin__xxh64(bytes, sizeof bytes, 5) != whole);
        bytes[i / 8] ^= (unsigned char)(1 << i % 8);
    }
    assert_true(levin__xxh64(bytes, sizeof bytes, 6) != whole);
    assert_true(levin__xxh64(bytes, sizeof bytes - 1, 5) != whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_those_of_the_reference),
        cmocka_unit_test(every_bit_and_the_seed_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
