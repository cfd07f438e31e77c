/* cmd_help.c: levin help [COMMAND]. */
#include "cli/help.h"

static int run(const levin_command *c, const cli_args *a)
{
    (void)c;
    if (!a->words[0]) {
        cli_help_program(stdout);
        return CLI_DONE;
    }
    const levin_command *about = cli_command_find(a->words[0]);
    if (!about)
        return CLI_USAGE;
    cli_help_command(stdout, about);
    return CLI_DONE;
}

const levin_command cli_cmd_help = {
    .name = "help",
    .help = "this list, or the options of a command",
    .usage = "[COMMAND]",
    .about = "Lists the commands, or the options of one.",
    .n_words = 1,
    .run = run,
};
