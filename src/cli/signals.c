/* signals.c: see signals.h. */
#include "cli/signals.h"

#include <signal.h>

static levin_trainer *volatile running;

static void interrupt(int signal_number)
{
    signal(signal_number, SIG_DFL);
    if (running)
        levin_trainer_interrupt(running);
}

void cli_interrupts(levin_trainer *t)
{
    running = t;
    const struct sigaction action = { .sa_handler = t ? interrupt : SIG_DFL };
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}
