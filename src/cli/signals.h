/* signals.h: what Ctrl-C does to a run. */
#ifndef LEVIN_CLI_SIGNALS_H
#define LEVIN_CLI_SIGNALS_H

#include <levin/trainer.h>

/** From here on the first SIGINT or SIGTERM ends t's call with LEVIN_EINTERRUPTED, so that nothing
 *  is left half-written; the second ends the process. NULL takes that back. */
void cli_interrupts(levin_trainer *t);

#endif
