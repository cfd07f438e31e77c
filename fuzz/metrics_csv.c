/* metrics_csv.c: any bytes as the metrics.csv of a version that was asked for by name. The logger
 * goes on below its rows, or leaves the file as it was and says why in one line. */
#include "fuzz.h"

#include "base/file.h"
#include "base/memory.h"

#include <levin/sys/logger.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/levin-fuzz-XXXXXX";

static void remove_files(void) { levin__remove_folder(folder); }

static bool make_folder(void)
{
    static bool made;
    if (!made)
        made = mkdtemp(folder) && atexit(remove_files) == 0;
    return made;
}

/* As many commas as the header has, outside of quotes. */
static int64_t count_commas(const char *line, const char *end)
{
    bool quoted = false;
    int64_t n = 0;
    for (; line < end; line++) {
        quoted ^= *line == '"';
        n += !quoted && *line == ',';
    }
    return n;
}

static void check_table(const char *text, size_t size)
{
    const char *end = memchr(text, '\n', size);
    FUZZ_CHECK(end && text[size - 1] == '\n');
    int64_t commas = count_commas(text, end);
    for (const char *line = end + 1; line < text + size; line = end + 1) {
        end = memchr(line, '\n', (size_t)(text + size - line));
        int64_t n = 0;
        for (const char *at = line; at < end; at++)
            n += *at == ',';
        FUZZ_CHECK(n == commas);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!make_folder())
        return 0;
    char *path = levin__path_join(folder, "metrics.csv");
    levin__file_write(path, data, size);
    levin_logger *l = levin_csv_logger(
        &(levin_csv_logger_opts){ .save_dir = folder, .name = "", .version = "." });
    levin_logger_log_number(l, "loss", 0.5, 3);
    int code = levin_error();
    FUZZ_CHECK(!strchr(levin_error_message(), '\n'));
    levin_error_clear();
    levin_logger_free(l);
    size_t n = 0;
    char *text = levin__file_read(path, (size_t)1 << 26, &n);
    if (code) {
        FUZZ_CHECK((code == LEVIN_EFORMAT || code == LEVIN_EINVAL) && n == size);
        FUZZ_CHECK(memcmp(text, data, n) == 0);
    } else {
        check_table(text, n);
    }
    levin__free(text);
    levin__free(path);
    return 0;
}
