/* signals.c: see signals.h. */
#include "cli/signals.h"

#include <signal.h>

static levin_trainer *volatile running;
static volatile sig_atomic_t came;

static void interrupt(int signal_number)
{
    signal(signal_number, SIG_DFL);
    came = 1;
    if (running)
        levin_trainer_interrupt(running);
}

void cli_catch_interrupts(bool on)
{
    const struct sigaction action = { .sa_handler = on ? interrupt : SIG_DFL };
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool cli_interrupted(void) { return came; }

void cli_interrupts(levin_trainer *t)
{
    running = t;
    cli_catch_interrupts(t != NULL);
}
