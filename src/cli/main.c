/* main.c: finds the command, lets it run, prints the one error that stands, says how it went. */
#include "base/error.h"
#include "base/memory.h"
#include "base/suggest.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/parse.h"
#include "cli/print_config.h"
#include "cli/signals.h"
#include "cli/values.h"
#include "tensor/backends.h"

#include <stdio.h>
#include <string.h>

const levin_command *const cli_commands[] = {
    &cli_cmd_fit,   &cli_cmd_validate, &cli_cmd_test,    &cli_cmd_predict,
    &cli_cmd_embed, &cli_cmd_tokenize, &cli_cmd_convert, &cli_cmd_info,
    &cli_cmd_bench, &cli_cmd_demo,     &cli_cmd_help,    NULL,
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

static int print_config(const levin_command *c, const cli_args *a)
{
    char *text = cli_config_text(c, a, a->print_config);
    if (text)
        fputs(text, stdout);
    levin__free(text);
    return levin_error() ? CLI_USAGE : CLI_DONE;
}

static int do_wish(const levin_command *c, cli_wish wish, const cli_args *a)
{
    switch (wish) {
    case CLI_WANTS_HELP:
        cli_help_command(stdout, c);
        return CLI_DONE;
    case CLI_WANTS_CLASS_HELP:
        cli_help_class(stdout, c, a->help_kind, a->help_class);
        return CLI_DONE;
    case CLI_WANTS_GROUP_HELP:
        cli_help_group(stdout, c, a->help_group);
        return CLI_DONE;
    case CLI_WANTS_CONFIG:
        return print_config(c, a);
    case CLI_WANTS_RUN:
        break;
    }
    if (c != &cli_cmd_help && levin__check_environment() < 0)
        return CLI_USAGE;
    return c->run(c, a);
}

/* How many words a --config before the command takes; 0: it is something else. */
static int config_words(const char *word)
{
    if (strncmp(word, "--config=", 9) == 0)
        return 1;
    return strcmp(word, "--config") == 0 || strcmp(word, "-c") == 0 ? 2 : 0;
}

/* There it is the same as behind the command, but earlier. False if there is no command. */
static bool put_command_first(int n, char **words)
{
    int at = 0, more;
    while (at < n && (more = config_words(words[at])))
        at += more;
    if (at >= n)
        return false;
    char *command = words[at];
    memmove(words + 1, words, (size_t)at * sizeof *words);
    words[0] = command;
    return true;
}

static int run_command(int n, char **words)
{
    char who[32];
    bool has_command = put_command_first(n, words);
    if (!has_command)
        levin__error_set(LEVIN_EINVAL, "no command behind %s", words[0]);
    const levin_command *c = has_command ? cli_command_find(words[0]) : NULL;
    if (!c)
        return finish("levin", CLI_USAGE);
    snprintf(who, sizeof who, "levin %s", c->name);
    static cli_args args; // large
    cli_wish wish;
    bool good = cli_parse(c, n - 1, words + 1, &args, &wish);
    int status = finish(who, good ? do_wish(c, wish, &args) : CLI_USAGE);
    cli_args_free(&args);
    return status;
}

int main(int argc, char **argv)
{
    cli_ignore_signals_of_writes();
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
