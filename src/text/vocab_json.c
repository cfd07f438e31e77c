/* vocab_json.c: see vocab_json.h. The grammar is RFC 8259's, for an object of strings and whole
 * numbers. */
#include "text/vocab_json.h"

#include "base/buffer.h"
#include "base/error.h"
#include "text/unicode.h"

static const size_t TOKEN_LIMIT = 1 << 20;

typedef struct {
    const char *text;
    size_t at, stop;
} cursor;

static char peek(const cursor *c) { return c->at < c->stop ? c->text[c->at] : '\0'; }

static bool blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

static void skip_blanks(cursor *c)
{
    while (c->at < c->stop && blank(c->text[c->at]))
        c->at++;
}

/* Steps over blanks and then, if it is there, over the character. */
static bool take(cursor *c, char wanted)
{
    skip_blanks(c);
    if (peek(c) != wanted)
        return false;
    c->at++;
    return true;
}

/* Steps over a string; its inside is text[*start, c->at - 1). */
static bool skip_string(cursor *c, size_t *start)
{
    if (!take(c, '"'))
        return false;
    *start = c->at;
    while (c->at < c->stop && c->text[c->at] != '"')
        c->at += c->text[c->at] == '\\' ? 2 : 1;
    return c->at++ < c->stop;
}

/* Steps over any value, by brackets and strings alone. */
static bool skip_value(cursor *c)
{
    size_t depth = 0, unused;
    for (skip_blanks(c); c->at < c->stop; skip_blanks(c)) {
        char first = c->text[c->at];
        bool closes = first == '}' || first == ']';
        if (first == '"' ? !skip_string(c, &unused) : closes && !depth)
            return false;
        if (first == '{' || first == '[')
            depth++;
        else if (closes)
            depth--;
        if (first != '"')
            c->at++;
        if (!depth)
            break;
    }
    while (c->at < c->stop && !blank(c->text[c->at]) && !strchr(",}]", c->text[c->at]))
        c->at++; // the rest of a number, true, false or null
    return !depth && c->at <= c->stop;
}

/* Moves c to the value of a member of the object at c, which ends at *stop; of several members with
 * that name, to the last. */
static bool find_member(cursor *c, const char *name, size_t *stop)
{
    size_t key, start = c->stop;
    if (!take(c, '{'))
        return false;
    do {
        if (!skip_string(c, &key))
            break;
        size_t n = c->at - 1 - key;
        if (!take(c, ':'))
            return false;
        skip_blanks(c);
        size_t value = c->at;
        if (!skip_value(c))
            return false;
        if (n == strlen(name) && memcmp(c->text + key, name, n) == 0) {
            start = value;
            *stop = c->at;
        }
    } while (take(c, ','));
    c->at = start;
    return start < c->stop;
}

bool levin__vocab_json_find(const char *text, size_t n, size_t *start, size_t *stop)
{
    cursor c = { .text = text, .stop = n };
    if (!find_member(&c, "model", stop))
        return false;
    c.stop = *stop;
    if (!find_member(&c, "vocab", stop))
        return false;
    *start = c.at;
    return peek(&c) == '{';
}

static int malformed(const cursor *c, const char *where, const char *what)
{
    return levin__error_set(LEVIN_EFORMAT, "%s: byte %zu: model.vocab: %s", where, c->at, what);
}

static bool read_hex(cursor *c, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++, c->at++) {
        char digit = peek(c);
        const char *digits = "0123456789abcdef", *found = strchr(digits, digit | 0x20);
        if (!digit || !found)
            return false;
        *out = *out << 4 | (uint32_t)(found - digits);
    }
    return true;
}

/* The character that stands behind a backslash; 0 if it is none that a token may have. */
static uint32_t read_escape(cursor *c)
{
    static const char LETTERS[] = "\"\\/bfnrt", MEANT[] = "\"\\/\b\f\n\r\t";
    char letter = peek(c);
    const char *found = letter ? strchr(LETTERS, letter) : NULL;
    uint32_t high, low;
    c->at++;
    if (found)
        return (unsigned char)MEANT[found - LETTERS];
    if (letter != 'u' || !read_hex(c, &high) || high >> 10 == 0x37)
        return 0;
    if (high >> 10 != 0x36)
        return high;
    if (c->stop - c->at < 2 || memcmp(c->text + c->at, "\\u", 2) != 0)
        return 0;
    c->at += 2;
    bool pair = read_hex(c, &low) && low >> 10 == 0x37;
    return pair ? 0x10000 + ((high & 0x3FF) << 10 | (low & 0x3FF)) : 0;
}

/* The token at c, from behind its opening quotation mark to behind the closing one. */
static int read_token(cursor *c, levin_buffer *token, const char *where)
{
    levin__buffer_clear(token);
    levin__buffer_reserve(token, 0);
    for (;;) {
        size_t from = c->at;
        while (c->at < c->stop && (unsigned char)c->text[c->at] >= ' ' && c->text[c->at] != '"' &&
               c->text[c->at] != '\\')
            c->at++;
        if (!levin__buffer_add(token, c->text + from, c->at - from))
            return levin_error();
        char end = peek(c);
        c->at++;
        if (end == '"')
            break;
        char bytes[4];
        uint32_t meant = end == '\\' ? read_escape(c) : 0;
        if (!meant)
            return malformed(c, where,
                             "a token with a character or an escape that may not be there");
        levin__buffer_add(token, bytes, levin__utf8_encode(bytes, meant));
    }
    bool valid = levin__utf8_check(token->data, token->size) == token->size;
    return valid ? LEVIN_OK : malformed(c, where, "a token that is not valid UTF-8");
}

/* A whole number, without sign, fraction or exponent. */
static int read_id(cursor *c, int64_t *id, const char *where)
{
    skip_blanks(c);
    size_t from = c->at;
    for (*id = 0; c->at < c->stop && c->text[c->at] >= '0' && c->text[c->at] <= '9'; c->at++)
        if (*id < INT32_MAX)
            *id = *id * 10 + (c->text[c->at] - '0');
    bool ends = c->at < c->stop && strchr(" \t\r\n,}", c->text[c->at]);
    if (c->at == from || !ends)
        return malformed(c, where, "an id that is not a whole number from 0 up");
    return LEVIN_OK;
}

static int read_members(levin_vocab *v, cursor *c, levin_buffer *token, const char *where)
{
    do {
        int64_t id;
        if (!take(c, '"'))
            return malformed(c, where, "a token in quotation marks is expected");
        int result = read_token(c, token, where);
        if (result == LEVIN_OK && !take(c, ':'))
            result = malformed(c, where, "a colon is expected");
        if (result == LEVIN_OK)
            result = read_id(c, &id, where);
        if (result == LEVIN_OK)
            result = levin__vocab_add(v, token->data, token->size, id, where);
        if (result != LEVIN_OK)
            return result;
    } while (take(c, ','));
    return take(c, '}') ? LEVIN_OK : malformed(c, where, "a comma or the end is expected");
}

int levin__vocab_json_read(levin_vocab *v, const char *text, size_t start, size_t stop,
                           const char *where)
{
    cursor c = { .text = text, .at = start, .stop = stop };
    levin_buffer token = LEVIN_BUFFER(TOKEN_LIMIT);
    take(&c, '{');
    if (take(&c, '}'))
        return levin__error_set(LEVIN_EFORMAT, "%s: model.vocab is empty", where);
    int result = read_members(v, &c, &token, where);
    levin__buffer_free(&token);
    return result;
}
