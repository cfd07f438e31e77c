/* checkpoint_name.c: see checkpoint_name.h. */
#include "trainer/callbacks/checkpoint_name.h"

#include "base/error.h"
#include "trainer/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_FIELD = 256, LARGEST_WIDTH = 64 };

typedef struct {
    char name[LONGEST_FIELD];
    bool zeros;
    int width, digits; // digits -1: not given
    char type;         // '\0': as Python's str
} field;

/* Digits at *at; -1 if there are none, more than anybody needs if it is too much. */
static int read_number(const char **at)
{
    char *end;
    if (**at < '0' || **at > '9')
        return -1;
    long n = strtol(*at, &end, 10);
    *at = end;
    return n > LARGEST_WIDTH ? LARGEST_WIDTH + 1 : (int)n;
}

/* "02d}" or ".3f}"; *at ends behind the brace. */
static bool read_format(field *f, const char **at)
{
    const char *s = *at;
    f->zeros = *s == '0';
    f->width = read_number(&s);
    if (*s == '.') {
        s++;
        f->digits = read_number(&s);
        if (f->digits < 0)
            return false;
    }
    if (*s && strchr("dfeg%", *s))
        f->type = *s++;
    *at = s + 1;
    return *s == '}' && f->width <= LARGEST_WIDTH && f->digits <= LARGEST_WIDTH;
}

/* The field that begins behind a brace; false after an error. */
static bool read_field(field *f, const char **at, const char *template)
{
    size_t n = strcspn(*at, ":}");
    *f = (field){ .width = -1, .digits = -1 };
    bool right = n > 0 && n < LONGEST_FIELD && (*at)[n];
    if (right) {
        memcpy(f->name, *at, n);
        *at += n + 1;
        right = (*at)[-1] == '}' || read_format(f, at);
    }
    if (!right)
        levin__error_set(LEVIN_EINVAL,
                         "filename: '%s' is not a template, write {name} or {name:.2f}", template);
    return right;
}

static void print(levin_buffer *out, const field *f, double value, bool whole)
{
    char number[512];
    int width = f->width > 0 ? f->width : 0;
    int digits = f->digits >= 0 ? f->digits : 6;
    if (f->type == 'd' || (!f->type && whole)) {
        value = nearbyint(value);
        digits = 0;
    }
    const char *percent = f->type == '%' ? "%" : "";
    if (f->type == 'e')
        snprintf(number, sizeof number, f->zeros ? "%0*.*e" : "%*.*e", width, digits, value);
    else if (f->type == 'g' || (!f->type && f->digits >= 0))
        snprintf(number, sizeof number, f->zeros ? "%0*.*g" : "%*.*g", width, digits, value);
    else if (!f->type && !whole)
        snprintf(number, sizeof number, "%*s", width,
                 levin__number_print((char[LEVIN_NUMBER_SIZE]){ 0 }, value));
    else
        snprintf(number, sizeof number, f->zeros ? "%0*.*f%s" : "%*.*f%s", width, digits,
                 *percent ? 100 * value : value, percent);
    levin__buffer_add_text(out, number);
}

bool levin__checkpoint_name(levin_buffer *out, const char *template, bool insert,
                            levin_name_lookup *lookup, void *payload)
{
    const char *at = template;
    while (*at) {
        size_t plain = strcspn(at, "{");
        levin__buffer_add(out, at, plain);
        at += plain;
        if (!*at)
            break;
        at++;
        field f;
        double value = 0;
        bool whole = true;
        if (!read_field(&f, &at, template))
            return false;
        if (lookup && !lookup(payload, f.name, &value, &whole))
            whole = true, value = 0;
        if (insert)
            levin__buffer_addf(out, "%s=", f.name);
        print(out, &f, value, whole);
    }
    return !out->failed;
}

int levin__checkpoint_name_check(const char *template)
{
    levin_buffer name = LEVIN_BUFFER(4096);
    levin__checkpoint_name(&name, template, true, NULL, NULL);
    levin__buffer_free(&name);
    return levin_error();
}
