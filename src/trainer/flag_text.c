/* flag_text.c: fields of options from text: what a command line and YAML write. The way back stands
 * in flag_print.c. */
#include "trainer/flags.h"

#include "base/error.h"
#include "formats/yaml.h"
#include "trainer/duration.h"
#include "trainer/loggers/words.h"
#include "trainer/number.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Of a list; the largest whole number that a double holds exactly. */
enum { MAX_COUNTS = 64 };
static const double MAX_COUNT = 9007199254740992.0;

static bool is_true(const char *text) { return strcmp(text, "true") == 0; }
static bool is_false(const char *text) { return strcmp(text, "false") == 0; }

/* Digits alone, of which some number is too many. */
static bool is_whole(const char *text)
{
    text += *text == '-' || *text == '+';
    return *text && text[strspn(text, "0123456789")] == '\0';
}

static int bad_value(const levin_flag *flag, const char *text, const char *wanted)
{
    if (flag->type == LEVIN_FLAG_INT && is_whole(text))
        return levin__error_set(LEVIN_EINVAL, "%s: %s is too large", flag->name, text);
    return levin__error_set(LEVIN_EINVAL, "%s: '%s' is not %s", flag->name, text, wanted);
}

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

/* Whether text is a value of an integer flag; records no error. */
static bool read_int(int64_t *out, const levin_flag *flag, const char *text)
{
    int64_t n;
    if (is_true(text) || is_false(text)) // fast_dev_run=True is 1
        n = is_true(text);
    else if (is_null(text)) // Lightning's None means something where the default is a number
        n = strcmp(flag->name, "check_val_every_n_epoch") == 0 ? -1 : INT64_MAX;
    else if (!parse_int(text, &n))
        return false;
    if (n == INT64_MAX)
        n = 0;
    else if (n == 0)
        n = LEVIN_ZERO;
    *out = n;
    return true;
}

static int set_int(int64_t *out, const levin_flag *flag, const char *text)
{
    return read_int(out, flag, text) ? LEVIN_OK : bad_value(flag, text, "a whole number");
}

/* Also as YAML says it: .inf and .NaN are strtod's words behind a point. */
static bool read_number(const char *text, double *out)
{
    char word[8];
    bool sign = *text == '+' || *text == '-';
    if (levin__yaml_kind_of(text) != LEVIN_YAML_REAL || !strpbrk(text, "iInN"))
        return levin__number_parse(text, out);
    snprintf(word, sizeof word, "%.*s%s", sign, text, text + sign + 1);
    return levin__number_parse(word, out);
}

static int set_optional(levin_optional *out, const levin_flag *flag, const char *text)
{
    double x = 0;
    bool given = !is_null(text);
    if (given && !read_number(text, &x))
        return bad_value(flag, text, "a number");
    *out = (levin_optional){ given, x };
    return LEVIN_OK;
}

/* A number and its schedule stand for the same thing: the later of the two that is set holds. */
static int set_by_epoch(void *field, const levin_flag *flag, const char *text)
{
    int64_t number = 0;
    const char *schedule = *text == '{' ? text : NULL;
    if (!schedule && !read_int(&number, flag, text))
        return bad_value(flag, text, "a whole number or a schedule such as {0: 1, 4: 2}");
    memcpy(field, &number, sizeof number);
    memcpy((char *)field + flag->size - sizeof schedule, &schedule, sizeof schedule);
    return LEVIN_OK;
}

static int set_number(double *out, const levin_flag *flag, const char *text)
{
    double x = 0;
    bool may_be_infinite = flag->words; // which has the one word inf
    if (!is_null(text) && (!read_number(text, &x) || !(isfinite(x) || (may_be_infinite && x > 0))))
        return bad_value(flag, text, "a number");
    *out = x;
    return LEVIN_OK;
}

static int set_switch(levin_switch *out, const levin_flag *flag, const char *text)
{
    if (flag->words && strcmp(text, flag->words) == 0)
        return *out = (levin_switch){ 2 }, LEVIN_OK;
    if (!is_true(text) && !is_false(text) && !is_null(text))
        return bad_value(flag, text, "true or false");
    *out = is_true(text) ? LEVIN_ON : is_false(text) ? LEVIN_OFF : (levin_switch){ 0 };
    return LEVIN_OK;
}

/* "100 steps" or "100steps". */
static bool parse_steps(const char *text, int64_t *out)
{
    char number[24];
    size_t digits = strspn(text, "-0123456789"), space = strspn(text + digits, " ");
    if (strcmp(text + digits + space, "steps") != 0 || digits >= sizeof number)
        return false;
    memcpy(number, text, digits);
    number[digits] = '\0';
    return parse_int(number, out);
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
    else if (parse_steps(text, &n))
        *out = LEVIN_STEPS(n);
    else if (levin__number_parse(text, &x) && isfinite(x))
        *out = x > 1 && x == floor(x) ? LEVIN_BATCHES(x) : LEVIN_FRACTION(x);
    else
        return bad_value(flag, text,
                         flag->words ? flag->words
                                     : "a number of batches, a share of them or a time");
    return LEVIN_OK;
}

/* How many numbers, at most so many, a list in brackets holds; -1 if it is none. */
static int parse_list(const char *text, double *out, size_t most)
{
    char number[LEVIN_NUMBER_SIZE];
    size_t n = 0;
    const char *at = text + 1;
    for (bool more = *text == '['; more && n < most; n++) {
        at += strspn(at, " ");
        size_t length = strcspn(at, ", ]");
        snprintf(number, sizeof number, "%.*s", (int)length, at);
        if (length >= sizeof number || !levin__number_parse(number, &out[n]) || !isfinite(out[n]))
            return -1;
        at += length;
        at += strspn(at, " ");
        more = *at == ',';
        at += more;
    }
    return n > 0 && strcmp(at, "]") == 0 ? (int)n : -1;
}

/* All of the numbers that the field has. */
static int set_numbers(double *out, const levin_flag *flag, const char *text)
{
    size_t count = flag->size / sizeof *out;
    if (parse_list(text, out, count) == (int)count)
        return LEVIN_OK;
    return levin__error_set(LEVIN_EINVAL, "%s: '%s' is not a list of %zu numbers", flag->name, text,
                            count);
}

static int set_counts(int64_t *out, const levin_flag *flag, const char *text)
{
    double list[MAX_COUNTS];
    size_t most = flag->size / sizeof *out;
    int n = is_null(text) ? 0 : parse_list(text, list, most < MAX_COUNTS ? most : MAX_COUNTS);
    bool good = n >= 0;
    for (int i = 0; i < n; i++)
        good &= list[i] >= 1 && list[i] <= MAX_COUNT && list[i] == floor(list[i]);
    if (!good)
        return levin__error_set(LEVIN_EINVAL,
                                "%s: '%s' is not a list of up to %zu whole numbers above 0",
                                flag->name, text, most);
    memset(out, 0, flag->size);
    for (int i = 0; i < n; i++)
        out[i] = (int64_t)list[i];
    return LEVIN_OK;
}

/* The number of a word in a list that spaces divide, whatever its case; -1 if it is not there. */
static int find_choice(const char *words, const char *text)
{
    size_t n = strlen(text);
    for (int i = 0; *words; i++) {
        size_t length = strcspn(words, " ");
        if (length == n && strncasecmp(words, text, n) == 0)
            return i;
        words += length + (words[length] == ' ');
    }
    return -1;
}

static int set_choice(unsigned *out, const levin_flag *flag, const char *text)
{
    int i = is_null(text) ? 0 : find_choice(flag->words, text);
    if (i < 0)
        return levin__error_set(LEVIN_EINVAL, "%s: '%s' is none of: %s", flag->name, text,
                                flag->words);
    *out = (unsigned)i;
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

static int set_objects(void *field, const levin_flag *flag, const char *text)
{
    static const void *const nothing = NULL;
    if (!is_null(text))
        return bad_value(flag, text, "null; a program makes what goes there");
    memcpy(field, &nothing, sizeof nothing);
    return LEVIN_OK;
}

/* True is no number, as for jsonargparse, but of a flag that has it for a word. Amounts take it for
 * one batch, as Lightning's Trainer does. */
static bool is_switch_for_number(const levin_flag *flag, const char *text)
{
    bool takes_number = flag->type == LEVIN_FLAG_INT || flag->type == LEVIN_FLAG_BY_EPOCH;
    return takes_number && !flag->words && (is_true(text) || is_false(text));
}

int levin__flag_set(void *fields, const levin_flag *flag, const char *text)
{
    void *field = (char *)fields + flag->offset;
    if (is_switch_for_number(flag, text))
        return bad_value(flag, text, "a whole number");
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
    case LEVIN_FLAG_NUMBERS:
        return set_numbers(field, flag, text);
    case LEVIN_FLAG_COUNTS:
        return set_counts(field, flag, text);
    case LEVIN_FLAG_OPTIONAL:
        return set_optional(field, flag, text);
    case LEVIN_FLAG_BY_EPOCH:
        return set_by_epoch(field, flag, text);
    case LEVIN_FLAG_CHOICE:
        return set_choice(field, flag, text);
    case LEVIN_FLAG_LOGGERS:
        return set_loggers(field, flag, text);
    case LEVIN_FLAG_CALLBACKS:
    case LEVIN_FLAG_PLUGINS:
    case LEVIN_FLAG_PROFILER:
        return set_objects(field, flag, text);
    }
    return LEVIN_OK;
}
