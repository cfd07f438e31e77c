/* added_tokens.c: see added_tokens.h.
 *
 * Matching is leftmost-longest over bytes. Of patterns with the same bytes the last one counts;
 * special tokens come before the others in that order. Tokens are few, so a plain trie will do. */
#include "text/added_tokens.h"

#include "base/memory.h"
#include "text/unicode.h"

#include <string.h>

int32_t levin__added_find(const levin_added_tokens *a, const char *content, size_t n)
{
    return a->index ? (int32_t)levin__map_get(a->index, content, n, -1) : -1;
}

static bool reserve(levin_added_tokens *a)
{
    if (!a->index && !(a->index = levin__map_new(8)))
        return false;
    if (a->n < a->capacity)
        return true;
    int32_t capacity = a->capacity ? 2 * a->capacity : 8;
    levin_added *items =
        levin__realloc(a->items, (size_t)a->n * sizeof *items, (size_t)capacity * sizeof *items);
    if (!items)
        return false;
    a->items = items;
    a->capacity = capacity;
    return true;
}

int levin__added_put(levin_added_tokens *a, const levin_added_token *token, int32_t id)
{
    size_t n = strlen(token->content);
    int32_t at = levin__added_find(a, token->content, n);
    if (at < 0) {
        char *content = reserve(a) ? levin__strndup(token->content, n) : NULL;
        if (!content || levin__map_set(a->index, content, n, a->n) != LEVIN_OK) {
            levin__free(content);
            return LEVIN_ENOMEM;
        }
        at = a->n++;
        a->items[at] = (levin_added){ .token.content = content, .size = n };
    }
    const char *content = a->items[at].token.content;
    a->items[at].token = *token;
    a->items[at].token.content = content;
    a->items[at].id = id;
    if (id >= a->next_id)
        a->next_id = id + 1;
    return LEVIN_OK;
}

static int32_t new_node(levin_trie *trie, unsigned char byte)
{
    trie->nodes[trie->n_nodes] = (levin_trie_node){ .token = -1, .byte = byte };
    return trie->n_nodes++;
}

static void trie_add(levin_trie *trie, const char *pattern, size_t n, int32_t token)
{
    const unsigned char *p = (const unsigned char *)pattern;
    int32_t *link = &trie->first[p[0]];
    for (size_t i = 0; i < n; i++) {
        while (*link && trie->nodes[*link].byte != p[i])
            link = &trie->nodes[*link].sibling;
        if (!*link)
            *link = new_node(trie, p[i]);
        if (i + 1 == n)
            trie->nodes[*link].token = token;
        else
            link = &trie->nodes[*link].child;
    }
    if (trie->only == LEVIN_NO_PATTERN)
        trie->only = p[0];
    else if (trie->only != p[0])
        trie->only = LEVIN_MANY_BYTES;
}

/* Normalises a content; the caller's to free. */
static char *normalize_content(const levin_normalizer *z, const char *content, size_t n)
{
    size_t room = LEVIN_CHAR_GROWTH * n;
    levin_normalized text = { .bytes = levin__alloc(room + 1),
                              .origins = levin__alloc(room * sizeof(int32_t)) };
    bool ok = text.bytes && text.origins;
    if (ok) {
        levin__normalize(z, content, n, &text);
        text.bytes[text.n] = '\0';
    } else {
        levin__free(text.bytes);
    }
    levin__free(text.origins);
    return ok ? text.bytes : NULL;
}

static bool add_pattern(levin_trie *trie, levin_added_tokens *a, int32_t i,
                        const levin_normalizer *z)
{
    levin_added *item = &a->items[i];
    if (!z) {
        trie_add(trie, item->token.content, item->size, i);
        return true;
    }
    levin__free(item->normal);
    item->normal = normalize_content(z, item->token.content, item->size);
    if (item->normal && *item->normal) // a token that normalises to nothing is never found
        trie_add(trie, item->normal, strlen(item->normal), i);
    return item->normal != NULL;
}

static bool build(levin_trie *trie, levin_added_tokens *a, const levin_normalizer *z)
{
    size_t nodes = 1; // number 0 stands for none
    for (int32_t i = 0; i < a->n; i++)
        if (a->items[i].token.normalized == (z != NULL))
            nodes += (z ? LEVIN_CHAR_GROWTH : 1) * a->items[i].size;
    levin__free(trie->nodes);
    *trie = (levin_trie){ .nodes = levin__alloc(nodes * sizeof *trie->nodes),
                          .only = LEVIN_NO_PATTERN };
    if (!trie->nodes)
        return false;
    trie->n_nodes = 1;
    for (int special = 1; special >= 0; special--)
        for (int32_t i = 0; i < a->n; i++)
            if (a->items[i].token.normalized == (z != NULL) &&
                a->items[i].token.special == special && !add_pattern(trie, a, i, z))
                return false;
    return true;
}

int levin__added_finish(levin_added_tokens *a, const levin_normalizer *z)
{
    return build(&a->raw, a, NULL) && build(&a->normalized, a, z) ? LEVIN_OK : LEVIN_ENOMEM;
}

void levin__added_free(levin_added_tokens *a)
{
    for (int32_t i = 0; i < a->n; i++) {
        levin__free((char *)a->items[i].token.content);
        levin__free(a->items[i].normal);
    }
    levin__free(a->items);
    levin__map_free(a->index);
    levin__free(a->raw.nodes);
    levin__free(a->normalized.nodes);
}

/* The first place from at on where a pattern may begin, or n. */
static size_t candidate(const levin_trie *trie, const char *text, size_t n, size_t at)
{
    if (trie->only == LEVIN_NO_PATTERN)
        return n;
    if (trie->only >= 0) {
        const char *found = at < n ? memchr(text + at, trie->only, n - at) : NULL;
        return found ? (size_t)(found - text) : n;
    }
    while (at < n && !trie->first[(unsigned char)text[at]])
        at++;
    return at;
}

/* The longest pattern that begins at w->start; sets stop and token. */
static bool match_here(const levin_trie *trie, levin_added_walk *w)
{
    const unsigned char *text = (const unsigned char *)w->text;
    bool found = false;
    size_t at = w->start;
    int32_t node = trie->first[text[at]];
    while (node) {
        if (trie->nodes[node].token >= 0) {
            w->token = trie->nodes[node].token;
            w->stop = at + 1;
            found = true;
        }
        if (++at == w->n)
            break;
        node = trie->nodes[node].child;
        while (node && trie->nodes[node].byte != text[at])
            node = trie->nodes[node].sibling;
    }
    return found;
}

static bool has(uint32_t c, unsigned flag) { return levin__char(c)->flags & flag; }

static bool stands_alone(const levin_added_walk *w)
{
    uint32_t next;
    if (w->start > 0 && has(levin__utf8_before(w->text, w->start), LEVIN_CHAR_WORD))
        return false;
    if (w->stop == w->n)
        return true;
    levin__utf8_decode(w->text + w->stop, w->n - w->stop, &next);
    return !has(next, LEVIN_CHAR_WORD);
}

static void swallow_left(levin_added_walk *w)
{
    while (w->start > 0) {
        uint32_t c = levin__utf8_before(w->text, w->start);
        char bytes[4];
        if (!has(c, LEVIN_CHAR_SPACE))
            break;
        w->start -= levin__utf8_encode(bytes, c);
    }
    if (w->start < w->done)
        w->start = w->done;
}

static void swallow_right(levin_added_walk *w)
{
    while (w->stop < w->n) {
        uint32_t c;
        unsigned took = levin__utf8_decode(w->text + w->stop, w->n - w->stop, &c);
        if (!has(c, LEVIN_CHAR_SPACE))
            break;
        w->stop += took;
    }
}

bool levin__added_next(const levin_added_tokens *a, const levin_trie *trie, levin_added_walk *w)
{
    for (;;) {
        w->start = candidate(trie, w->text, w->n, w->search);
        if (w->start >= w->n)
            return false;
        if (!match_here(trie, w)) {
            w->search = w->start + 1;
            continue;
        }
        w->search = w->stop;
        const levin_added_token *token = &a->items[w->token].token;
        if (token->single_word && !stands_alone(w))
            continue;
        if (token->lstrip)
            swallow_left(w);
        if (token->rstrip)
            swallow_right(w);
        if (w->start < w->stop)
            return true;
    }
}
