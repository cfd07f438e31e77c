/* test_snli_golden.c: SNLI as somebody else's BERT tokenizer saw it. Every row of dev and test must
 * come out the same; the files lie outside the repository and the test is skipped without them. */
#include "base/buffer.h"
#include "base/file.h"
#include "base/json.h"
#include "support/report.h"

#include <levin/tokenizer.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

enum { DEV_ROWS = 9842, TEST_ROWS = 9824 };

static char *read_data(const char *folder, const char *name)
{
    const char *where = report_data(folder);
    char *path = where ? levin__path_join(where, name) : NULL;
    char *text =
        path && levin__is_file(path) ? levin__file_read(path, (size_t)1 << 30, NULL) : NULL;
    levin_free(path);
    return text;
}

static levin_tokenizer *read_tokenizer(void)
{
    const char *where = report_data("vocab");
    char *path = where ? levin__path_join(where, "bert-base-uncased-vocab.txt") : NULL;
    levin_tokenizer *t =
        path && levin__is_file(path) ? levin_tokenizer_from_vocab(path, NULL) : NULL;
    levin_free(path);
    return t;
}

/* The next field of a CSV row (RFC 4180, in place); moves *at behind it. */
static char *next_field(char **at)
{
    char *start = *at, *to = start, *from = start;
    bool quoted = *from == '"';
    for (from += quoted; *from && (quoted || (*from != ',' && *from != '\n')); from++) {
        if (quoted && *from == '"') {
            if (from[1] != '"') {
                quoted = false;
                continue;
            }
            from++;
        }
        if (*from != '\r' || from[1] != '\n')
            *to++ = *from;
    }
    *at = from + (*from != '\0');
    *to = '\0';
    return start;
}

/* The tokens of a pair, and their types, each joined by blanks. */
static void tokens_of(const levin_tokenizer *t, const char *a, const char *b, levin_buffer *tokens,
                      levin_buffer *types)
{
    levin_encoding e;
    levin__buffer_clear(tokens);
    levin__buffer_clear(types);
    assert_int_equal(levin_tokenizer_encode(t, a, strlen(a), b, strlen(b), NULL, &e), LEVIN_OK);
    for (int64_t i = 0; i < e.n; i++) {
        levin__buffer_addf(tokens, "%s%s", i ? " " : "", levin_tokenizer_id_to_token(t, e.ids[i]));
        levin__buffer_addf(types, "%s%d", i ? " " : "", e.type_ids[i]);
    }
    levin_encoding_free(&e);
}

/* How many rows there are; each must be equal. */
static int compare(const levin_tokenizer *t, char *csv, char *jsonl)
{
    levin_buffer tokens = LEVIN_BUFFER(1 << 20), types = LEVIN_BUFFER(1 << 20);
    char *at = strchr(csv, '\n') + 1, *end;
    int rows = 0;
    for (char *line = jsonl; (end = strchr(line, '\n')); line = end + 1, rows++) {
        json_t *row = levin__json_parse(line, (size_t)(end - line), "snli");
        assert_non_null(row);
        tokens_of(t, levin__json_string(row, "premise", NULL, "snli"),
                  levin__json_string(row, "hypothesis", NULL, "snli"), &tokens, &types);
        json_decref(row);
        assert_true(*at);
        next_field(&at); // the label
        assert_string_equal(tokens.data, next_field(&at));
        next_field(&at); // the attention mask
        assert_string_equal(types.data, next_field(&at));
    }
    assert_int_equal(*at, '\0');
    levin__buffer_free(&tokens);
    levin__buffer_free(&types);
    return rows;
}

static void check_split(const char *split, int rows)
{
    char csv_name[128], jsonl_name[128];
    snprintf(csv_name, sizeof csv_name, "snli_%s_bert_base_uncased_tokens.csv", split);
    snprintf(jsonl_name, sizeof jsonl_name, "snli_%s.jsonl", split);
    char *csv = read_data("wordpiece_golden", csv_name), *jsonl = read_data("snli", jsonl_name);
    levin_tokenizer *t = read_tokenizer();
    bool there = csv && jsonl && t;
    int found = there ? compare(t, csv, jsonl) : 0;
    levin_free(csv);
    levin_free(jsonl);
    levin_tokenizer_free(t);
    if (!there) {
        print_message("skipped: the data of SNLI is not there\n");
        skip();
    }
    assert_int_equal(found, rows);
}

static void every_row_of_snli_dev_is_equal(void **state)
{
    (void)state;
    check_split("dev", DEV_ROWS);
}

static void every_row_of_snli_test_is_equal(void **state)
{
    (void)state;
    check_split("test", TEST_ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_snli_dev_is_equal),
        cmocka_unit_test(every_row_of_snli_test_is_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
