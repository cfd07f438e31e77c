/* checkpoint_name.h: file names from templates such as "{epoch}-{val_loss:.2f}". */
#ifndef LEVIN_TRAINER_CALLBACKS_CHECKPOINT_NAME_H
#define LEVIN_TRAINER_CALLBACKS_CHECKPOINT_NAME_H

#include "base/buffer.h"

/* Gives the value of a name and whether it is a whole number; false if it is unknown. */
typedef bool levin_name_lookup(void *payload, const char *name, double *value, bool *whole);

/** Adds the template with every {name} and {name:format} filled in, "name=" before it if insert
 *  says so; an unknown name is 0, as in Lightning. Formats are Python's of numbers: [0][width]
 *  [.digits][d, f, e, g or %]. False after an error. */
bool levin__checkpoint_name(levin_buffer *out, const char *template, bool insert,
                            levin_name_lookup *lookup, void *payload);
/** Checks a template without values: 0 or LEVIN_EINVAL. */
int levin__checkpoint_name_check(const char *template);

#endif
