/* test_slots.c: every slot of the kernel contract, on every instruction set that this machine has:
 * against ref for sizes around the widths of vectors, and against itself for other numbers of
 * threads. */
#include "unit/backends/slots.h"

#include "backends/ref/ref.h"

#include <stdio.h>

/* Kernels of a table are pointers after its name. */
enum { KERNELS = (sizeof(levin_kernels) - sizeof(char *)) / sizeof(void (*)(void)) };

static bool has_kernel(const levin_kernels *table, int slot)
{
    void (*kernels[KERNELS])(void);
    memcpy(kernels, (const char *)table + sizeof(char *), sizeof kernels);
    return kernels[slot] != NULL;
}

static void ref_leaves_no_slot_empty(void **state)
{
    (void)state;
    for (int i = 0; i < KERNELS; i++)
        assert_true(has_kernel(&levin__ref_kernels, i));
}

static void every_slot_has_a_problem_here(void **state)
{
    (void)state;
    assert_int_equal(SLOTS + 2, KERNELS); // packed_size and pack are test_matmul.c's
}

static void a_back_end_that_is_not_there_is_refused(void **state)
{
    (void)state;
    const char *before = levin__back_end_name();
    assert_false(levin__use_back_end("abacus"));
    assert_false(levin__use_back_end(""));
    assert_string_equal(levin__back_end_name(), before);
    assert_true(levin__use_back_end("generic"));
    assert_string_equal(levin__back_end_name(), "generic");
    assert_true(levin__use_back_end("ref"));
    assert_string_equal(levin__back_end_name(), "ref");
    levin__use_back_end(NULL);
    assert_string_equal(levin__back_end_name(), before);
}

/* Whether the system counts every one of these words, in spaces, among the flags of its CPU. */
static bool cpu_has(const char *words)
{
    static char flags[16384];
    FILE *f = *flags ? NULL : fopen("/proc/cpuinfo", "r");
    while (f && fgets(flags, sizeof flags, f) && strncmp(flags, "flags", 5) != 0)
        continue;
    if (f)
        fclose(f);
    flags[strcspn(flags, "\n")] = ' ';
    char word[32] = " ";
    for (int n; sscanf(words, " %29s%n", word + 1, &n) == 1; words += n)
        if (!strstr(flags, strcat(word, " ")))
            return false;
    return true;
}

static void an_instruction_set_is_there_when_the_cpu_has_it(void **state)
{
    (void)state;
    static const struct {
        const char *name, *flags;
    } sets[] = {
        { "generic", "sse2" },
        { "avx2", "avx2 fma bmi2" },
        { "avx512", "avx512f avx512bw avx512cd avx512dq avx512vl" },
        { "avx512_vnni", "avx512f avx512bw avx512cd avx512dq avx512vl avx512_vnni" },
        { "avx512_bf16", "avx512f avx512bw avx512cd avx512dq avx512vl avx512_vnni avx512_bf16" },
        { "amx", "avx512f avx512_vnni avx512_bf16 amx_tile amx_bf16 amx_int8" },
    };
    if (!cpu_has("sse2"))
        skip(); // no such list here
    const char *before = levin__back_end_name();
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        bool there = levin__use_back_end(sets[i].name);
        if (there != cpu_has(sets[i].flags))
            fail_msg("%s is %s", sets[i].name, there ? "used and not there" : "there and refused");
        levin__use_back_end(NULL);
        assert_string_equal(levin__back_end_name(), before);
    }
}

static void compare_with_ref(int slot, int variant, levin_dtype dtype, int64_t rows, int64_t cols)
{
    assert_true(levin__use_back_end("ref"));
    problem right = run_slot(slot, variant, dtype, rows, cols);
    for (int set = 0; set < BACK_ENDS; set++) {
        if (!use_back_end(back_ends[set]))
            continue;
        problem got = run_slot(slot, variant, dtype, rows, cols);
        assert_agree(slots[slot].name, &got, &right);
        free_problem(&got);
    }
    free_problem(&right);
}

/* Lanes are 4, 8 or 16, blocks of rows 32. */
static const int64_t widths[] = { 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 47, 49 };
static const int64_t heights[] = { 1, 2, 5, 31, 32, 33, 40, 65 };
enum { WIDTHS = sizeof widths / sizeof *widths, HEIGHTS = sizeof heights / sizeof *heights };

static void every_slot_agrees_with_ref_for_odd_sizes(void **state)
{
    (void)state;
    levin_set_num_threads(1);
    for (int slot = 0; slot < SLOTS; slot++) {
        for (int v = 0; v < slots[slot].variants; v++) {
            for (int w = 0; w < WIDTHS; w++) { // heights go round with the widths
                int64_t rows = heights[(w + v) % HEIGHTS];
                if (slots[slot].run == slot_attention_bwd) // ref's is of the fourth order
                    rows = rows > 12 ? 12 : rows;
                compare_with_ref(slot, v, LEVIN_F32, rows, widths[w]);
                if (!slots[slot].f32_alone)
                    compare_with_ref(slot, v, LEVIN_BF16, rows, widths[w]);
            }
        }
    }
    levin__use_back_end(NULL);
}

static void no_slot_minds_rows_of_nothing(void **state)
{
    (void)state;
    for (int slot = 0; slot < SLOTS; slot++)
        for (int v = 0; v < slots[slot].variants; v++)
            compare_with_ref(slot, v, LEVIN_F32, 0, 9);
    levin__use_back_end(NULL);
}

/* Enough rows and elements for several tasks. */
static void several_tasks(int slot, int64_t *rows, int64_t *cols)
{
    *rows = 205;
    *cols = 345;
    if (slots[slot].run == slot_matmul)
        *rows = 105, *cols = 1050; // blocks of rows, chunks of columns, spans
    if (slots[slot].run == slot_attention || slots[slot].run == slot_attention_bwd)
        *cols = 24;
}

static void compare_with_one_thread(int slot, int variant, levin_dtype dtype, int threads)
{
    int64_t rows, cols;
    several_tasks(slot, &rows, &cols);
    levin_set_num_threads(1);
    problem one = run_slot(slot, variant, dtype, rows, cols);
    levin_set_num_threads(threads);
    problem many = run_slot(slot, variant, dtype, rows, cols);
    assert_same_bits(slots[slot].name, &many, &one);
    free_problem(&many);
    free_problem(&one);
}

/* oneDNN cuts some sums by the number of threads, which is why it is an oracle and no more. */
static void no_slot_depends_on_the_number_of_threads(void **state)
{
    (void)state;
    static const int threads[] = { 2, 3, 5 };
    for (int set = 0; set < BACK_ENDS; set++) {
        if (strcmp(back_ends[set], "dnnl") == 0 || !use_back_end(back_ends[set]))
            continue;
        for (int slot = 0; slot < SLOTS; slot++) {
            if (!has_kernel(levin__kernel_tables()[0], slot))
                continue;                 // left to ref, which has one thread
            int n = slots[slot].variants; // which go round with the numbers of threads
            for (int i = 0; i < (n < 3 ? 3 : n < 12 ? n : 12); i++) {
                bool half = (i + i / n) % 2 && !slots[slot].f32_alone;
                compare_with_one_thread(slot, i % n, half ? LEVIN_BF16 : LEVIN_F32, threads[i % 3]);
            }
        }
    }
    levin_set_num_threads(0);
    levin__use_back_end(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ref_leaves_no_slot_empty),
        cmocka_unit_test(every_slot_has_a_problem_here),
        cmocka_unit_test(a_back_end_that_is_not_there_is_refused),
        cmocka_unit_test(an_instruction_set_is_there_when_the_cpu_has_it),
        cmocka_unit_test(every_slot_agrees_with_ref_for_odd_sizes),
        cmocka_unit_test(no_slot_minds_rows_of_nothing),
        cmocka_unit_test(no_slot_depends_on_the_number_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
