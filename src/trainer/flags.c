/* flags.c: the rows of the flag table, and how a value is read from text and written as YAML. What
 * values mean together stands in settings.c. */
#include "trainer/flags.h"

#include "base/error.h"
#include "base/suggest.h"
#include "trainer/duration.h"
#include "trainer/loggers/words.h"
#include "trainer/number.h"
#include "trainer/profilers/words.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(f) (((levin_trainer_flags *)0)->f)
#define FLAG(f, missing, help)                                                                     \
    {                                                                                              \
#f, offsetof(levin_trainer_flags, f), sizeof FIELD(f),                                     \
            _Generic(FIELD(f), const char *                                                        \
                     : LEVIN_FLAG_TEXT, int64_t                                                    \
                     : LEVIN_FLAG_INT, double                                                      \
                     : LEVIN_FLAG_NUMBER, levin_switch                                             \
                     : LEVIN_FLAG_SWITCH, levin_amount                                             \
                     : LEVIN_FLAG_AMOUNT, levin_logger *const *                                          \
                     : LEVIN_FLAG_LOGGERS, levin_callback *const * \
                     : LEVIN_FLAG_CALLBACKS, levin_profiler *                                              \
                     : LEVIN_FLAG_PROFILER),                                                      \
            missing, help       \
    }

const levin_flag levin__flags[] = {
    FLAG(accelerator, "auto", "kind of device: auto or cpu"),
    FLAG(devices, "auto", "how many devices: auto or 1"),
    FLAG(precision, "32-true", "32-true, bf16-mixed; int8 but for fit"),
    FLAG(default_root_dir, "null", "folder for lightning_logs; null is the current one"),
    FLAG(max_epochs, "null", "stop after this many epochs; null is 1000, -1 no limit"),
    FLAG(min_epochs, "null", "train at least this many epochs"),
    FLAG(max_steps, "-1", "stop after this many optimizer steps; -1 no limit"),
    FLAG(min_steps, "null", "train at least this many optimizer steps"),
    FLAG(max_time, "null", "stop after this time, DD:HH:MM:SS"),
    FLAG(limit_train_batches, "1.0", "batches of an epoch, as a number or a share"),
    FLAG(limit_val_batches, "1.0", "batches of a validation, as a number or a share; 0 off"),
    FLAG(limit_test_batches, "1.0", "batches of a test, as a number or a share"),
    FLAG(limit_predict_batches, "1.0", "batches of a prediction, as a number or a share"),
    FLAG(overfit_batches, "0.0", "train and validate on these first batches only"),
    FLAG(fast_dev_run, "false", "run this many batches of everything once, without files"),
    FLAG(val_check_interval, "1.0", "validate after so many batches, share of an epoch or time"),
    FLAG(check_val_every_n_epoch, "1",
         "validate in every n-th epoch; -1 counts batches over epochs"),
    FLAG(num_sanity_val_steps, "2", "validation batches before training; -1 all"),
    FLAG(accumulate_grad_batches, "1", "batches of one optimizer step"),
    FLAG(gradient_clip_val, "null", "clip gradients to this; 0 off"),
    FLAG(gradient_clip_algorithm, "norm", "clip by norm or by value"),
    FLAG(log_every_n_steps, "50", "steps between rows of step metrics; 0 none"),
    FLAG(enable_checkpointing, "true", "save checkpoints"),
    FLAG(enable_progress_bar, "true", "show a progress bar"),
    FLAG(enable_model_summary, "true", "show a summary of the model"),
    FLAG(deterministic, "true", "same bits for the same seed: always so"),
    FLAG(logger, "true", "what logs go to: csv, tensorboard, true for both, false for none"),
    FLAG(callbacks, "null", "callbacks beside the built-in ones"),
    FLAG(profiler, "null",
         "where the time goes: simple (hooks), advanced (operators), trace (a file)"),
};
const size_t levin__num_flags = sizeof levin__flags / sizeof *levin__flags;

const levin_flag *levin__flag_find(const char *name)
{
    const char *names[sizeof levin__flags / sizeof *levin__flags + 1] = { NULL };
    for (size_t i = 0; i < levin__num_flags; i++) {
        if (strcmp(levin__flags[i].name, name) == 0)
            return &levin__flags[i];
        names[i] = levin__flags[i].name;
    }
    levin__unknown_word("flag", name, names);
    return NULL;
}

static int bad_value(const levin_flag *flag, const char *text, const char *wanted)
{
    return levin__error_set(LEVIN_EINVAL, "%s: '%s' is not %s", flag->name, text, wanted);
}

static bool is_true(const char *text) { return strcmp(text, "true") == 0; }
static bool is_false(const char *text) { return strcmp(text, "false") == 0; }
static bool is_null(const char *text)
{
    return strcmp(text, "null") == 0 || strcmp(text, "none") == 0 || strcmp(text, "None") == 0;
}

static bool parse_int(const char *text, int64_t *out)
{
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    *out = n;
    return end != text && !*end && errno == 0 && n != LEVIN_ZERO;
}

static int set_int(int64_t *out, const levin_flag *flag, const char *text)
{
    int64_t n;
    if (is_true(text) || is_false(text)) // fast_dev_run=True is 1
        n = is_true(text);
    else if (is_null(text)) // Lightning's None means something where the default is a number
        n = strcmp(flag->name, "check_val_every_n_epoch") == 0 ? -1 : INT64_MAX;
    else if (!parse_int(text, &n))
        return bad_value(flag, text, "a whole number");
    if (n == INT64_MAX)
        n = 0;
    else if (n == 0)
        n = LEVIN_ZERO;
    *out = n;
    return LEVIN_OK;
}

static int set_number(double *out, const levin_flag *flag, const char *text)
{
    double x = 0;
    if (!is_null(text) && (!levin__number_parse(text, &x) || !isfinite(x)))
        return bad_value(flag, text, "a number");
    *out = x;
    return LEVIN_OK;
}

static int set_switch(levin_switch *out, const levin_flag *flag, const char *text)
{
    if (!is_true(text) && !is_false(text) && !is_null(text))
        return bad_value(flag, text, "true or false");
    *out = is_true(text) ? LEVIN_ON : is_false(text) ? LEVIN_OFF : (levin_switch){ 0 };
    return LEVIN_OK;
}

/* A whole number counts; one with a point is a share, unless it is above 1 and whole, as in
 * Lightning: 3.0 is 3. */
static int set_amount(levin_amount *out, const levin_flag *flag, const char *text)
{
    int64_t n;
    double x;
    if (is_null(text))
        *out = (levin_amount){ 0 };
    else if (is_true(text) || is_false(text))
        *out = LEVIN_BATCHES(is_true(text));
    else if (strchr(text, ':'))
        return levin__duration_parse(flag->name, text, &x) < 0
                   ? levin_error()
                   : (*out = LEVIN_SECONDS(x), LEVIN_OK);
    else if (parse_int(text, &n))
        *out = LEVIN_BATCHES(n);
    else if (levin__number_parse(text, &x) && isfinite(x))
        *out = x > 1 && x == floor(x) ? LEVIN_BATCHES(x) : LEVIN_FRACTION(x);
    else
        return bad_value(flag, text, "a number of batches, a share of them or a time");
    return LEVIN_OK;
}

static int set_loggers(levin_logger *const **out, const levin_flag *flag, const char *text)
{
    levin_logger *const *list = levin__loggers_of_word(text);
    if (!list && !is_null(text))
        return bad_value(flag, text, "true, false, csv, tensorboard or csv,tensorboard");
    *out = list;
    return LEVIN_OK;
}

static int set_profiler(levin_profiler **out, const char *text)
{
    levin_profiler *p = is_null(text) ? NULL : levin__profiler_of_word(text);
    if (!p && !is_null(text))
        return levin_error();
    *out = p;
    return LEVIN_OK;
}

int levin__flag_set(levin_trainer_flags *f, const levin_flag *flag, const char *text)
{
    void *field = (char *)f + flag->offset;
    switch (flag->type) {
    case LEVIN_FLAG_TEXT:
        *(const char **)field = is_null(text) ? NULL : text;
        return LEVIN_OK;
    case LEVIN_FLAG_INT:
        return set_int(field, flag, text);
    case LEVIN_FLAG_NUMBER:
        return set_number(field, flag, text);
    case LEVIN_FLAG_SWITCH:
        return set_switch(field, flag, text);
    case LEVIN_FLAG_AMOUNT:
        return set_amount(field, flag, text);
    case LEVIN_FLAG_LOGGERS:
        return set_loggers(field, flag, text);
    case LEVIN_FLAG_CALLBACKS:
        if (is_null(text)) {
            *(levin_callback *const **)field = NULL;
            return LEVIN_OK;
        }
        return bad_value(flag, text, "null; callbacks are made by a program");
    case LEVIN_FLAG_PROFILER:
        return set_profiler(field, text);
    }
    return LEVIN_OK;
}

static bool print_int(levin_buffer *out, int64_t n, const levin_flag *flag)
{
    if (n == 0)
        return levin__buffer_add_text(out, flag->missing);
    if (strcmp(flag->name, "check_val_every_n_epoch") == 0 && n == -1)
        return levin__buffer_add_text(out, "null");
    return levin__buffer_addf(out, "%lld", n == LEVIN_ZERO ? 0LL : (long long)n);
}

static bool print_amount(levin_buffer *out, levin_amount a, const levin_flag *flag)
{
    char text[LEVIN_NUMBER_SIZE];
    switch (a.kind) {
    case 1:
        return levin__buffer_addf(out, "%.0f", a.value);
    case 2:
        return levin__flag_print_number(out, a.value);
    case 3:
        return levin__buffer_addf(out, "'%s'", levin__duration_print(text, a.value));
    default:
        return levin__buffer_add_text(out, flag->missing);
    }
}

/* Quoted where a YAML reader would take the plain word for something else. */
bool levin__flag_print_text(levin_buffer *out, const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
    double number;
    if (*text && *text != '-' && text[strspn(text, plain)] == '\0' &&
        !levin__number_parse(text, &number) && !is_true(text) && !is_false(text) && !is_null(text))
        return levin__buffer_add_text(out, text);
    levin__buffer_add_char(out, '\'');
    for (; *text; text++)
        levin__buffer_add(out, *text == '\'' ? "''" : text, *text == '\'' ? 2 : 1);
    return levin__buffer_add_char(out, '\'');
}

/* YAML 1.1, which Python reads, wants a point: 2.0e-05. */
bool levin__flag_print_number(levin_buffer *out, double x)
{
    char number[LEVIN_NUMBER_SIZE];
    const char *e = strchr(levin__number_print(number, x), 'e');
    if (!e || strchr(number, '.'))
        return levin__buffer_add_text(out, number);
    return levin__buffer_addf(out, "%.*s.0%s", (int)(e - number), number, e);
}

bool levin__flag_print(levin_buffer *out, const levin_trainer_flags *f, const levin_flag *flag)
{
    const void *field = (const char *)f + flag->offset;
    const char *text = flag->missing;
    switch (flag->type) {
    case LEVIN_FLAG_TEXT:
        return *(const char *const *)field
                   ? levin__flag_print_text(out, *(const char *const *)field)
                   : levin__buffer_add_text(out, text);
    case LEVIN_FLAG_INT:
        return print_int(out, *(const int64_t *)field, flag);
    case LEVIN_FLAG_NUMBER:
        return *(const double *)field != 0 ? levin__flag_print_number(out, *(const double *)field)
                                           : levin__buffer_add_text(out, text);
    case LEVIN_FLAG_SWITCH:
        if (((const levin_switch *)field)->value)
            text = ((const levin_switch *)field)->value > 0 ? "true" : "false";
        break;
    case LEVIN_FLAG_AMOUNT:
        return print_amount(out, *(const levin_amount *)field, flag);
    case LEVIN_FLAG_LOGGERS:
        if (levin__word_of_loggers(*(levin_logger *const *const *)field))
            text = levin__word_of_loggers(*(levin_logger *const *const *)field);
        break;
    case LEVIN_FLAG_CALLBACKS:
        break;
    case LEVIN_FLAG_PROFILER:
        if (levin__word_of_profiler(*(levin_profiler *const *)field))
            text = levin__word_of_profiler(*(levin_profiler *const *)field);
        break;
    }
    return levin__buffer_add_text(out, text);
}
