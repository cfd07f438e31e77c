/* test_region.c: blocks side by side: alignment, room of their own, going back to the heap. */
#include "support/unit.h"

#include "base/memory.h"
#include "base/region.h"

#include <pthread.h>

enum { BLOCKS = 60 };
static const size_t CHUNK = (size_t)16 << 20;

static size_t size_of(int i) { return (size_t)i * 9973 % 1200000; }

static void fill(char **blocks, size_t (*size)(int))
{
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = levin__region_alloc(size(i));
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % LEVIN_ALIGN, 0);
        memset(blocks[i], i, size(i));
    }
}

static void blocks_of_any_size_have_room_of_their_own(void **state)
{
    (void)state;
    char *blocks[BLOCKS];
    fill(blocks, size_of);
    for (int i = 0; i < BLOCKS; i++)
        for (size_t at = 0; at < size_of(i); at++)
            if (blocks[i][at] != i)
                fail_msg("byte %zu of block %d was written to", at, i);
    for (int i = BLOCKS; i-- > 0;)
        levin__region_free(blocks[i], size_of(i));
    levin__region_free(NULL, 5);
}

static size_t quarter(int i) { return i % 2 ? CHUNK / 4 : CHUNK / 4 - 64; }

/* Chunks are taken one by one; freed ones are neither kept nor counted twice. */
static void a_chunk_goes_back_with_its_last_block(void **state)
{
    (void)state;
    char *blocks[BLOCKS];
    for (int round = 0; round < 3; round++) {
        int64_t before = levin__alloc_count();
        fill(blocks, quarter);
        assert_true(levin__alloc_count() - before >= BLOCKS / 4);
        assert_true(levin__alloc_count() - before <= BLOCKS / 3);
        for (int i = 0; i < BLOCKS; i++) // not in the order of chunks
            levin__region_free(blocks[i * 7 % BLOCKS], quarter(i * 7 % BLOCKS));
    }
}

static void large_blocks_are_the_heaps(void **state)
{
    (void)state;
    int64_t before = levin__alloc_count();
    char *block = levin__region_alloc(CHUNK + 1);
    assert_int_equal(levin__alloc_count() - before, 1);
    block[CHUNK] = 1;
    levin__region_free(block, CHUNK + 1);
}

static void without_memory_there_is_an_error_and_then_none(void **state)
{
    (void)state;
    levin__alloc_fail_at(1);
    assert_null(levin__region_alloc(100));
    assert_error(LEVIN_ENOMEM, "out of memory");
    char *block = levin__region_alloc(100);
    assert_non_null(block);
    levin__region_free(block, 100);
}

static void *take_and_give(void *unused)
{
    (void)unused;
    for (int round = 0; round < 200; round++) {
        char *a = levin__region_alloc(300000), *b = levin__region_alloc(5);
        a[299999] = b[4] = 1;
        levin__region_free(a, 300000);
        levin__region_free(b, 5);
    }
    return NULL;
}

static void threads_may_share_a_chunk(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_any_size_have_room_of_their_own),
        cmocka_unit_test(a_chunk_goes_back_with_its_last_block),
        cmocka_unit_test(large_blocks_are_the_heaps),
        cmocka_unit_test(without_memory_there_is_an_error_and_then_none),
        cmocka_unit_test(threads_may_share_a_chunk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
