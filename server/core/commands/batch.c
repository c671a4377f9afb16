/* batch: many commands over one pipe. This entry is its options and its help; the batch itself is a mode of a
 * channel (server/core/batch.c), begun by the command line of an exec and nowhere else. Touches nothing. */
#include "server/core/commands/commands.h"

static const struct option_spec options[] = {
    {"key", "KEY", "line N gets the ref KEY:N: run the same again after a break, nothing posts twice", false,
     false},
    {"atomic", NULL, "post all lines or none; stock commands and `use` only", false, false},
    {"dry-run", NULL, "check every line against live stock, post nothing", false, false},
    {"stop-on-error", NULL, "look at no line after the first that fails", false, false},
    {"progress", NULL, "tell on stderr how far it is", false, false},
    {"store", "CODE", "the store of lines that name none, as by `use CODE`", false, false},
    OPTION_END,
};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    (void)request;
    return err_set(ret_info, ERR_USAGE, "a batch has no place inside a batch");
}

const struct command command_batch = {
    .name = "batch",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_READ,
    .summary = "run a command a line from stdin, with a result a line on stdout",
    .help =
        "Results come in the order of the lines, each with its line's number. `@TAG` before a command comes "
        "back\n"
        "with its result; `use CODE` names the store of the lines that follow. Commands that are no stock\n"
        "commands see what the lines before them did. A summary goes to stderr.\n"
        "Exit status: 0 all well, 1 some lines failed, 69 the database went away, 75 the server stops.\n"
        "  batch --key delivery-4711 < delivery.txt\n"
        "  batch --dry-run --store S001 < delivery.txt",
    .prepare = prepare,
};
