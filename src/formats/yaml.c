/* yaml.c: the tree, and what a plain scalar means. Reading stands in yaml_read.c, writing in
 * yaml_write.c. */
#include "formats/yaml.h"

#include "base/memory.h"

#include <ctype.h>
#include <string.h>

const char *levin__yaml_kind_name(levin_yaml_kind kind)
{
    static const char *const names[] = {
        [LEVIN_YAML_NULL] = "null",          [LEVIN_YAML_BOOL] = "true or false",
        [LEVIN_YAML_INT] = "a whole number", [LEVIN_YAML_REAL] = "a number",
        [LEVIN_YAML_TEXT] = "a text",        [LEVIN_YAML_LIST] = "a list",
        [LEVIN_YAML_MAP] = "a mapping",
    };
    return names[kind];
}

/* In the three spellings of YAML 1.1: null, Null, NULL. */
static bool is_word(const char *text, const char *word)
{
    size_t n = strlen(word);
    if (strlen(text) != n || strcasecmp(text, word) != 0)
        return false;
    bool first_upper = isupper((unsigned char)text[0]);
    bool rest_upper = isupper((unsigned char)text[n - 1]);
    for (size_t i = 1; i < n; i++)
        if ((isupper((unsigned char)text[i]) != 0) != rest_upper)
            return false;
    return first_upper || !rest_upper;
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (is_word(text, *words))
            return true;
    return false;
}

static const char *const truths[] = { "true", "yes", "on", NULL };
static const char *const untruths[] = { "false", "no", "off", NULL };

static size_t digits(const char *text) { return strspn(text, "0123456789"); }

/* [+-] digits [. digits] [e [+-] digits], at least one digit before the e. */
static bool is_number(const char *text, bool *whole)
{
    text += *text == '+' || *text == '-';
    *whole = false;
    if (*text == '.' && is_word(text + 1, "inf"))
        return true;
    size_t before = digits(text);
    text += before;
    bool point = *text == '.';
    text += point;
    size_t after = point ? digits(text) : 0;
    text += after;
    if (before + after == 0)
        return false;
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '+' || *text == '-';
        size_t exponent = digits(text);
        return exponent && !text[exponent];
    }
    *whole = !point;
    return !*text;
}

levin_yaml_kind levin__yaml_kind_of(const char *text)
{
    bool whole;
    if (!*text || strcmp(text, "~") == 0 || is_word(text, "null"))
        return LEVIN_YAML_NULL;
    if (is_one_of(text, truths) || is_one_of(text, untruths))
        return LEVIN_YAML_BOOL;
    if (is_number(text, &whole))
        return whole ? LEVIN_YAML_INT : LEVIN_YAML_REAL;
    return strcmp(text, ".nan") == 0 || strcmp(text, ".NaN") == 0 || strcmp(text, ".NAN") == 0
               ? LEVIN_YAML_REAL
               : LEVIN_YAML_TEXT;
}

const char *levin__yaml_word(const levin_yaml *y)
{
    switch (y->kind) {
    case LEVIN_YAML_NULL:
        return "null";
    case LEVIN_YAML_BOOL:
        return is_one_of(y->text, truths) ? "true" : "false";
    default:
        return y->text;
    }
}

const levin_yaml *levin__yaml_get(const levin_yaml *map, const char *key)
{
    for (int i = 0; map && map->kind == LEVIN_YAML_MAP && i < map->n; i++)
        if (strcmp(map->items[i]->key, key) == 0)
            return map->items[i];
    return NULL;
}

levin_yaml *levin__yaml_new(levin_yaml_kind kind)
{
    levin_yaml *y = levin__calloc(1, sizeof *y);
    if (y)
        y->kind = kind;
    return y;
}

static levin_yaml *scalar(levin_yaml_kind kind, const char *text)
{
    levin_yaml *y = levin__yaml_new(kind);
    if (y)
        y->text = levin__strdup(text);
    if (y && y->text)
        return y;
    levin__yaml_free(y);
    return NULL;
}

levin_yaml *levin__yaml_text(const char *text) { return scalar(LEVIN_YAML_TEXT, text); }
levin_yaml *levin__yaml_plain(const char *text) { return scalar(levin__yaml_kind_of(text), text); }

void levin__yaml_free(levin_yaml *y)
{
    if (!y)
        return;
    for (int i = 0; i < y->n; i++)
        levin__yaml_free(y->items[i]);
    levin__free(y->items);
    levin__free(y->text);
    levin__free(y->key);
    levin__free(y);
}

static bool make_room(levin_yaml *y)
{
    if (y->n < y->capacity)
        return true;
    size_t size = sizeof *y->items, more = y->capacity ? 2 * (size_t)y->capacity : 4;
    levin_yaml **grown = levin__realloc(y->items, (size_t)y->capacity * size, more * size);
    if (!grown)
        return false;
    y->items = grown;
    y->capacity = (int)more;
    return true;
}

bool levin__yaml_add(levin_yaml *parent, const char *key, levin_yaml *child)
{
    if (child && key)
        child->key = levin__strdup(key);
    if (!parent || !child || (key && !child->key) || !make_room(parent)) {
        levin__yaml_free(child);
        return false;
    }
    parent->items[parent->n++] = child;
    return true;
}
