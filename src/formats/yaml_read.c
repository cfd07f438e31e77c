/* yaml_read.c: from libyaml's events to the tree. What hostile bytes could do is bounded by the
 * number of nodes, which copies for aliases count against, and by the depth. */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "formats/yaml.h"

#include <string.h>
#include <yaml.h>

enum { MAX_ANCHORS = 100 };

typedef struct {
    yaml_parser_t parser;
    yaml_event_t event; // the one that is looked at
    const char *where, *text;
    int nodes;
    struct {
        char *name;
        const levin_yaml *node; // NULL while it is being read
    } anchors[MAX_ANCHORS];
    int n_anchors;
} reader;

static levin_place place(const reader *r, yaml_mark_t mark)
{
    return (levin_place){ r->where, (int)mark.line + 1, (int)mark.column + 1 };
}

#define REFUSE(at, ...) refuse(at, levin__format(__VA_ARGS__))
static levin_yaml *refuse(levin_place at, char *what)
{
    levin__error_set(LEVIN_EFORMAT, "%s:%d:%d: %s", at.where, at.line, at.column, what);
    levin__free(what);
    return NULL;
}

/* libyaml reads ahead, so that of bytes that are no UTF-8 it knows the offset alone. */
static levin_place place_of_byte(const reader *r, size_t offset)
{
    levin_place at = { r->where, 1, 1 };
    for (size_t i = 0; i < offset; i++) {
        at.line += r->text[i] == '\n';
        at.column = r->text[i] == '\n' ? 1 : at.column + 1;
    }
    return at;
}

static void complain(const reader *r)
{
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR)
        levin__error_set(LEVIN_ENOMEM, "%s: out of memory", r->where);
    else if (p->error == YAML_READER_ERROR)
        REFUSE(place_of_byte(r, p->problem_offset), "%s", p->problem);
    else
        REFUSE(place(r, p->problem_mark), "%s%s%s", p->problem, p->context ? " " : "",
               p->context ? p->context : "");
}

/* Moves to the next event. */
static bool next(reader *r)
{
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event))
        return true;
    complain(r);
    return false;
}

static levin_yaml *new_node(reader *r, levin_yaml_kind kind, levin_place at)
{
    if (++r->nodes > LEVIN_YAML_NODES)
        return REFUSE(at, "more than %d values", LEVIN_YAML_NODES);
    levin_yaml *y = levin__yaml_new(kind);
    if (y)
        y->place = at;
    return y;
}

static levin_yaml *read_node(reader *r, int depth);

static bool holds_others(levin_yaml_kind kind)
{
    return kind == LEVIN_YAML_LIST || kind == LEVIN_YAML_MAP;
}

/* A copy that stands at this depth. */
static levin_yaml *copy_node(reader *r, const levin_yaml *from, levin_place at, int depth)
{
    if (depth >= LEVIN_YAML_DEPTH && holds_others(from->kind))
        return REFUSE(at, "more than %d levels", LEVIN_YAML_DEPTH);
    levin_yaml *y = new_node(r, from->kind, at);
    if (!y)
        return NULL;
    y->text = levin__strdup(from->text);
    bool good = y->text || !from->text;
    for (int i = 0; good && i < from->n; i++) {
        levin_yaml *item = copy_node(r, from->items[i], from->items[i]->place, depth + 1);
        if (item)
            item->key_place = from->items[i]->key_place;
        good = levin__yaml_add(y, from->items[i]->key, item);
    }
    if (good)
        return y;
    levin__yaml_free(y);
    return NULL;
}

static levin_yaml *read_alias(reader *r, int depth)
{
    const char *name = (const char *)r->event.data.alias.anchor;
    levin_place at = place(r, r->event.start_mark);
    for (int i = r->n_anchors - 1; i >= 0; i--) {
        if (strcmp(r->anchors[i].name, name) != 0)
            continue;
        if (!r->anchors[i].node)
            return REFUSE(at, "*%s stands in what it names", name);
        return copy_node(r, r->anchors[i].node, at, depth);
    }
    return REFUSE(at, "*%s: no anchor &%s before it", name, name);
}

static levin_yaml *read_scalar(reader *r)
{
    levin_place at = place(r, r->event.start_mark);
    const char *text = (const char *)r->event.data.scalar.value;
    size_t n = r->event.data.scalar.length;
    if (memchr(text, '\0', n))
        return REFUSE(at, "a text with a NUL character");
    bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    levin_yaml *y = new_node(r, plain ? levin__yaml_kind_of(text) : LEVIN_YAML_TEXT, at);
    if (y)
        y->text = levin__strndup(text, n);
    if (y && y->text)
        return y;
    levin__yaml_free(y);
    return NULL;
}

/* The key that the current event is, into *out, which is the caller's. */
static bool read_key(reader *r, const levin_yaml *map, char **out, levin_place *at)
{
    *at = place(r, r->event.start_mark);
    if (r->event.type != YAML_SCALAR_EVENT)
        return REFUSE(*at, "a key that is not a plain word");
    const char *text = (const char *)r->event.data.scalar.value;
    const levin_yaml *twin = levin__yaml_get(map, text);
    if (r->event.data.scalar.tag || r->event.data.scalar.anchor)
        REFUSE(*at, "a key with a tag or an anchor");
    else if (memchr(text, '\0', r->event.data.scalar.length))
        REFUSE(*at, "a key with a NUL character");
    else if (strcmp(text, "<<") == 0)
        REFUSE(*at, "merge keys (<<) are not read; write out what they stand for");
    else if (twin)
        REFUSE(*at, "'%s' is given twice, first in line %d", text, twin->key_place.line);
    else
        *out = levin__strdup(text);
    return !levin_error();
}

static bool read_member(reader *r, levin_yaml *parent, int depth)
{
    char *key = NULL;
    levin_place at = { 0 };
    if (parent->kind == LEVIN_YAML_MAP && (!read_key(r, parent, &key, &at) || !next(r))) {
        levin__free(key);
        return false;
    }
    levin_yaml *item = read_node(r, depth + 1);
    if (item)
        item->key_place = at;
    bool good = levin__yaml_add(parent, key, item);
    levin__free(key);
    return good && next(r);
}

static levin_yaml *read_members(reader *r, levin_yaml_kind kind, int depth)
{
    yaml_event_type_t end =
        kind == LEVIN_YAML_MAP ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    levin_place at = place(r, r->event.start_mark);
    if (depth >= LEVIN_YAML_DEPTH)
        return REFUSE(at, "more than %d levels", LEVIN_YAML_DEPTH);
    levin_yaml *y = new_node(r, kind, at);
    bool good = y && next(r);
    while (good && r->event.type != end)
        good = read_member(r, y, depth);
    if (good)
        return y;
    levin__yaml_free(y);
    return NULL;
}

static const char *tag_of(const yaml_event_t *e)
{
    return (const char *)(e->type == YAML_SCALAR_EVENT           ? e->data.scalar.tag
                          : e->type == YAML_SEQUENCE_START_EVENT ? e->data.sequence_start.tag
                          : e->type == YAML_MAPPING_START_EVENT  ? e->data.mapping_start.tag
                                                                 : NULL);
}

static const char *anchor_of(const yaml_event_t *e)
{
    return (const char *)(e->type == YAML_SCALAR_EVENT           ? e->data.scalar.anchor
                          : e->type == YAML_SEQUENCE_START_EVENT ? e->data.sequence_start.anchor
                          : e->type == YAML_MAPPING_START_EVENT  ? e->data.mapping_start.anchor
                                                                 : NULL);
}

/* Notes the anchor of the node that begins; its number in *out, or -1 where there is none. */
static bool note_anchor(reader *r, int *out)
{
    const char *name = anchor_of(&r->event);
    *out = -1;
    if (!name)
        return true;
    if (r->n_anchors == MAX_ANCHORS)
        return REFUSE(place(r, r->event.start_mark), "more than %d anchors", MAX_ANCHORS);
    *out = r->n_anchors;
    r->anchors[*out].node = NULL;
    r->anchors[*out].name = levin__strdup(name);
    if (!r->anchors[*out].name)
        return false;
    r->n_anchors++;
    return true;
}

/* The node that begins with the current event, which is its last one afterwards. */
static levin_yaml *read_node(reader *r, int depth)
{
    const char *tag = tag_of(&r->event);
    int anchor;
    if (tag)
        return REFUSE(place(r, r->event.start_mark), "tags such as %s are not read", tag);
    if (!note_anchor(r, &anchor))
        return NULL;
    levin_yaml *y = r->event.type == YAML_ALIAS_EVENT    ? read_alias(r, depth)
                    : r->event.type == YAML_SCALAR_EVENT ? read_scalar(r)
                    : r->event.type == YAML_MAPPING_START_EVENT
                        ? read_members(r, LEVIN_YAML_MAP, depth)
                        : read_members(r, LEVIN_YAML_LIST, depth);
    if (anchor >= 0)
        r->anchors[anchor].node = y;
    return y;
}

/* What a document says in which there is nothing. */
static levin_yaml *nothing(const reader *r)
{
    levin_yaml *y = levin__yaml_plain("");
    if (y)
        y->place = (levin_place){ r->where, 1, 1 };
    return y;
}

static levin_yaml *read_document(reader *r)
{
    if (!next(r) || !next(r))
        return NULL;
    if (r->event.type != YAML_DOCUMENT_START_EVENT)
        return nothing(r);
    levin_yaml *y = next(r) ? read_node(r, 0) : NULL;
    if (!y || !next(r) || !next(r)) { // the document's end, and what follows it
        levin__yaml_free(y);
        return NULL;
    }
    if (r->event.type == YAML_STREAM_END_EVENT)
        return y;
    levin__yaml_free(y);
    return REFUSE(place(r, r->event.start_mark), "a second document; one is read");
}

levin_yaml *levin__yaml_parse(const char *text, size_t n, const char *where)
{
    reader r = { .where = where, .text = text };
    if (levin_error())
        return NULL;
    if (n > LEVIN_YAML_BYTES)
        levin__error_set(LEVIN_EFORMAT, "%s: %zu bytes; up to %d are read", where, n,
                         LEVIN_YAML_BYTES);
    else if (!yaml_parser_initialize(&r.parser))
        levin__error_set(LEVIN_ENOMEM, "%s: out of memory", where);
    if (levin_error())
        return NULL;
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, n);
    levin_yaml *y = read_document(&r);
    for (int i = 0; i < r.n_anchors; i++)
        levin__free(r.anchors[i].name);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return y;
}

levin_yaml *levin__yaml_load(const char *path)
{
    size_t n;
    char *text = levin__stream_read(path, LEVIN_YAML_BYTES, &n);
    levin_yaml *y = text ? levin__yaml_parse(text, n, path) : NULL;
    levin__free(text);
    return y;
}
