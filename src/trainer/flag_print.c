/* flag_print.c: fields of options as text, in the words that flag_text.c reads. */
#include "trainer/duration.h"
#include "trainer/flags.h"
#include "trainer/loggers/words.h"
#include "trainer/number.h"

#include <math.h>
#include <string.h>

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
    case 4:
        return levin__buffer_addf(out, "'%.0f steps'", a.value);
    default:
        return levin__buffer_add_text(out, flag->missing);
    }
}

/* What flag_text.c takes for something else than a text. */
static bool is_flag_word(const char *text)
{
    static const char *const words[] = { "true", "false", "null", "none", "None", NULL };
    const char *const *word = words;
    while (*word && strcmp(*word, text) != 0)
        word++;
    return *word != NULL;
}

/* Quoted where a YAML reader would take the plain word for something else. */
bool levin__flag_print_text(levin_buffer *out, const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
    double number;
    if (*text && *text != '-' && text[strspn(text, plain)] == '\0' &&
        !levin__number_parse(text, &number) && !is_flag_word(text))
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

static bool print_by_epoch(levin_buffer *out, const void *field, const levin_flag *flag)
{
    const char *schedule;
    memcpy(&schedule, (const char *)field + flag->size - sizeof schedule, sizeof schedule);
    return schedule ? levin__buffer_addf(out, "'%s'", schedule)
                    : print_int(out, *(const int64_t *)field, flag);
}

static bool print_number(levin_buffer *out, double x, const levin_flag *flag)
{
    if (x == 0)
        return levin__buffer_add_text(out, flag->missing);
    return isinf(x) && flag->words ? levin__buffer_add_text(out, flag->words)
                                   : levin__flag_print_number(out, x);
}

static bool print_switch(levin_buffer *out, levin_switch s, const levin_flag *flag)
{
    const char *text = s.value == 0                  ? flag->missing
                       : s.value == 2 && flag->words ? flag->words
                       : s.value > 0                 ? "true"
                                                     : "false";
    return levin__buffer_add_text(out, text);
}

static bool print_numbers(levin_buffer *out, const double *x, const levin_flag *flag)
{
    size_t count = flag->size / sizeof *x;
    for (size_t i = 0; i < count; i++) {
        levin__buffer_add_text(out, i ? ", " : "[");
        levin__flag_print_number(out, x[i]);
    }
    return levin__buffer_add_char(out, ']');
}

static bool print_counts(levin_buffer *out, const int64_t *n, const levin_flag *flag)
{
    size_t most = flag->size / sizeof *n, i = 0;
    if (!n[0])
        return levin__buffer_add_text(out, flag->missing);
    for (; i < most && n[i]; i++)
        levin__buffer_addf(out, "%s%lld", i ? ", " : "[", (long long)n[i]);
    return levin__buffer_add_char(out, ']');
}

static bool print_choice(levin_buffer *out, unsigned i, const levin_flag *flag)
{
    const char *word = flag->words;
    for (; i > 0 && strchr(word, ' '); i--)
        word = strchr(word, ' ') + 1;
    return levin__buffer_add(out, word, strcspn(word, " "));
}

bool levin__flag_print(levin_buffer *out, const void *fields, const levin_flag *flag)
{
    const void *field = (const char *)fields + flag->offset;
    const char *text = NULL;
    switch (flag->type) {
    case LEVIN_FLAG_TEXT:
        if (*(const char *const *)field)
            return levin__flag_print_text(out, *(const char *const *)field);
        break;
    case LEVIN_FLAG_INT:
        return print_int(out, *(const int64_t *)field, flag);
    case LEVIN_FLAG_NUMBER:
        return print_number(out, *(const double *)field, flag);
    case LEVIN_FLAG_SWITCH:
        return print_switch(out, *(const levin_switch *)field, flag);
    case LEVIN_FLAG_AMOUNT:
        return print_amount(out, *(const levin_amount *)field, flag);
    case LEVIN_FLAG_NUMBERS:
        return print_numbers(out, field, flag);
    case LEVIN_FLAG_COUNTS:
        return print_counts(out, field, flag);
    case LEVIN_FLAG_OPTIONAL:
        if (((const levin_optional *)field)->is_given)
            return levin__flag_print_number(out, ((const levin_optional *)field)->value);
        break;
    case LEVIN_FLAG_BY_EPOCH:
        return print_by_epoch(out, field, flag);
    case LEVIN_FLAG_CHOICE:
        return print_choice(out, *(const unsigned *)field, flag);
    case LEVIN_FLAG_LOGGERS:
        text = levin__word_of_loggers(*(levin_logger *const *const *)field);
        break;
    case LEVIN_FLAG_CALLBACKS:
    case LEVIN_FLAG_PLUGINS:
    case LEVIN_FLAG_PROFILER:
        break;
    }
    return levin__buffer_add_text(out, text ? text : flag->missing);
}
