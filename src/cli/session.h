/* session.h: what fit, validate, test and demo have in common: a trainer, a model, its data. */
#ifndef LEVIN_CLI_SESSION_H
#define LEVIN_CLI_SESSION_H

#include "cli/command.h"
#include "cli/data.h"
#include "cli/meter.h"

#include <jansson.h>
#include <levin/bert.h>

typedef struct cli_session {
    const levin_command *command;
    const cli_args *args;
    cli_meter *meter; // the trainer's
    levin_trainer *trainer;
    levin_tokenizer *tokenizer;
    levin_module *model;
    cli_data data;
    double began;
} cli_session;

/** Makes the trainer and looks at the options for split. CLI_DONE, or CLI_USAGE after an error. End
 * s either way. */
int cli_session_begin(cli_session *s, const levin_command *c, const cli_args *a, cli_split split);
/** Opens tokenizer, data and model, in the sequence in which a mistake is cheapest to find. With
 *  keep, the labels of the model hold. A loader over split, yours; NULL after an error. */
levin_dataloader *cli_session_open(cli_session *s, cli_split split, bool keep);
void cli_session_end(cli_session *s);
/** Whether the run leaves no files. */
bool cli_is_fast_dev_run(const cli_args *a);

/** cli_session_begin for a fit, and what its flags and callbacks forbid. */
int cli_fit_begin(cli_session *s, const levin_command *c, const cli_args *a);
/** fit, then the model's folder, validation if the last one is out of date, and test if there is a
 *  labelled test set. Fills results, also where a signal came after training. 0 or an error code.
 */
int cli_fit(cli_session *s, json_t *results);

#endif
