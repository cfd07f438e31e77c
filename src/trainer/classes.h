/* classes.h: the classes that a configuration can name by class_path: callbacks, loggers,
 * profilers, optimizers, schedules. Each is a constant levin_class where the class itself is, and a
 * line in classes.def; its arguments are rows over its struct of options (flags.h). The command
 * line, YAML files and help read them from here. */
#ifndef LEVIN_TRAINER_CLASSES_H
#define LEVIN_TRAINER_CLASSES_H

#include "trainer/flags.h"

#include <levin/callbacks.h>

typedef enum levin_class_kind {
    LEVIN_CLASS_CALLBACK,
    LEVIN_CLASS_LOGGER,
    LEVIN_CLASS_PROFILER,
    LEVIN_CLASS_OPTIMIZER,
    LEVIN_CLASS_LR_SCHEDULER,
    LEVIN_CLASS_KINDS
} levin_class_kind;

/* The range of a number, or of each in a list. */
typedef struct levin_class_limit {
    const char *argument;
    double least;
    bool above;  // least itself is not allowed
    double most; // 0: there is none
    bool below;  // most itself is not allowed
} levin_class_limit;

#define LEVIN_FROM(name, number)                                                                   \
    {                                                                                              \
        .argument = name, .least = number                                                          \
    }
#define LEVIN_ABOVE(name, number)                                                                  \
    {                                                                                              \
        .argument = name, .least = number, .above = true                                           \
    }
#define LEVIN_FROM_TO(name, a, b)                                                                  \
    {                                                                                              \
        .argument = name, .least = a, .most = b                                                    \
    }
#define LEVIN_BETWEEN(name, a, b)                                                                  \
    {                                                                                              \
        .argument = name, .least = a, .above = true, .most = b, .below = true                      \
    }

/* Makes it from a struct of its options, whose texts are lent. Schedules are made by name. */
typedef union levin_class_maker {
    levin_callback *(*callback)(const void *options);
    levin_logger *(*logger)(const void *options);
    levin_profiler *(*profiler)(const void *options);
    levin_optimizer *(*optimizer)(levin_params *params, const void *options); // takes params
} levin_class_maker;

typedef struct levin_class {
    levin_class_kind kind;
    const char *name;         // short: "AdamW"
    const char *const *paths; // whole names, the first is the one that is written, and words that
                              // mean it; closed by NULL
    const char *help;         // one line
    const levin_flag *arguments; // closed by a NULL name; NULL: none
    size_t size;                 // of the options; 0: none
    const void *defaults;        // options to begin with; NULL: zeros, where 0 is the default
    levin_class_maker make;
    /* Each closed by NULL, or NULL. */
    const char *const *required;     // arguments that have no default
    const levin_class_limit *limits; // of numbers
    const char *const (*also)[2];    // another name of an argument, and its own
    const char *const (*fixed)[2];   // what the class has elsewhere and not here, and the one value
                                     // of it that can be meant
} levin_class;

/** Class i of all; NULL behind the last. */
const levin_class *levin__class_at(int i);
/** The class of that kind by its short name in any case, or by one of its whole names, be it below
 *  lightning.pytorch or pytorch_lightning. NULL after LEVIN_EINVAL, or LEVIN_EUNSUPPORTED where
 *  the class is known elsewhere. */
const levin_class *levin__class_find(levin_class_kind kind, const char *word);
/** Whether word names a class that Lightning or torch has and this build lacks. */
bool levin__class_is_elsewhere(levin_class_kind kind, const char *word);

/** The row of an argument by one of its names; NULL, without an error, if there is none. */
const levin_flag *levin__class_argument(const levin_class *c, const char *name);
/** Whether the argument may be given, be it as a fixed one. */
bool levin__class_accepts(const levin_class *c, const char *name);
/** LEVIN_EINVAL: c has no such argument; names the nearest. */
int levin__class_unknown_argument(const levin_class *c, const char *name);

/** Options of c with its defaults, to be freed with levin__free. */
void *levin__class_options(const levin_class *c);
/** Sets an argument from text, which is lent to options. 0 or an error that begins with its name.
 */
int levin__class_set(const levin_class *c, void *options, const char *name, const char *text);
/** Adds the value of an argument as YAML. */
bool levin__class_print(levin_buffer *out, const levin_class *c, const void *options,
                        const levin_flag *argument);

#define LEVIN_CLASS(name) extern const levin_class levin__class_##name;
#include "trainer/classes.def"
#undef LEVIN_CLASS

#endif
