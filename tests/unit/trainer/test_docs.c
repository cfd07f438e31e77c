/* test_docs.c: docs/flags.md and the table of docs/hooks.md are made from the tables of flags and
 * hooks. LEVIN_WRITE_DOCS=1 writes them anew. */
#include "base/file.h"
#include "base/memory.h"
#include "support/boring.h"
#include "trainer/flags.h"
#include "trainer/hooks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const char flags_path[] = "docs/flags.md", hooks_path[] = "docs/hooks.md";

static const char *type_name(levin_flag_type type)
{
    static const char *const names[] = {
        [LEVIN_FLAG_TEXT] = "text",
        [LEVIN_FLAG_INT] = "number",
        [LEVIN_FLAG_NUMBER] = "number",
        [LEVIN_FLAG_SWITCH] = "true or false",
        [LEVIN_FLAG_AMOUNT] = "amount",
        [LEVIN_FLAG_OPTIONAL] = "number",
        [LEVIN_FLAG_BY_EPOCH] = "by epoch",
        [LEVIN_FLAG_CHOICE] = "word",
        [LEVIN_FLAG_LOGGERS] = "classes or words",
        [LEVIN_FLAG_CALLBACKS] = "classes",
        [LEVIN_FLAG_PLUGINS] = "in C only",
        [LEVIN_FLAG_PROFILER] = "class",
    };
    return names[type];
}

static void flags_are_documented_as_they_are(void **state)
{
    (void)state;
    levin_buffer text = LEVIN_BUFFER(1 << 16);
    levin__buffer_add_text(&text, "# Flags of the Trainer\n\n"
                                  "Made from `src/trainer/flags.c`. An amount is a number of "
                                  "batches (`10`), a share of them (`0.25`, `1.0`) or, for "
                                  "`val_check_interval`, a time (`00:01:30:00`) or optimizer "
                                  "steps (`100 steps`). By epoch: a number, or a schedule "
                                  "(`{0: 1, 4: 2}`).\n\n"
                                  "| `--trainer.` | value | default | meaning |\n"
                                  "|---|---|---|---|\n");
    for (size_t i = 0; i < levin__num_flags; i++) {
        const levin_flag *f = &levin__flags[i];
        const char *more = f->type == LEVIN_FLAG_SWITCH ? f->words : NULL;
        levin__buffer_addf(&text, "| `%s` | %s%s%s | `%s` | %s |\n", f->name, type_name(f->type),
                           more ? " or " : "", more ? more : "", f->missing, f->help);
    }
    if (getenv("LEVIN_WRITE_DOCS"))
        levin__file_write(flags_path, text.data, text.size);
    char *found = slurp(flags_path);
    assert_string_equal(found ? found : "no docs/flags.md: run from the repository", text.data);
    levin__free(found);
    levin__buffer_free(&text);
}

static const char *log_rule_name(levin_log_rule rule)
{
    static const char *const names[] = {
        [LEVIN_LOG_NOTHING] = "",
        [LEVIN_LOG_STEP] = "on step",
        [LEVIN_LOG_EPOCH] = "on epoch",
        [LEVIN_LOG_EPOCH_ONLY] = "epoch only",
    };
    return names[rule];
}

static void add_hooks(levin_buffer *out)
{
    levin__buffer_add_text(out, "Made from `src/trainer/hooks.h`.\n\n"
                                "| hook | module | callback | `log` |\n|---|---|---|---|\n");
    for (levin_hook h = LEVIN_HOOK_NONE + 1; h < LEVIN_HOOKS; h++)
        levin__buffer_addf(out, "| `%s` | %s | %s | %s |\n", levin__hook_name(h),
                           levin__hook_is_of_module(h) ? "yes" : "",
                           levin__hook_is_of_callback(h) ? "yes" : "",
                           log_rule_name(levin__hook_log_rule(h)));
}

/* What stands above the heading is written by hand. */
static void hooks_are_documented_as_they_are(void **state)
{
    static const char heading[] = "## All hooks\n\n";
    (void)state;
    levin_buffer text = LEVIN_BUFFER(1 << 16);
    char *found = slurp(hooks_path);
    char *table = found ? strstr(found, heading) : NULL;
    assert_non_null(table);
    levin__buffer_add(&text, found, (size_t)(table - found) + strlen(heading));
    add_hooks(&text);
    if (getenv("LEVIN_WRITE_DOCS"))
        levin__file_write(hooks_path, text.data, text.size);
    assert_string_equal(getenv("LEVIN_WRITE_DOCS") ? text.data : found, text.data);
    levin__free(found);
    levin__buffer_free(&text);
}

/* The order of calls above the table names each of them. */
static void every_hook_has_its_place(void **state)
{
    (void)state;
    char *text = slurp(hooks_path);
    assert_non_null(text);
    *strstr(text, "## All hooks") = '\0';
    for (levin_hook h = LEVIN_HOOK_NONE + 1; h < LEVIN_HOOKS; h++) {
        char *quoted = levin__format("`%s`", levin__hook_name(h));
        if (!strstr(text, quoted))
            print_error("docs/hooks.md says nowhere when %s is called\n", quoted);
        assert_non_null(strstr(text, quoted));
        levin__free(quoted);
    }
    levin__free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_are_documented_as_they_are),
        cmocka_unit_test(hooks_are_documented_as_they_are),
        cmocka_unit_test(every_hook_has_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
