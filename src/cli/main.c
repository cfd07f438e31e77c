/* main.c: finds the command, lets it run, prints the one error that stands, says how it went. */
#include "base/error.h"
#include "base/suggest.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/parse.h"
#include "cli/signals.h"
#include "tensor/backends.h"

#include <stdio.h>
#include <string.h>

const levin_command *const cli_commands[] = {
    &cli_cmd_fit,   &cli_cmd_validate, &cli_cmd_test, &cli_cmd_predict,
    &cli_cmd_embed, &cli_cmd_tokenize, &cli_cmd_info, &cli_cmd_bench,
    &cli_cmd_demo,  &cli_cmd_help,     NULL,
};

const levin_command *cli_command_find(const char *name)
{
    const char *names[sizeof cli_commands / sizeof *cli_commands] = { NULL };
    for (int i = 0; cli_commands[i]; i++) {
        if (strcmp(cli_commands[i]->name, name) == 0)
            return cli_commands[i];
        names[i] = cli_commands[i]->name;
    }
    levin__unknown_word("command", name, names);
    return NULL;
}

/* The end of every run: what was printed goes out, and if that or anything before failed, one line
 * says what. */
static int finish(const char *who, int status)
{
    levin_error_note note;
    levin__error_take(&note);
    cli_flush();
    if (note.code) {
        levin_error_clear();
        levin__error_give(&note);
    }
    bool failed = levin_perror(who) != 0;
    if (note.code == LEVIN_EINTERRUPTED)
        return cli_interrupted_status();
    return failed && status == CLI_DONE ? CLI_FAILED : status;
}

static int run_command(int n, char **words)
{
    char who[32];
    const levin_command *c = cli_command_find(words[0]);
    if (!c)
        return finish("levin", CLI_USAGE);
    snprintf(who, sizeof who, "levin %s", c->name);
    cli_args args;
    bool wants_help;
    if (!cli_parse(c, n - 1, words + 1, &args, &wants_help))
        return finish(who, CLI_USAGE);
    if (wants_help) {
        cli_help_command(stdout, c);
        return finish(who, CLI_DONE);
    }
    if (c != &cli_cmd_help && levin__check_environment() < 0)
        return finish(who, CLI_USAGE);
    return finish(who, c->run(c, &args));
}

int main(int argc, char **argv)
{
    cli_ignore_sigpipe();
    if (argc < 2) {
        cli_help_program(stderr);
        return CLI_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--version") == 0)
        printf("levin %s\n", levin_version());
    else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        cli_help_program(stdout);
    else
        return run_command(argc - 1, argv + 1);
    return finish("levin", CLI_DONE);
}
