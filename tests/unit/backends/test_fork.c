/* test_fork.c: kernels in the child of a fork: a process that has worked with threads forks, and
 * the child computes what its parent did, on every back end that this machine has. */
#include "support/child.h"
#include "unit/backends/problem.h"

#include <levin/levin.h>

enum { M = 130, K = 96, N = 160 };

typedef struct {
    float a[M * K], b[K * N], c[M * N];
} product;

static product right; // made by the parent

static bool compute(product *p)
{
    for (int i = 0; i < M * K; i++)
        p->a[i] = (float)(i % 17 - 8) / 8;
    for (int i = 0; i < K * N; i++)
        p->b[i] = (float)(i % 23 - 11) / 8;
    levin_matmul_args m = { .c = { p->c, LEVIN_F32 },
                            .a = { p->a, LEVIN_F32 },
                            .b = { p->b, LEVIN_F32 },
                            .m = M,
                            .n = N,
                            .k = K };
    return LEVIN_RUN(matmul, &m);
}

static bool computes_the_same(void *context)
{
    product *p = context;
    return compute(p) && memcmp(p->c, right.c, sizeof right.c) == 0;
}

/* Leaves at once: memory of the parent's workers, which are not here, would be called a leak. */
static bool computes_the_same_and_leaves(void *context)
{
    _exit(computes_the_same(context) && !levin_error() ? 0 : 1);
}

static void a_child_computes_what_its_parent_did(void **state)
{
    (void)state;
    need_threads_after_fork();
    static product own;
    levin_set_num_threads(3);
    for (int set = 0; set < BACK_ENDS; set++) {
        if (!use_back_end(back_ends[set]))
            continue;
        assert_true(compute(&right)); // eighths: no back end rounds their sums
        assert_child_succeeds(computes_the_same_and_leaves, &own);
        assert_true(computes_the_same(&own));
    }
    levin__use_back_end(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_computes_what_its_parent_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
