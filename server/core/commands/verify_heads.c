/* The heads of ledgers, as lines that can be signed elsewhere, and as options that name them again.
 * Called by verify.c, its parsing on the main loop, the rest on a query worker.
 * A head says nothing that is secret: it proves later that nothing before it was changed. */
#include "server/core/commands/verify_heads.h"

#include <sodium.h>
#include <string.h>

#include "common/cleanup.h"
#include "server/core/commands/cells.h"

enum { HEX_LEN = 2 * CHAIN_HASH_BYTES };

/* STORE:SEQ:HASH; the hash of an empty ledger (SEQ 0) is empty. */
static enum err parse_head(struct request *request, const char *text, struct verify_head *ret_head,
                           struct err_info *ret_info)
{
    const char *seq = strchr(text, ':');
    const char *hash = seq != NULL ? strchr(seq + 1, ':') : NULL;
    struct verify_head head = {0};
    size_t len = 0;

    if (hash == NULL) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%.60s' is not STORE:SEQ:HASH", text);
    }
    head.store = arena_strndup(&request->arena, text, (size_t)(seq - text));
    enum err err = values_check_store_code(head.store, ret_info);
    if (err == ERR_OK) {
        err = values_parse_integer(arena_strndup(&request->arena, seq + 1, (size_t)(hash - seq - 1)), 0,
                                   INT64_MAX, &head.seq, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    hash++;
    size_t wanted = head.seq == 0 ? 0 : HEX_LEN;
    if (strlen(hash) != wanted ||
        sodium_hex2bin(head.hash, sizeof head.hash, hash, wanted, NULL, &len, NULL) != 0 ||
        len != wanted / 2) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%.80s' is no hash of movement %lld: it has %zu hex digits",
                       hash, (long long)head.seq, wanted);
    }
    *ret_head = head;
    return ERR_OK;
}

enum err verify_heads_parse(struct request *request, struct verify_scope *scope, struct err_info *ret_info)
{
    unsigned count = 0;
    enum err err = ERR_OK;

    while (args_option_nth(&request->args, "head", count) != NULL) {
        count++;
    }
    struct verify_head *heads = arena_calloc(&request->arena, count, sizeof *heads);
    for (unsigned i = 0; err == ERR_OK && i < count; i++) {
        err = parse_head(request, args_option_nth(&request->args, "head", i), &heads[i], ret_info);
        if (err == ERR_OK && !identity_has_store(request->who, heads[i].store)) {
            request->is_refusal = true;
            err = err_set(ret_info, ERR_UNKNOWN_STORE, "no store %s", heads[i].store);
        }
    }
    scope->heads = heads;
    scope->head_count = count;
    return err;
}

enum err verify_heads_find(struct request *request, struct db *db, const struct verify_scope *scope,
                           struct err_info *ret_info)
{
    enum err err = ERR_OK;

    for (size_t i = 0; err == ERR_OK && i < scope->head_count; i++) {
        cleanup(cleanup_db_result) struct db_result *result = NULL;
        struct db_params params;
        db_params_init(&params, &request->arena);
        db_bind_text(&params, scope->heads[i].store);
        err = db_query(db, SQL_QUERY_STORE_FIND, &params, &result, ret_info);
        if (err == ERR_OK && db_result_rows(result) == 0) {
            err = err_set(ret_info, ERR_UNKNOWN_STORE, "no store %s", scope->heads[i].store);
        }
    }
    return err;
}

static const struct column columns[] = {{"store", COLUMN_TEXT, 0},
                                        {"seq", COLUMN_INTEGER, 0},
                                        {"hash", COLUMN_TEXT, 0},
                                        {"recorded_at", COLUMN_TIME, 0}};

enum err verify_heads_list(struct request *request, struct db *db, const struct filters_page *page,
                           struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    static const int key_columns[] = {0};
    struct db_params params;

    db_params_init(&params, &request->arena);
    filters_bind_stores(&params, request);
    db_bind_text(&params, page->after[0]);
    db_bind_i64(&params, page->limit + 1);
    enum err err = db_query(db, SQL_QUERY_VERIFY_HEADS, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    table_init(&request->table, &request->arena, columns, sizeof columns / sizeof columns[0]);
    int rows = filters_cut_page(page, result, key_columns, &request->table);
    for (int i = 0; i < rows; i++) {
        struct cells_source source = {&request->arena, result, i};
        struct cell *cells = table_add_row(&request->table);
        for (int c = 0; c < 3; c++) {
            cells_set(&cells[c], &source, c);
        }
        cells_set_time(&cells[3], &source, 3, -1);
    }
    return ERR_OK;
}
