/* verify: proves the ledgers of stores, and prints their heads to be signed elsewhere.
 * Prepared on the main loop; its step runs on a worker for a short while and asks to be run again, so that
 * others get their turn. For admins and owners. The proof itself is ledger/verify.c's. */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "server/core/commands/commands.h"
#include "server/core/commands/verify_heads.h"
#include "server/core/core.h"

#define TURN_NS UINT64_C(50000000)

struct verify_data {
    struct verify_scope scope;
    struct verify *verify; /* NULL: not begun */
    bool is_counted;       /* among those that run */
    bool is_heads;
    struct filters_page page; /* of the heads */
    unsigned stores;
    unsigned faults;
    char first_fault[240];
    char progress[160];
};

enum {
    CELL_STORE,
    CELL_FROM_SEQ,
    CELL_TO_SEQ,
    CELL_MOVEMENTS,
    CELL_HEAD,
    CELL_OK,
    CELL_FAULT,
    CELL_FAULT_SEQ,
    CELLS
};

static const struct column columns[CELLS] = {
    [CELL_STORE] = {"store", COLUMN_TEXT, 0},      [CELL_FROM_SEQ] = {"from_seq", COLUMN_INTEGER, 0},
    [CELL_TO_SEQ] = {"to_seq", COLUMN_INTEGER, 0}, [CELL_MOVEMENTS] = {"movements", COLUMN_INTEGER, 0},
    [CELL_HEAD] = {"head", COLUMN_TEXT, 1},        [CELL_OK] = {"ok", COLUMN_BOOL, 0},
    [CELL_FAULT] = {"fault", COLUMN_TEXT, 0},      [CELL_FAULT_SEQ] = {"fault_seq", COLUMN_INTEGER, 0},
};

/* ------------------------------------------------------------------ what is asked */

static enum err check_options(const struct request *request, struct err_info *ret_info)
{
    const struct args *args = &request->args;
    bool is_heads = args_flag(args, "heads");

    if (is_heads && (args_flag(args, "incremental") || args_flag(args, "from-seq") ||
                     args_flag(args, "head") || args_flag(args, "progress"))) {
        return err_set(ret_info, ERR_USAGE,
                       "--heads only prints: it goes with --store, --all-stores, --limit, --after");
    }
    if (!is_heads && (args_flag(args, "limit") || args_flag(args, "after"))) {
        return err_set(ret_info, ERR_USAGE, "--limit and --after are for --heads: a proof has no pages");
    }
    if (args_flag(args, "incremental") && args_flag(args, "from-seq")) {
        return err_set(ret_info, ERR_USAGE, "--incremental and --from-seq exclude each other");
    }
    return ERR_OK;
}

/* The stores that are meant: the option's, those of the heads, or all that the caller may see. */
static enum err parse_stores(struct request *request, struct verify_scope *scope, struct err_info *ret_info)
{
    bool has_heads = scope->head_count > 0;

    if (has_heads && args_option(&request->args, "store") == NULL && !request_all_stores(request)) {
        const char **codes = arena_calloc(&request->arena, scope->head_count, sizeof *codes);
        for (size_t i = 0; i < scope->head_count; i++) {
            codes[i] = scope->heads[i].store;
        }
        scope->codes = codes;
        scope->code_count = scope->head_count;
        return ERR_OK;
    }
    enum err err = filters_parse_stores(request, ret_info);
    for (size_t i = 0; err == ERR_OK && request->store != NULL && i < scope->head_count; i++) {
        if (strcmp(scope->heads[i].store, request->store) != 0) {
            err = err_set(ret_info, ERR_USAGE, "a --head of %s does not go with --store %s",
                          scope->heads[i].store, request->store);
        }
    }
    if (request->store != NULL) {
        scope->codes = &request->store;
        scope->code_count = 1;
    } else if (request->who->role != ROLE_ADMIN) {
        scope->codes = (const char *const *)request->who->store_codes;
        scope->code_count = request->who->store_count;
    }
    return err;
}

/* Each keeps balances in memory. Without a core there is only the caller. */
static enum err count_in(struct request *request, struct verify_data *data, struct err_info *ret_info)
{
    if (request->core == NULL) {
        return ERR_OK;
    }
    if (request->core->verifies >= request->config->limits.verifies) {
        return err_set(ret_info, ERR_BUSY, "%u verification%s already: try again later",
                       request->core->verifies, request->core->verifies == 1 ? " runs" : "s run");
    }
    request->core->verifies++;
    data->is_counted = true;
    return ERR_OK;
}

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct verify_data *data = arena_calloc(&request->arena, 1, sizeof *data);
    const char *from_seq = args_option(&request->args, "from-seq");
    enum err err = check_options(request, ret_info);

    request->data = data;
    data->is_heads = args_flag(&request->args, "heads");
    data->scope.from_seq = 1;
    data->scope.is_incremental = args_flag(&request->args, "incremental");
    data->scope.products_max = request->config->limits.verify_products;
    if (err == ERR_OK && from_seq != NULL) {
        err = values_parse_integer(from_seq, 1, INT64_MAX, &data->scope.from_seq, ret_info);
    }
    if (err == ERR_OK) {
        err = verify_heads_parse(request, &data->scope, ret_info);
    }
    if (err == ERR_OK) {
        err = parse_stores(request, &data->scope, ret_info);
    }
    if (err == ERR_OK && data->is_heads) {
        return filters_parse_page(request, 'h', 1, &data->page, ret_info);
    }
    return err == ERR_OK ? count_in(request, data, ret_info) : err;
}

static void release(struct request *request)
{
    struct verify_data *data = request->data;

    verify_free(data->verify);
    if (data->is_counted) {
        request->core->verifies--;
    }
}

/* ------------------------------------------------------------------ the proof */

static const char *number_text(struct request *request, int64_t number)
{
    return arena_printf(&request->arena, "%" PRId64, number);
}

static void add_row(struct request *request, struct verify_data *data, const struct verify_result *result)
{
    struct cell *cells = table_add_row(&request->table);
    char hex[2 * CHAIN_HASH_BYTES + 1];

    sodium_bin2hex(hex, sizeof hex, result->head, result->head_len);
    cells[CELL_STORE].value = arena_strdup(&request->arena, result->store);
    cells[CELL_FROM_SEQ].value = number_text(request, result->from_seq);
    cells[CELL_TO_SEQ].value = number_text(request, result->to_seq);
    cells[CELL_MOVEMENTS].value = number_text(request, result->movements);
    cells[CELL_HEAD].value = arena_strdup(&request->arena, hex);
    cells[CELL_OK].value = result->is_sound ? "t" : "f";
    data->stores++;
    if (result->is_sound) {
        return;
    }
    cells[CELL_FAULT].value = arena_strdup(&request->arena, result->fault);
    if (result->fault_seq > 0) {
        cells[CELL_FAULT_SEQ].value = number_text(request, result->fault_seq);
    }
    if (data->faults++ == 0) {
        snprintf(data->first_fault, sizeof data->first_fault, "%s: %s", result->store, result->fault);
    }
}

/* Blanks at the end cover what a longer line left. */
static void note_progress(struct request *request, struct verify_data *data, bool is_end)
{
    const char *store = is_end ? NULL : verify_store(data->verify);

    if (request->is_interactive || args_flag(&request->args, "progress")) {
        snprintf(data->progress, sizeof data->progress,
                 "verify: %" PRId64 " movements, %u stores done%s%-36s", verify_movements(data->verify),
                 data->stores, store != NULL ? ", now " : "", store != NULL ? store : "");
        request->progress = data->progress;
    }
}

static enum err begin(struct request *request, struct db *db, struct verify_data *data,
                      struct err_info *ret_info)
{
    enum err err = filters_check_store(request, db, ret_info);

    if (err == ERR_OK) {
        err = verify_heads_find(request, db, &data->scope, ret_info);
    }
    if (err == ERR_OK) {
        data->verify = verify_new(&data->scope);
        table_init(&request->table, &request->arena, columns, CELLS);
    }
    return err;
}

static enum err end(const struct verify_data *data, struct err_info *ret_info)
{
    if (data->faults == 0) {
        return ERR_OK;
    }
    if (data->stores == 1) {
        return err_set(ret_info, ERR_UNSOUND, "%s", data->first_fault);
    }
    return err_set(ret_info, ERR_UNSOUND, "%u of %u stores, the first %s", data->faults, data->stores,
                   data->first_fault);
}

static enum err run_proof(struct request *request, struct db *db, struct verify_data *data,
                          struct err_info *ret_info)
{
    uint64_t end_ns = uv_hrtime() + TURN_NS;
    enum verify_state state = VERIFY_MORE;
    struct verify_result result;
    enum err err = data->verify == NULL ? begin(request, db, data, ret_info) : ERR_OK;

    while (err == ERR_OK && state != VERIFY_END && uv_hrtime() < end_ns) {
        err = verify_step(data->verify, db, &state, &result, ret_info);
        if (err == ERR_OK && state == VERIFY_STORE) {
            add_row(request, data, &result);
        }
    }
    if (err != ERR_OK) {
        return err;
    }
    note_progress(request, data, state == VERIFY_END);
    request->runs_again = state != VERIFY_END;
    return state == VERIFY_END ? end(data, ret_info) : ERR_OK;
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    struct verify_data *data = request->data;

    if (!data->is_heads) {
        return run_proof(request, db, data, ret_info);
    }
    enum err err = filters_check_store(request, db, ret_info);
    return err == ERR_OK ? verify_heads_list(request, db, &data->page, ret_info) : err;
}

static const struct option_spec options[] = {
    OPTION_STORE,
    OPTION_ALL_STORES,
    {"incremental", NULL, "go on where the last verification ended", false, false},
    {"from-seq", "N", "only from this movement on", false, false},
    {"head", "STORE:SEQ:HASH", "this head must be in the chain too", true, false},
    {"heads", NULL, "only print the heads, to be signed and kept elsewhere", false, false},
    {"progress", NULL, "a progress line on stderr", false, false},
    OPTION_LIMIT,
    OPTION_AFTER,
    OPTION_END,
};

const struct command command_verify = {
    .name = "verify",
    .arguments = "",
    .options = options,
    .roles = ROLE_ADMIN | ROLE_OWNER,
    .cost = COST_SCAN,
    .summary = "prove the ledger",
    .help =
        "Reads every movement again: numbers without a gap, the chain of hashes up to the head, each "
        "balance\n"
        "the one before it and the quantity, stock and its worth the sums of the movements, transfers and\n"
        "batches as the movements say. Sales go on meanwhile. A row for each store; one that is not sound "
        "has\n"
        "ok false, what is wrong, and the first wrong movement. The exit status is 0 only when all are "
        "sound,\n"
        "1 (unsound) when one is not.\n"
        "--incremental trusts what was verified before and looks at what came since; worth, and the stock "
        "of\n"
        "products that have not moved, are proven by the whole verification only. The same holds for\n"
        "--from-seq. A head that was kept elsewhere shows whether the ledger was cut or written anew since.\n"
        "\n"
        "  verify --store S001\n"
        "  verify --all-stores --incremental --format json\n"
        "  verify --all-stores --heads --format csv\n"
        "  verify --store S001 --head S001:0:",
    .changes = true,
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
    .release = release,
};
