/* flags.h: the one table of Trainer flags. The command line, YAML, hparams and docs/flags.md read
 * it; a new flag is a field of levin_trainer_flags and a row in flags.c. Arguments of classes are
 * rows of the same kind, over their own options: classes.h. */
#ifndef LEVIN_TRAINER_FLAGS_H
#define LEVIN_TRAINER_FLAGS_H

#include "base/buffer.h"

#include <levin/trainer.h>

typedef enum levin_flag_type {
    LEVIN_FLAG_TEXT,      // const char *
    LEVIN_FLAG_INT,       // int64_t; LEVIN_ZERO is 0, plain 0 the default
    LEVIN_FLAG_NUMBER,    // double
    LEVIN_FLAG_SWITCH,    // true or false
    LEVIN_FLAG_AMOUNT,    // "10" things, "0.25" of them, "00:01:00:00" of time, "100 steps"
    LEVIN_FLAG_NUMBERS,   // double[]: "[0.9, 0.999]"
    LEVIN_FLAG_COUNTS,    // int64_t[], closed by 0 unless it is full: "[30, 80]"
    LEVIN_FLAG_OPTIONAL,  // a number, or null
    LEVIN_FLAG_BY_EPOCH,  // int64_t and a text behind it: "4", or "{0: 1, 4: 2}"
    LEVIN_FLAG_CHOICE,    // an enumeration: one of the words
    LEVIN_FLAG_LOGGERS,   // a list, made by the program, or words
    LEVIN_FLAG_CALLBACKS, // a list, made by the program
    LEVIN_FLAG_PLUGINS,   // likewise
    LEVIN_FLAG_PROFILER,  // one, made by the program
} levin_flag_type;

typedef struct levin_flag {
    const char *name;
    size_t offset, size;
    levin_flag_type type;
    const char *missing; // the default as a user would write it
    const char *help;
    /* Of a choice: its words, apart by spaces, in the order of the enumeration. Of a switch: a
     * third word, whose value is 2. Of a number: the word for infinity. Of an integer: the word for
     * 1, whose opposite is 0. Of an amount: what it may be. Else NULL. */
    const char *words;
} levin_flag;

/* A row over a field of a struct of options. */
#define LEVIN_FIELD(struct_type, field) (((struct_type *)0)->field)
#define LEVIN_ARGUMENT_NAMED(struct_type, word, field, when_missing, text, list)                   \
    {                                                                                              \
        .name = word, .offset = offsetof(struct_type, field),                                      \
        .size = sizeof LEVIN_FIELD(struct_type, field),                                            \
        .type = LEVIN_FLAG_TYPE(LEVIN_FIELD(struct_type, field)), .missing = when_missing,         \
        .help = text, .words = list                                                                \
    }
#define LEVIN_ARGUMENT_WORDS(struct_type, field, missing, help, list)                              \
    LEVIN_ARGUMENT_NAMED(struct_type, #field, field, missing, help, list)
#define LEVIN_ARGUMENT(struct_type, field, missing, help)                                          \
    LEVIN_ARGUMENT_WORDS(struct_type, field, missing, help, NULL)
#define LEVIN_FLAG_TYPE(x)                                                                         \
    _Generic((x), const char *                                                                     \
             : LEVIN_FLAG_TEXT, int64_t                                                            \
             : LEVIN_FLAG_INT, double                                                              \
             : LEVIN_FLAG_NUMBER, double *                                                         \
             : LEVIN_FLAG_NUMBERS, int64_t *                                                       \
             : LEVIN_FLAG_COUNTS, levin_switch                                                     \
             : LEVIN_FLAG_SWITCH, levin_amount                                                     \
             : LEVIN_FLAG_AMOUNT, levin_optional                                                   \
             : LEVIN_FLAG_OPTIONAL, levin_logger *const *                                            \
             : LEVIN_FLAG_LOGGERS, levin_callback *const *                                         \
             : LEVIN_FLAG_CALLBACKS, const levin_plugins *                                         \
             : LEVIN_FLAG_PLUGINS, levin_profiler *                                                \
             : LEVIN_FLAG_PROFILER, default                                                       \
             : LEVIN_FLAG_CHOICE)

extern const levin_flag levin__flags[];
extern const size_t levin__num_flags;

/** The row of that name, or NULL after recording LEVIN_EINVAL with the nearest name. */
const levin_flag *levin__flag_find(const char *name);
/** Records LEVIN_EINVAL for a flag that Lightning once had, with what is to be used instead, or
 * that it has and levin cannot have; "<what> <shown> is gone". False, without an error, of others.
 */
bool levin__flag_refuse(const char *what, const char *shown, const char *name);

/* flag_text.c and, the way back, flag_print.c */
/** Sets a field of *fields, the struct that the row is about, from text: "3", "0.25", "true",
 *  "null" (the default). Texts are lent. 0 or an error that names the flag. logger takes
 *  words (loggers/words.h); callbacks, plugins and profiler cannot be set from text. */
int levin__flag_set(void *fields, const levin_flag *flag, const char *text);
/** Adds the value as a YAML scalar; the default where the field is zero. */
bool levin__flag_print(levin_buffer *out, const void *fields, const levin_flag *flag);
/** Adds a number or a text as a YAML scalar, quoted if need be. */
bool levin__flag_print_number(levin_buffer *out, double x);
bool levin__flag_print_text(levin_buffer *out, const char *text);

#endif
