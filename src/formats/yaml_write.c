/* yaml_write.c: a tree as libyaml's emitter writes it in block style, which is how PyYAML, and so
 * Lightning's saved configuration, looks. */
#include "base/error.h"
#include "formats/yaml.h"

#include <string.h>
#include <yaml.h>

/* What readers of YAML 1.1 take for a number of theirs: 0x1f, 1_000, 12:30:00, or a date. */
static bool is_old_number(const char *text)
{
    return strspn(text, "0123456789+-.") &&
           text[strspn(text, "0123456789abcdefABCDEFxo_:.+-")] == '\0';
}

static bool needs_quotes(const levin_yaml *y)
{
    return y->kind == LEVIN_YAML_TEXT &&
           (levin__yaml_kind_of(y->text) != LEVIN_YAML_TEXT || is_old_number(y->text) ||
            strcmp(y->text, "=") == 0 || strcmp(y->text, "<<") == 0);
}

/* The emitter takes the event, and says 0 where it cannot go on. */
static bool emit(yaml_emitter_t *e, yaml_event_t *event, int made)
{
    return made && yaml_emitter_emit(e, event);
}

static bool emit_scalar(yaml_emitter_t *e, const char *text, bool quoted)
{
    yaml_event_t event;
    yaml_scalar_style_t style = quoted ? YAML_SINGLE_QUOTED_SCALAR_STYLE : YAML_ANY_SCALAR_STYLE;
    return emit(e, &event,
                yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
                                             (int)strlen(text), 1, 1, style));
}

static bool emit_node(yaml_emitter_t *e, const levin_yaml *y)
{
    yaml_event_t event;
    bool is_map = y->kind == LEVIN_YAML_MAP;
    if (!is_map && y->kind != LEVIN_YAML_LIST)
        return emit_scalar(e, y->kind == LEVIN_YAML_NULL ? "null" : y->text, needs_quotes(y));
    bool good = emit(e, &event,
                     is_map ? yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
                                                                  YAML_BLOCK_MAPPING_STYLE)
                            : yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
                                                                   YAML_BLOCK_SEQUENCE_STYLE));
    for (int i = 0; good && i < y->n; i++)
        good = (!is_map || emit_scalar(e, y->items[i]->key, false)) && emit_node(e, y->items[i]);
    return good && emit(e, &event,
                        is_map ? yaml_mapping_end_event_initialize(&event)
                               : yaml_sequence_end_event_initialize(&event));
}

static bool emit_all(yaml_emitter_t *e, const levin_yaml *y)
{
    yaml_event_t event;
    return emit(e, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)) &&
           emit(e, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1)) &&
           emit_node(e, y) && emit(e, &event, yaml_document_end_event_initialize(&event, 1)) &&
           emit(e, &event, yaml_stream_end_event_initialize(&event));
}

static int add_bytes(void *buffer, unsigned char *bytes, size_t n)
{
    return levin__buffer_add(buffer, bytes, n);
}

bool levin__yaml_print(levin_buffer *out, const levin_yaml *y)
{
    yaml_emitter_t e;
    if (!y || levin_error() || !yaml_emitter_initialize(&e))
        return false;
    yaml_emitter_set_output(&e, add_bytes, out);
    yaml_emitter_set_unicode(&e, 1);
    yaml_emitter_set_width(&e, -1);
    if (!emit_all(&e, y))
        levin__error_set(e.error == YAML_MEMORY_ERROR ? LEVIN_ENOMEM : LEVIN_EINVAL,
                         "cannot write YAML: %s",
                         e.error ? e.problem : "a text that is not UTF-8"); // found by the event
    yaml_emitter_delete(&e);
    return !levin_error();
}
