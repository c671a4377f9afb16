/* The proof of stores' ledgers, store by store and phase by phase. Called by the verify command on query
 * workers; the phases are in verify_movements.c and verify_stock.c. Holds no transaction: each statement sees
 * one moment, and what was posted after the movement that is proven so far is asked for beside the stock. */
#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "server/core/ledger/verify_internal.h"

enum {
    ROUNDS_MAX = 8
}; /* how often what came meanwhile is looked at too: it never ends where sales never rest */

struct verify *verify_new(const struct verify_scope *scope)
{
    struct verify *verify = calloc(1, sizeof *verify);

    if (verify == NULL) {
        abort();
    }
    verify->scope = *scope;
    return verify;
}

void verify_free(struct verify *verify)
{
    if (verify != NULL) {
        verify_products_done(&verify->products);
        free(verify);
    }
}

const char *verify_store(const struct verify *verify)
{
    return verify->store[0] != '\0' ? verify->store : NULL;
}

int64_t verify_movements(const struct verify *verify)
{
    return verify->total;
}

void verify_fail(struct verify *verify, int64_t seq, const char *format, ...)
{
    va_list arguments;

    if (!verify->result.is_sound) {
        return;
    }
    verify->result.is_sound = false;
    verify->result.fault_seq = seq;
    va_start(arguments, format);
    vsnprintf(verify->result.fault, sizeof verify->result.fault, format, arguments);
    va_end(arguments);
}

/* ------------------------------------------------------------------ where a store begins */

static void begin_at(struct verify *verify, int64_t seq, const uint8_t *hash, size_t hash_len)
{
    verify->seq = seq;
    memcpy(verify->hash, hash, hash_len);
    verify->hash_len = hash_len;
    verify->result.from_seq = seq + 1;
}

/* The stored hash of a movement; *ret_len is -1 when there is none such. */
static enum err read_hash(const struct verify *verify, struct db *db, int64_t seq, uint8_t *ret_hash,
                          long *ret_len, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    cleanup(arena_done) struct arena arena = {0};
    struct db_params params;

    db_params_init(&params, &arena);
    db_bind_i32(&params, verify->store_id);
    db_bind_i64(&params, seq);
    enum err err = db_query(db, SQL_QUERY_LEDGER_READ_HASH, &params, &result, ret_info);
    if (err == ERR_OK) {
        *ret_len =
            db_result_rows(result) > 0 ? db_result_bytes(result, 0, 0, ret_hash, CHAIN_HASH_BYTES) : -1;
    }
    return err;
}

/* In the middle of the chain: the hash before the first movement is taken as it is stored. */
static enum err begin_after(struct verify *verify, struct db *db, int64_t seq, struct err_info *ret_info)
{
    uint8_t hash[CHAIN_HASH_BYTES];
    long len = 0;
    enum err err = seq > 0 ? read_hash(verify, db, seq, hash, &len, ret_info) : ERR_OK;

    if (err != ERR_OK) {
        return err;
    }
    begin_at(verify, seq, hash, len > 0 ? (size_t)len : 0);
    if (len < 0) {
        seq = seq > verify->to_seq ? verify->to_seq + 1 : seq;
        verify_fail(verify, seq, "movement %" PRId64 " is missing", seq);
    }
    return ERR_OK;
}

/* Where the last verification ended: what it saw there must still be there. */
static enum err begin_incremental(struct verify *verify, struct db *db, const struct db_result *result,
                                  struct err_info *ret_info)
{
    int64_t seq = db_result_i64(result, 0, 4);
    uint8_t hash[CHAIN_HASH_BYTES];
    long len = db_result_bytes(result, 0, 5, hash, sizeof hash);
    enum err err = begin_after(verify, db, seq, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    if (len < 0 || (size_t)len != verify->hash_len || memcmp(hash, verify->hash, verify->hash_len) != 0) {
        verify_fail(verify, seq,
                    "movement %" PRId64 " or one before it was changed since the last verification", seq);
    }
    return ERR_OK;
}

/* Heads that were exported: a movement of that number must have that hash. That the chain leads there is
 * proven by the chain. */
static enum err check_heads(struct verify *verify, struct db *db, struct err_info *ret_info)
{
    enum err err = ERR_OK;

    for (size_t i = 0; err == ERR_OK && i < verify->scope.head_count; i++) {
        const struct verify_head *head = &verify->scope.heads[i];
        uint8_t hash[CHAIN_HASH_BYTES];
        long len = -1;

        if (strcmp(head->store, verify->store) != 0 || head->seq == 0) {
            continue;
        }
        err = read_hash(verify, db, head->seq, hash, &len, ret_info);
        if (err == ERR_OK && len < 0) {
            verify_fail(verify, verify->to_seq < head->seq ? verify->to_seq + 1 : head->seq,
                        "the head of movement %" PRId64 " is not in the chain: the ledger was cut",
                        head->seq);
        } else if (err == ERR_OK && memcmp(hash, head->hash, sizeof hash) != 0) {
            verify_fail(verify, head->seq,
                        "the head of movement %" PRId64 " is not in the chain: the past was written anew",
                        head->seq);
        }
    }
    return err;
}

static enum err begin_store(struct verify *verify, struct db *db, const struct db_result *result,
                            struct err_info *ret_info)
{
    int64_t from_seq = verify->scope.from_seq;
    enum err err = ERR_OK;

    verify->store_id = (int32_t)db_result_i64(result, 0, 0);
    snprintf(verify->store, sizeof verify->store, "%s", db_result_text(result, 0, 1));
    verify->to_seq = db_result_i64(result, 0, 2);
    verify->rounds = 0;
    verify->after = 0;
    verify->after_slot = 0;
    verify->phase = PHASE_MOVEMENTS;
    verify_products_clear(&verify->products);
    verify->result = (struct verify_result){.store = verify->store, .is_sound = true};
    long len = db_result_bytes(result, 0, 3, verify->to_hash, sizeof verify->to_hash);
    if (verify->scope.is_incremental && db_result_text(result, 0, 4) != NULL) {
        err = begin_incremental(verify, db, result, ret_info);
    } else {
        from_seq = from_seq > verify->to_seq + 1 ? verify->to_seq + 1 : from_seq;
        err = begin_after(verify, db, from_seq - 1, ret_info);
    }
    if (len != (verify->to_seq > 0 ? (long)CHAIN_HASH_BYTES : 0)) {
        verify_fail(verify, 0, "the head of the ledger is broken");
    }
    return err == ERR_OK ? check_heads(verify, db, ret_info) : err;
}

static enum err next_store(struct verify *verify, struct db *db, bool *ret_found, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    cleanup(arena_done) struct arena arena = {0};
    struct db_params params;

    db_params_init(&params, &arena);
    if (verify->scope.codes != NULL) {
        db_bind_text_array(&params, verify->scope.codes, verify->scope.code_count);
    } else {
        db_bind_null(&params);
    }
    db_bind_text(&params, verify_store(verify));
    enum err err = db_query(db, SQL_QUERY_VERIFY_STORE, &params, &result, ret_info);
    *ret_found = err == ERR_OK && db_result_rows(result) > 0;
    return *ret_found ? begin_store(verify, db, result, ret_info) : err;
}

/* ------------------------------------------------------------------ how it ends */

/* Does the store's head name its last movement? A statement sees postings whole, so they never differ by
 * chance. */
static void check_head(struct verify *verify, const struct db_result *result)
{
    uint8_t head[CHAIN_HASH_BYTES];
    uint8_t last[CHAIN_HASH_BYTES];
    int64_t last_seq = db_result_rows(result) > 0 ? db_result_i64(result, 0, 0) : -1;
    int64_t max_seq = db_result_rows(result) > 0 ? db_result_i64(result, 0, 2) : 0;
    long head_len = last_seq < 0 ? -1 : db_result_bytes(result, 0, 1, head, sizeof head);
    long last_len = max_seq > 0 ? db_result_bytes(result, 0, 3, last, sizeof last) : 0;

    if (last_seq < 0) {
        verify_fail(verify, 0, "the ledger has no head");
    } else if (max_seq > last_seq) {
        verify_fail(verify, last_seq + 1, "movement %" PRId64 " is beyond the head of the ledger",
                    last_seq + 1);
    } else if (max_seq < last_seq) {
        verify_fail(verify, max_seq + 1, "movement %" PRId64 " is missing: the head says %" PRId64,
                    max_seq + 1, last_seq);
    } else if (last_seq < verify->seq) {
        verify_fail(verify, last_seq + 1, "movement %" PRId64 " has gone", last_seq + 1);
    } else if (head_len != last_len || (head_len > 0 && memcmp(head, last, (size_t)head_len) != 0)) {
        verify_fail(verify, last_seq, "the head is not the hash of movement %" PRId64, last_seq);
    }
}

/* Go on with what was posted meanwhile, as long as it is much. */
static enum err read_head(struct verify *verify, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    cleanup(arena_done) struct arena arena = {0};
    struct db_params params;

    db_params_init(&params, &arena);
    db_bind_i32(&params, verify->store_id);
    enum err err = db_query(db, SQL_QUERY_VERIFY_HEAD, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    check_head(verify, result);
    verify->phase = PHASE_STOCK;
    if (verify->result.is_sound && db_result_i64(result, 0, 0) > verify->seq + VERIFY_PAGE_ROWS &&
        verify->rounds++ < ROUNDS_MAX) {
        verify->to_seq = db_result_i64(result, 0, 0);
        (void)db_result_bytes(result, 0, 1, verify->to_hash, sizeof verify->to_hash);
        verify->phase = PHASE_MOVEMENTS;
    }
    return ERR_OK;
}

/* What the next verification may go on from: nothing before it was left out. */
static enum err save_progress(struct verify *verify, struct db *db, struct err_info *ret_info)
{
    cleanup(arena_done) struct arena arena = {0};
    struct db_params params;

    if (!verify->result.is_sound || (!verify_is_whole(verify) && !verify->scope.is_incremental)) {
        return ERR_OK;
    }
    db_params_init(&params, &arena);
    db_bind_i32(&params, verify->store_id);
    db_bind_i64(&params, verify->seq);
    db_bind_bytes(&params, verify->hash, verify->hash_len);
    return db_query(db, SQL_QUERY_VERIFY_SAVE, &params, NULL, ret_info);
}

static enum err end_store(struct verify *verify, struct db *db, struct verify_result *ret_result,
                          struct err_info *ret_info)
{
    enum err err = save_progress(verify, db, ret_info);

    if (err == ERR_OK) {
        verify->result.to_seq = verify->seq;
        memcpy(verify->result.head, verify->hash, verify->hash_len);
        verify->result.head_len = verify->hash_len;
        *ret_result = verify->result;
        verify->phase = PHASE_NONE;
    }
    return err;
}

static enum err step_phase(struct verify *verify, struct db *db, struct err_info *ret_info)
{
    bool more = false;
    enum err err = ERR_OK;

    switch (verify->phase) {
    case PHASE_MOVEMENTS:
        err = verify_page_movements(verify, db, &more, ret_info);
        break;
    case PHASE_HEAD:
        return read_head(verify, db, ret_info);
    case PHASE_STOCK:
        err = verify_page_stock(verify, db, &more, ret_info);
        break;
    case PHASE_TRANSFERS:
        err = verify_page_transfers(verify, db, &more, ret_info);
        break;
    case PHASE_NONE:
    case PHASE_DONE:
        break;
    }
    if (err == ERR_OK && !more) {
        verify->phase++;
        verify->after = verify->phase == PHASE_TRANSFERS ? verify->result.from_seq - 1 : 0;
    }
    return err;
}

enum err verify_step(struct verify *verify, struct db *db, enum verify_state *ret_state,
                     struct verify_result *ret_result, struct err_info *ret_info)
{
    enum verify_state state = VERIFY_MORE;
    bool found = true;
    enum err err = ERR_OK;

    if (verify->phase == PHASE_NONE) {
        err = next_store(verify, db, &found, ret_info);
        state = found ? VERIFY_MORE : VERIFY_END;
    } else if (verify->phase == PHASE_DONE || !verify->result.is_sound) {
        err = end_store(verify, db, ret_result, ret_info);
        state = VERIFY_STORE;
    } else {
        err = step_phase(verify, db, ret_info);
    }
    if (err == ERR_OK) {
        *ret_state = state;
    }
    return err;
}
