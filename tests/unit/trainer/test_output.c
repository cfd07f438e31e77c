/* test_output.c: what a person sees: one line on a terminal that never wraps, sparse lines in a
 * file, nothing at all without a stream; the summary and the table of results. */
#include "support/boring.h"

#include "base/file.h"
#include "base/memory.h"
#include "trainer/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { ROWS = 100, MAX_TEXT = 1 << 20 };

static levin_trainer *make_trainer(FILE *stream)
{
    levin_trainer *t = levin_trainer_new(&(levin_trainer_flags){
        .max_epochs = 2,
        .logger = LEVIN_NO_LOGGER,
        .enable_checkpointing = LEVIN_OFF,
        .enable_model_summary = LEVIN_OFF,
    });
    levin_trainer_set_output(t, stream);
    return t;
}

static void wait_a_little(boring *self, const levin_batch *b)
{
    (void)self;
    (void)b;
    usleep(5000); // so that there is something to redraw
}

/* Everything that a fit writes to a terminal of that name and so many columns; the caller's. */
static char *fit_on_terminal(const char *name, unsigned short columns)
{
    setenv("TERM", name, 1);
    int master, slave;
    struct winsize size = { .ws_row = 24, .ws_col = columns };
    assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
    fcntl(master, F_SETFL, O_NONBLOCK);
    FILE *stream = fdopen(slave, "w");
    boring *m = boring_new(1);
    m->during_step = wait_a_little;
    levin_trainer *t = make_trainer(stream);
    levin_trainer_fit(t, &m->base, boring_loader(ROWS, 1, NULL), boring_loader(20, 2, NULL));
    assert_string_equal(levin_error_message(), "");
    char *text = levin__calloc(1, MAX_TEXT);
    size_t n = 0;
    for (ssize_t got; (got = read(master, text + n, MAX_TEXT - n - 1)) > 0;)
        n += (size_t)got;
    levin_trainer_free(t);
    levin_module_free(&m->base);
    fclose(stream);
    close(master);
    return text;
}

static void a_terminal_shows_one_line_that_never_wraps(void **state)
{
    (void)state;
    for (unsigned short columns = 20; columns <= 140; columns = (unsigned short)(columns + 60)) {
        char *text = fit_on_terminal("xterm", columns), *save = NULL;
        int lines = 0, draws = 0;
        for (char *c = text; *c; c++)
            lines += *c == '\n';
        for (char *draw = strtok_r(text, "\r\n", &save); draw;
             draw = strtok_r(NULL, "\r\n", &save)) {
            char *end = strstr(draw, "\033[K");
            size_t n = end ? (size_t)(end - draw) : strlen(draw);
            if (n >= columns && strncmp(draw, "Epoch", 5) == 0)
                fail_msg("%zu characters in %d columns: %s", n, columns, draw);
            draws += strncmp(draw, "Epoch", 5) == 0;
        }
        assert_true(draws >= 4 && draws <= 60); // 200 batches, at most ten draws a second
        assert_true(lines <= 4);
        levin__free(text);
    }
}

static void a_dumb_terminal_gets_lines_as_a_file_does(void **state)
{
    (void)state;
    char *text = fit_on_terminal("dumb", 80);
    assert_null(strchr(text, '\033'));
    assert_non_null(strstr(text, "Epoch 1/2  10% 10/100 ["));
    levin__free(text);
}

static void a_file_gets_a_line_for_every_tenth_and_one_at_the_end(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    boring *m = boring_new(1);
    levin_trainer *t = make_trainer(stream);
    levin_trainer_fit(t, &m->base, boring_loader(ROWS, 1, NULL), boring_loader(20, 2, NULL));
    levin_trainer_free(t);
    levin_module_free(&m->base);
    fclose(stream);
    int lines = 0;
    for (char *c = text; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 2 * 10 + 1); // and why it stopped
    assert_null(strchr(text, '\r'));
    assert_null(strchr(text, '\033'));
    assert_non_null(strstr(text, "Epoch 1/2  10% 10/100 ["));
    assert_non_null(strstr(text, "Epoch 2/2 100% 100/100 ["));
    assert_non_null(strstr(text, "train_loss="));
    assert_non_null(strstr(text, "fit stopped: max_epochs 2 reached\n"));
    free(text);
}

static void without_a_stream_nothing_is_said(void **state)
{
    (void)state;
    boring *m = boring_new(1);
    levin_trainer *t = make_trainer(NULL);
    assert_int_equal(levin_trainer_fit(t, &m->base, boring_loader(ROWS, 1, NULL), NULL), 0);
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

static void the_summary_is_lightnings_table(void **state)
{
    (void)state;
    levin_buffer text = LEVIN_BUFFER(1 << 16);
    boring *m = boring_new(1);
    levin_parameter_new(&m->base, "own", 1, (int64_t[]){ 2000 });
    levin_module_freeze((levin_module *)levin_linear_new(&m->base, "frozen", 100, 11));
    assert_true(levin__summary(&text, &m->base, 1));
    assert_string_equal(text.data, "\n"
                                   "  | Name         | Type   | Params | Mode\n"
                                   "------------------------------------------\n"
                                   "0 | layer        | Linear | 27     | train\n"
                                   "1 | frozen       | Linear | 1.1 K  | eval\n"
                                   "  | other params | n/a    | 2.0 K  | n/a\n"
                                   "------------------------------------------\n"
                                   "2.0 K     Trainable params\n"
                                   "1.1 K     Non-trainable params\n"
                                   "3.1 K     Total params\n"
                                   "0.013     Total estimated model params size (MB)\n"
                                   "1         Modules in train mode\n"
                                   "1         Modules in eval mode\n");
    levin__buffer_free(&text);
    levin_module_free(&m->base);
}

static void a_test_prints_its_results(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    boring *m = boring_new(1);
    levin_trainer *t = make_trainer(stream);
    levin_dataloader *loaders[] = { boring_loader(4, 1, NULL), boring_loader(4, 2, NULL), NULL };
    levin_trainer_test_with(t, &m->base, &(levin_run_opts){ .loaders = loaders });
    assert_string_equal(levin_error_message(), "");
    levin_trainer_free(t);
    levin_module_free(&m->base);
    fclose(stream);
    char *table = strstr(text, "Test metric");
    assert_non_null(table);
    assert_non_null(strstr(table, "DataLoader 0"));
    assert_non_null(strstr(table, "DataLoader 1"));
    assert_true(strstr(table, "test_acc") < strstr(table, "test_loss"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_terminal_shows_one_line_that_never_wraps),
        cmocka_unit_test(a_dumb_terminal_gets_lines_as_a_file_does),
        cmocka_unit_test(a_file_gets_a_line_for_every_tenth_and_one_at_the_end),
        cmocka_unit_test(without_a_stream_nothing_is_said),
        cmocka_unit_test(the_summary_is_lightnings_table),
        cmocka_unit_test(a_test_prints_its_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
