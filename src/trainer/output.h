/* output.h: everything that the trainer shows passes through here: notes, tables, and the one line
 * of the progress bar, which is taken away before a note and drawn again after it. */
#ifndef LEVIN_TRAINER_OUTPUT_H
#define LEVIN_TRAINER_OUTPUT_H

#include <levin/base.h>
#include <stdio.h>

typedef struct levin_output {
    FILE *stream;     // NULL: nowhere
    bool is_terminal; // one whose line can be drawn over
    bool line_open;   // a progress line stands on the terminal
    int below;        // lines under it that are somebody else's
} levin_output;

/** Points it at a stream, or at nothing. */
void levin__output_set(levin_output *out, FILE *stream);
/** Columns of the terminal; 80 where it is none. */
int levin__output_width(const levin_output *out);
/** A line of its own. */
void levin__output_note(levin_output *out, const char *fmt, ...) LEVIN_FORMAT(2, 3);
/** Text that brings its own newlines. */
void levin__output_text(levin_output *out, const char *text);
/** Draws the progress line over the one before; only on a terminal. */
void levin__output_line(levin_output *out, const char *text);
/** Leaves the progress line where it stands and goes on below it. */
void levin__output_close_line(levin_output *out);

#endif
