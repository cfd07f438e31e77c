/* signals.h: what Ctrl-C does to a run. */
#ifndef LEVIN_CLI_SIGNALS_H
#define LEVIN_CLI_SIGNALS_H

#include <levin/trainer.h>

/** From here on the first SIGINT or SIGTERM ends t's call with LEVIN_EINTERRUPTED, so that nothing
 *  is left half-written; the second ends the process. NULL takes that back. */
void cli_interrupts(levin_trainer *t);

/** The same for a command without a trainer, which has to ask now and then. */
void cli_catch_interrupts(bool on);
/** Whether such a signal came. */
bool cli_interrupted(void);

#endif
