/* test_docs.c: docs/flags.md is made from the table of flags, and docs/hooks.md names every hook.
 * LEVIN_WRITE_DOCS=1 writes the former anew. */
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
        [LEVIN_FLAG_TEXT] = "text",           [LEVIN_FLAG_INT] = "number",
        [LEVIN_FLAG_NUMBER] = "number",       [LEVIN_FLAG_SWITCH] = "true or false",
        [LEVIN_FLAG_AMOUNT] = "amount",       [LEVIN_FLAG_LOGGERS] = "words",
        [LEVIN_FLAG_CALLBACKS] = "in C only", [LEVIN_FLAG_PROFILER] = "words",
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
                                  "`val_check_interval`, a time (`00:01:30:00`).\n\n"
                                  "| `--trainer.` | value | default | meaning |\n"
                                  "|---|---|---|---|\n");
    for (size_t i = 0; i < levin__num_flags; i++) {
        const levin_flag *f = &levin__flags[i];
        levin__buffer_addf(&text, "| `%s` | %s | `%s` | %s |\n", f->name, type_name(f->type),
                           f->missing, f->help);
    }
    if (getenv("LEVIN_WRITE_DOCS"))
        levin__file_write(flags_path, text.data, text.size);
    char *found = slurp(flags_path);
    assert_string_equal(found ? found : "no docs/flags.md: run from the repository", text.data);
    levin__free(found);
    levin__buffer_free(&text);
}

static void every_hook_is_documented(void **state)
{
    (void)state;
    char *text = slurp(hooks_path);
    assert_non_null(text);
    for (int h = LEVIN_HOOK_NONE + 1; h < LEVIN_HOOKS; h++) {
        char *quoted = levin__format("`%s`", levin__hook_name((levin_hook)h));
        if (!strstr(text, quoted))
            fail_msg("docs/hooks.md does not name %s", quoted);
        levin__free(quoted);
    }
    levin__free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_are_documented_as_they_are),
        cmocka_unit_test(every_hook_is_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
