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

/** Lets the trainer's own writes to a pipe without a reader pass: only standard output decides. */
void cli_ignore_sigpipe(void);

#endif
