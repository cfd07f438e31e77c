/* test_region.c: blocks side by side: alignment, room of their own, going back to the system, the
 * child of a fork. */
#include "support/child.h"

#include "base/memory.h"
#include "base/region.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

enum { BLOCKS = 60 };
static const size_t CHUNK = (size_t)16 << 20;

/* Whether the page of an address that was a block's belongs to this process. */
static bool is_mapped(uintptr_t at)
{
    unsigned char here;
    return mincore((void *)(at & ~(uintptr_t)4095), 1, &here) == 0;
}

static size_t size_of(int i) { return (size_t)i * 9973 % 600000; }

static void blocks_of_any_size_have_room_of_their_own(void **state)
{
    (void)state;
    char *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = levin__region_alloc(size_of(i));
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % LEVIN_ALIGN, 0);
        memset(blocks[i], i, size_of(i));
    }
    for (int i = 0; i < BLOCKS; i++)
        for (size_t at = 0; at < size_of(i); at++)
            if (blocks[i][at] != i)
                fail_msg("byte %zu of block %d was written to", at, i);
    for (int i = BLOCKS; i-- > 0;)
        levin__region_free(blocks[i], size_of(i));
    levin__region_free(NULL, 5);
}

static size_t quarter(int i) { return i % 2 ? CHUNK / 4 : CHUNK / 4 - LEVIN_ALIGN; }

/* Freed in another order than taken, more than once. */
static void a_chunk_goes_back_with_its_last_block(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        char *blocks[BLOCKS];
        int64_t before = levin__alloc_count();
        for (int i = 0; i < BLOCKS; i++) {
            blocks[i] = levin__region_alloc(quarter(i));
            assert_non_null(blocks[i]);
            blocks[i][0] = blocks[i][quarter(i) - 1] = 1;
        }
        assert_true(levin__alloc_count() - before >= BLOCKS / 4);
        assert_true(levin__alloc_count() - before <= BLOCKS / 3);
        for (int i = 0; i < BLOCKS; i++) {
            int at = i * 7 % BLOCKS;
            assert_true(is_mapped((uintptr_t)blocks[at]));
            levin__region_free(blocks[at], quarter(at));
        }
        for (int i = 0; i < BLOCKS; i++)
            assert_false(is_mapped((uintptr_t)blocks[i]));
    }
}

static void large_blocks_are_mapped_alone(void **state)
{
    (void)state;
    const size_t sizes[] = { CHUNK / 4 + 1, CHUNK / 4 + 4097, CHUNK - 1, CHUNK, CHUNK + 1 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int64_t before = levin__alloc_count();
        char *block = levin__region_alloc(sizes[i]);
        assert_non_null(block);
        assert_int_equal(levin__alloc_count() - before, 1);
        block[0] = block[sizes[i] - 1] = 1;
        levin__region_free(block, sizes[i]);
        assert_false(is_mapped((uintptr_t)block));
        assert_false(is_mapped((uintptr_t)block + sizes[i] - 1));
    }
}

static void without_memory_there_is_an_error_and_then_none(void **state)
{
    (void)state;
    const size_t sizes[] = { CHUNK, SIZE_MAX, SIZE_MAX / 2 + 1, SIZE_MAX / 2 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (i == 0)
            levin__alloc_fail_at(1);
        assert_null(levin__region_alloc(sizes[i]));
        assert_error(LEVIN_ENOMEM, "out of memory");
    }
    char *blocks[4]; // with its own bytes, a chunk has no room for all of them
    levin__alloc_fail_at(2);
    for (int i = 0; i < 4; i++)
        blocks[i] = levin__region_alloc(CHUNK / 4);
    assert_null(blocks[3]);
    assert_error(LEVIN_ENOMEM, "out of memory");
    blocks[3] = levin__region_alloc(CHUNK / 4);
    assert_non_null(blocks[3]);
    for (int i = 0; i < 4; i++)
        levin__region_free(blocks[i], CHUNK / 4);
}

static atomic_bool enough;

static void *take_and_give(void *unused)
{
    (void)unused;
    for (int round = 0; round < 200 || !atomic_load(&enough); round++) {
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
    atomic_store(&enough, true);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

static bool take_one_and_leave(void *unused)
{
    (void)unused;
    char *block = levin__region_alloc(100);
    _exit(block ? 0 : 1);
}

/* Nobody is left in the child to open what another thread had locked. */
static void the_child_of_a_fork_has_a_chunk_of_its_own(void **state)
{
    (void)state;
    need_threads_after_fork();
    pthread_t thread;
    atomic_store(&enough, false);
    assert_int_equal(pthread_create(&thread, NULL, take_and_give, NULL), 0);
    for (int i = 0; i < 200; i++)
        assert_child_succeeds(take_one_and_leave, NULL);
    atomic_store(&enough, true);
    pthread_join(thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_any_size_have_room_of_their_own),
        cmocka_unit_test(a_chunk_goes_back_with_its_last_block),
        cmocka_unit_test(large_blocks_are_mapped_alone),
        cmocka_unit_test(without_memory_there_is_an_error_and_then_none),
        cmocka_unit_test(threads_may_share_a_chunk),
        cmocka_unit_test(the_child_of_a_fork_has_a_chunk_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
