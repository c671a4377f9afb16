/* import: a csv file's rows, from stdin. This entry is its options and its help; the import itself is a mode
 * of a channel (server/core/import.c), begun by the command line of an exec and nowhere else. Touches
 * nothing. */
#include "server/core/commands/commands.h"
#include "server/core/delimiter.h"

static const struct option_spec options[] = {
    OPTION_DELIMITER,
    {"dry-run", NULL, "check every row, change nothing", false, false},
    {"key", "KEY", "movements: the row of line N gets the ref KEY:N: nothing posts twice", false, false},
    {"store", "CODE", "movements: the store of rows that name none", false, false},
    {"progress", NULL, "tell on stderr how far it is", false, false},
    OPTION_END,
};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    (void)request;
    return err_set(ret_info, ERR_USAGE, "an import has no place in a batch or on a screen");
}

const struct command command_import = {
    .name = "import",
    .arguments = "movements|products",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_READ,
    .summary = "take the rows of a csv file from stdin",
    .help =
        "UTF-8, RFC 4180, the columns by the names of the first row, in any order. A field has at most 4096\n"
        "bytes, a row 65536.\n"
        "movements: command (sell, stock-in, remove, return, count; or type: SELL, IN, REMOVE, RETURN), "
        "sku,\n"
        "quantity, and if wanted store, price, cost, reason, note, ref, at. Each row posts as the same line "
        "of\n"
        "a batch would, with a result a row; exit status 1 when some failed.\n"
        "products (admins): sku, and if wanted name, category, unit, price, barcodes (parted by blanks or "
        ";).\n"
        "New ones are added, others changed as far as the file has columns; barcodes are added, never taken\n"
        "away; retired, created_at and updated_at are read past, so what `export products` wrote can be "
        "read.\n"
        "All rows or none: exit status 65 when something is wrong, with line and column of up to 1,000.\n"
        "Values that begin with = are text here; a spreadsheet may have taken them for formulas.\n"
        "Only as a command of its own, in no batch.\n"
        "  import movements --key till4-2026-11-23 --progress < till4.csv\n"
        "  import products --progress < products.csv\n"
        "  import movements --store S001 --dry-run --delimiter ';' < sheet.csv",
    .prepare = prepare,
};
