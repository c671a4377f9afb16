/* export: a whole list as csv. This entry is its options and its help; the export itself is a mode of a
 * channel (server/core/export.c), begun by the command line of an exec and nowhere else. Touches nothing. */
#include "server/core/commands/commands.h"
#include "server/core/delimiter.h"

/* Those of all the lists that it may write: which of them a list knows is told by its own command. */
static const struct option_spec options[] = {
    OPTION_DELIMITER,
    {"search", "TEXT", "inventory, products: words in SKU or name that begin with these", false, false},
    {"category", "C", "inventory, products: only this category", false, false},
    {"retired", NULL, "products: those that are retired, in place of those that are not", false, false},
    {"low", NULL, "inventory: only what is at or below its reorder point", false, false},
    {"updated-from", "TIME", "inventory: only balances that changed since", false, false},
    {"updated-to", "TIME", "inventory: only balances that last changed before", false, false},
    {"as-of", "TIME", "inventory: what there was then", false, false},
    {"product", "SKU", "inventory, movements: only this product", false, false},
    {"type", "T", "movements: only of this type", false, false},
    {"user", "U", "movements: only what this user posted", false, false},
    {"from", "TIME", "movements: only what happened at this time or later", false, false},
    {"to", "TIME", "movements: only what happened before", false, false},
    {"ref", "REF", "movements: only the one with this ref", false, false},
    {"pending", NULL, "users: only those who wait for `user approve`", false, false},
    {"store", "CODE", "inventory, movements: the store", false, false},
    {"all-stores", NULL, "inventory, movements: every store that you may see", false, false},
    OPTION_END,
};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    (void)request;
    return err_set(ret_info, ERR_USAGE, "an export has no place in a batch or on a screen");
}

const struct command command_export = {
    .name = "export",
    .arguments = "inventory|movements|products|stores|users",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_SCAN,
    .summary = "write a whole list as csv",
    .help =
        "The rows and columns of `inventory`, `movements`, `product list`, `store list` or `user list` in "
        "csv\n"
        "(RFC 4180), however many they are; who may see what is as there. Values are written as they are: "
        "a\n"
        "spreadsheet may take one that begins with = for a formula, so import the file as text. Rows that\n"
        "change meanwhile appear as they were when their page was read.\n"
        "Only as a command of its own, in no batch.\n"
        "  export products\n"
        "  export movements --all-stores --from -7d --delimiter ';'",
    .prepare = prepare,
};
