/* yaml.c: any bytes as a configuration. A refusal is one line that names the file; what is read is
 * within the limits, and written and read again it is the same. */
#include "fuzz.h"

#include "base/error.h"
#include "formats/yaml.h"

#include <string.h>

static int count(const levin_yaml *y, int depth)
{
    int n = 1;
    FUZZ_CHECK(depth <= LEVIN_YAML_DEPTH && y->place.line > 0 && y->place.column > 0);
    FUZZ_CHECK((y->text != NULL) == (y->kind < LEVIN_YAML_LIST));
    for (int i = 0; i < y->n; i++) {
        FUZZ_CHECK((y->items[i]->key != NULL) == (y->kind == LEVIN_YAML_MAP));
        n += count(y->items[i], depth + 1);
    }
    return n;
}

static void check_same(const levin_yaml *a, const levin_yaml *b)
{
    FUZZ_CHECK(a->kind == b->kind && a->n == b->n);
    FUZZ_CHECK(!a->text || a->kind == LEVIN_YAML_NULL || strcmp(a->text, b->text) == 0);
    for (int i = 0; i < a->n; i++) {
        FUZZ_CHECK(!a->items[i]->key || strcmp(a->items[i]->key, b->items[i]->key) == 0);
        check_same(a->items[i], b->items[i]);
    }
}

static void check_round_trip(const levin_yaml *y)
{
    levin_buffer out = LEVIN_BUFFER(LEVIN_YAML_BYTES);
    if (levin__yaml_print(&out, y)) {
        levin_yaml *again = levin__yaml_parse(out.data, out.size, "again");
        FUZZ_CHECK(again);
        check_same(y, again);
        levin__yaml_free(again);
    } else {
        FUZZ_CHECK(out.failed); // indented it may be too large, and nothing else
    }
    levin__buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    levin_yaml *y = levin__yaml_parse((const char *)data, size, "x.yaml");
    FUZZ_CHECK(!y == (levin_error() == LEVIN_EFORMAT));
    if (y) {
        FUZZ_CHECK(count(y, 0) <= LEVIN_YAML_NODES);
        check_round_trip(y);
    } else {
        FUZZ_CHECK(strncmp(levin_error_message(), "x.yaml:", 7) == 0);
    }
    levin_error_clear();
    levin__yaml_free(y);
    return 0;
}
