/* signals.c: see signals.h. */
#include "cli/signals.h"

#include "cli/command.h"
#include "trainer/interruption.h"

#include <signal.h>
#include <stdatomic.h>

/* A handler runs on whichever thread the signal meets. */
static _Atomic(levin_trainer *) running;
static atomic_int came;

/* A second SIGHUP is none of the user's: shell and kernel both send one when a terminal goes. */
static void interrupt(int signal_number)
{
    signal(signal_number, signal_number == SIGHUP ? SIG_IGN : SIG_DFL);
    came = signal_number;
    if (running)
        levin_trainer_interrupt(running);
}

/* If the run ends, a signal that asked for its end before is why. */
static void requeue(int signal_number)
{
    int none = 0;
    atomic_compare_exchange_strong(&came, &none, signal_number);
    if (running)
        levin_trainer_requeue(running);
}

/* nohup has SIGHUP ignored, and so it stays. */
static bool ignores_hangup(void)
{
    struct sigaction now;
    return sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

void cli_catch_interrupts(bool on)
{
    const struct sigaction action = { .sa_handler = on ? interrupt : SIG_DFL };
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (!ignores_hangup())
        sigaction(SIGHUP, &action, NULL);
}

bool cli_interrupted(void) { return came != 0 && came != SIGUSR1; }

int cli_interrupted_status(void)
{
    enum { BY_SIGNAL = 128 };
    return came == SIGUSR1 ? CLI_DONE : BY_SIGNAL + came;
}

void cli_interrupts(levin_trainer *t)
{
    running = t;
    cli_catch_interrupts(t != NULL);
    if (levin__slurm_is_job())
        sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = t ? requeue : SIG_DFL }, NULL);
}
