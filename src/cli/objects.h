/* objects.h: options whose value is a class, or a list of them: --optimizer, --lr_scheduler,
 * --trainer.callbacks, --trainer.logger, --trainer.profiler. What a name and a value do to them, as
 * jsonargparse has it: a class that is named anew keeps the arguments that it knows. */
#ifndef LEVIN_CLI_OBJECTS_H
#define LEVIN_CLI_OBJECTS_H

#include "cli/command.h"

/** To the row's default: its class, or an empty list. */
void cli_objects_reset(cli_args *a, const cli_row *row);
/** Sets the row from a class's name, a mapping with class_path and init_args or with arguments
 *  alone, or a list of these, which replaces the list there is unless it is to be appended. False
 *  after an error. */
bool cli_objects_set(cli_args *a, const cli_row *row, const levin_yaml *value, bool append);
/** Sets an argument of the newest class: "lr", "init_args.lr", or "class_path". */
bool cli_objects_set_argument(cli_args *a, const cli_row *row, const char *name,
                              const levin_yaml *value);
/** Once everything was read: whether each class knows the arguments that it was given. */
bool cli_objects_check(const cli_args *a, const levin_command *c);
/** Whether each has the arguments that it cannot be without. */
bool cli_objects_complete(const cli_args *a, const levin_command *c);

/** Adds the class's short name, or a list of them in brackets. */
bool cli_objects_print(levin_buffer *out, const cli_objects *objects, const cli_row *row);
/** Options of the class, filled in, to be freed with levin__free. NULL after an error. */
void *cli_object_options(const cli_object *o);

/** The trainer of these flags and classes. extra, callbacks of the program itself, stand behind the
 *  others and are taken; NULL closes them. NULL after an error. */
levin_trainer *cli_make_trainer(const cli_args *a, levin_callback *const *extra);
/** The optimizer and the schedule of cli_args, for levin_classifier_opts. */
levin_optimizer *cli_make_optimizer(void *args, levin_params *params);

#endif
