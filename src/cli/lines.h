/* lines.h: standard input, or a file, in batches of lines. A batch waits for its first line and
 * takes the others only if they are there already, so that a person or a program that asks line by
 * line is answered line by line, and a file goes through in full batches. */
#ifndef LEVIN_CLI_LINES_H
#define LEVIN_CLI_LINES_H

#include <levin/base.h>

typedef struct cli_line {
    const char *text; // any bytes, without the newline
    size_t n;
    int64_t number;     // from 1
    const char *source; // what messages call the input; lent
} cli_line;

typedef struct cli_lines cli_lines;

/** Reads the file descriptor, which stays the caller's, as does its name for messages, in batches
 * of at most `most` lines; long ones make a batch of fewer. Yours. */
cli_lines *cli_lines_new(int fd, const char *source, int most);
void cli_lines_free(cli_lines *l);
/** The next batch in *out, lent until the next call: how many lines, 0 at the end, or an error
 * code.
 */
int cli_lines_next(cli_lines *l, const cli_line **out);
/** Whether there is nothing but white space in it. */
bool cli_line_is_blank(const cli_line *line);

#endif
