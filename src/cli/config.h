/* config.h: layers of options: the defaults, files and variables of the environment, files and
 * words of the command line, each laid over those before it, key by key. */
#ifndef LEVIN_CLI_CONFIG_H
#define LEVIN_CLI_CONFIG_H

#include "cli/command.h"

/* Where values go. */
typedef struct cli_target {
    const levin_command *command;
    cli_args *args;
    bool is_file; // which may hold what other commands know
} cli_target;

/** Sets the option, the group of options or the argument of a class that a dotted name without
 * dashes stands for; a "+" at its end appends to a list. value must be one of the documents of
 * args. False after an error; also, in silence, when value is NULL. */
bool cli_apply(const cli_target *t, const char *name, const levin_yaml *value);
/** What text says of the option of that name, which has its dashes: a scalar, or, of classes and
 *  groups of options, also YAML in brackets or braces, or the file that it names. where is the
 *  variable that it comes from, or NULL. Lent by args; NULL after an error. */
const levin_yaml *cli_value_of(const cli_target *t, const char *name, const char *where,
                               const char *text);
const levin_yaml *cli_value_of_text(cli_args *a, const char *where, const char *text);
const levin_yaml *cli_value_of_tree(cli_args *a, const char *name, const char *where,
                                    const char *text);
/** A value as one text: a scalar's word, a list or mapping in brackets. Lent by args. */
const char *cli_text_of(cli_args *a, const levin_yaml *value);
/** A file of options, or its text in braces: of this command, or of several under their names. */
bool cli_apply_file(const cli_target *t, const char *path);
/** PL_TRAINER_MAX_EPOCHS and so on, PL_GLOBAL_SEED, PL_CONFIG, PL_FIT__CONFIG, then
 * PL_FIT__TRAINER__MAX_EPOCHS and so on. */
bool cli_apply_environment(const cli_target *t);
/** Whether a command takes all this. */
bool cli_has_config(const levin_command *c);

/** Puts where a value stands before the error that there is, whose name of an option loses its
 *  dashes; nothing if that is the command line. Returns false. */
bool cli_blame(const levin_place *place);

/** A copy of text that lives as long as args. */
const char *cli_keep(cli_args *a, const char *text);

#endif
