/* rows.c: any bytes as a TSV, CSV and JSON file (the first byte says which). Cells must lie within
 * memory and hold no NUL, lines must go forward, and every refusal is one line that names the file.
 */
#include "fuzz.h"

#include "data/rows.h"

#include <stdlib.h>
#include <string.h>

static void check_row(const levin_rows *r, int n, int64_t *line)
{
    FUZZ_CHECK(levin__rows_line(r) >= *line);
    *line = levin__rows_line(r);
    for (int i = 0; i < n; i++) {
        levin_cell cell = levin__rows_cell(r, i);
        FUZZ_CHECK(cell.text || !cell.n);
        FUZZ_CHECK(!cell.n || !memchr(cell.text, '\0', cell.n)); // and asan sees to the bounds
    }
}

static void read_all(levin_rows *r)
{
    int n = 0, status;
    int64_t line = 0;
    while (levin__rows_columns(r)[n])
        n++;
    while ((status = levin__rows_next(r)) > 0)
        check_row(r, n, &line);
    FUZZ_CHECK(status == levin_error());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "x.tsv", "x.csv", "x.json" };
    if (size == 0)
        return 0;
    const char *name = names[data[0] % 3];
    char *bytes = malloc(size > 1 ? size - 1 : 1); // of the exact size, for asan
    if (!bytes)
        return 0;
    if (size > 1)
        memcpy(bytes, data + 1, size - 1);
    levin_rows *r = levin__rows_parse(bytes, size - 1, name,
                                      &(levin_rows_opts){ .skip_malformed = data[0] & 128 });
    if (r)
        read_all(r);
    if (levin_error()) {
        FUZZ_CHECK(levin_error() == LEVIN_EFORMAT && !strchr(levin_error_message(), '\n'));
        FUZZ_CHECK(strncmp(levin_error_message(), name, strlen(name)) == 0);
    }
    levin_error_clear();
    levin__rows_close(r);
    free(bytes);
    return 0;
}
