/* flags.h: the one table of Trainer flags. The command line, YAML, hparams and docs/flags.md read
 * it; a new flag is a field of levin_trainer_flags and a row in flags.c. */
#ifndef LEVIN_TRAINER_FLAGS_H
#define LEVIN_TRAINER_FLAGS_H

#include "base/buffer.h"

#include <levin/trainer.h>

typedef enum levin_flag_type {
    LEVIN_FLAG_TEXT,      // const char *
    LEVIN_FLAG_INT,       // int64_t; LEVIN_ZERO is 0, plain 0 the default
    LEVIN_FLAG_NUMBER,    // double
    LEVIN_FLAG_SWITCH,    // true or false
    LEVIN_FLAG_AMOUNT,    // "10" things, "0.25" of them, "00:01:00:00" of time
    LEVIN_FLAG_LOGGERS,   // a list, made by the program, or words
    LEVIN_FLAG_CALLBACKS, // likewise
    LEVIN_FLAG_PROFILER,  // one, or a word
} levin_flag_type;

typedef struct levin_flag {
    const char *name;
    size_t offset, size;
    levin_flag_type type;
    const char *missing; // the default as a user would write it
    const char *help;
} levin_flag;

extern const levin_flag levin__flags[];
extern const size_t levin__num_flags;

/** The row of that name, or NULL after recording LEVIN_EINVAL with the nearest name. */
const levin_flag *levin__flag_find(const char *name);
/** Sets a flag from text: "3", "0.25", "true", "null" (the default). Texts are lent to f. 0 or an
 * error that names the flag. logger takes words (loggers/words.h); callbacks cannot be set from
 * text.
 */
int levin__flag_set(levin_trainer_flags *f, const levin_flag *flag, const char *text);
/** Adds the value as a YAML scalar; the default where the field is zero. */
bool levin__flag_print(levin_buffer *out, const levin_trainer_flags *f, const levin_flag *flag);
/** Adds a number or a text as a YAML scalar, quoted if need be. */
bool levin__flag_print_number(levin_buffer *out, double x);
bool levin__flag_print_text(levin_buffer *out, const char *text);

#endif
