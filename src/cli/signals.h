/* signals.h: what Ctrl-C, kill and SLURM do to a run. */
#ifndef LEVIN_CLI_SIGNALS_H
#define LEVIN_CLI_SIGNALS_H

#include <levin/trainer.h>

/** From here on the first SIGINT, SIGTERM or SIGHUP ends t's call with LEVIN_EINTERRUPTED, so that
 *  nothing is left half-written; the second ends the process, but for SIGHUP. One that was ignored
 *  when the program began, as under nohup, stays so. In a job of SLURM SIGUSR1 has the job
 *  requeued. NULL takes that back. */
void cli_interrupts(levin_trainer *t);

/** The same for a command without a trainer, which has to ask now and then. */
void cli_catch_interrupts(bool on);
/** Whether such a signal came. */
bool cli_interrupted(void);
/** What a process ends with that a signal ended: 130, 143, 129, as shells say it, and 0 if the job
 * goes on in its next turn. */
int cli_interrupted_status(void);

#endif
