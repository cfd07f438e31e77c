/* output.h: standard output, which carries results and nothing else. */
#ifndef LEVIN_CLI_OUTPUT_H
#define LEVIN_CLI_OUTPUT_H

#include <levin/base.h>
#include <stdio.h>

/** Sends what was printed. False after an error; a reader that went away (head, a pager that was
 *  left) ends the process as SIGPIPE does, without a word. */
bool cli_flush(void);

/** Prints n bytes of UTF-8 that came out of a file: a question mark for each control character, so
 *  that a stranger's names stay on their line and say nothing to the terminal. */
void cli_print_text(FILE *out, const char *text, size_t n);

/** Lets a write to a pipe without a reader, or beyond ulimit -f, fail instead of ending the
 * process: the trainer's own writes to a terminal that is gone pass, files say what is wrong. */
void cli_ignore_signals_of_writes(void);

#endif
