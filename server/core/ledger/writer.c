#include "server/core/ledger/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "server/core/ledger/posting.h"
#include "server/core/ledger/source.h"
#include "server/core/stats.h"

enum { WRITER_TRIES = 4, WRITER_STALE_TRIES = 20, WRITER_PAUSE_MS = 50 };

struct writer {
    const struct config *config;
    struct db *db;
    struct codes *codes;
    writer_posted_fn posted;
    void *posted_argument;
};

/* What came of one attempt to post. */
enum attempt {
    ATTEMPT_DONE,   /* committed, or nothing was to be written */
    ATTEMPT_FAILED, /* nothing was committed: *info says why */
    ATTEMPT_STALE,  /* nothing was committed: the catalogue changed meanwhile */
    ATTEMPT_UNKNOWN /* the answer to COMMIT was lost and could not be found out in time */
};

static int64_t writer_now_micros(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void writer_pause(unsigned pause_ms)
{
    struct timespec left = {.tv_sec = pause_ms / 1000, .tv_nsec = (long)(pause_ms % 1000) * 1000000};

    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

struct writer *writer_new(const struct config *config, writer_posted_fn posted, void *posted_argument)
{
    struct writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL) {
        abort();
    }
    struct db_settings settings = {
        .dsn = config->database.dsn,
        .application_name = "stockroom ledger",
        .connect_timeout_seconds = config->database.connect_timeout_seconds,
        .statement_timeout_ms = config->database.statement_timeout_ms,
        .lock_timeout_ms = config->ledger.lock_timeout_ms,
        .retry_seconds = 1, /* it has nothing else to do, and people wait for it */
        .generic_plans = true,
    };
    writer->config = config;
    writer->db = db_new(&settings);
    writer->codes = codes_new();
    writer->posted = posted;
    writer->posted_argument = posted_argument;
    return writer;
}

void writer_free(struct writer *writer)
{
    db_free(writer->db);
    codes_free(writer->codes);
    free(writer);
}

/* Did the posting commit? Locking a store waits for whoever may still be committing it; then the row at the
 * expected place either is ours, by its hash, or the posting never happened. */
static enum err writer_look(struct writer *writer, const struct posting *posting, bool *ret_committed,
                            struct err_info *ret_info)
{
    cleanup(arena_done) struct arena arena = {0};
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    const struct posting_store *store = posting->stores[0];
    uint8_t hash[CHAIN_HASH_BYTES] = {0};
    struct db_params params;

    for (size_t i = 0; store->posted == 0; i++) {
        store = posting->stores[i];
    }
    enum err err = db_ensure(writer->db, ret_info);
    if (err == ERR_OK) {
        err = db_begin(writer->db, ret_info);
    }
    if (err == ERR_OK) {
        db_params_init(&params, &arena);
        db_bind_i32(&params, store->store_id);
        err = db_query(writer->db, SQL_QUERY_LEDGER_LOCK_STORE, &params, NULL, ret_info);
    }
    if (err == ERR_OK) {
        db_bind_i64(&params, store->last_seq + store->posted);
        err = db_query(writer->db, SQL_QUERY_LEDGER_READ_HASH, &params, &result, ret_info);
    }
    if (err == ERR_OK) {
        *ret_committed = db_result_rows(result) == 1 &&
                         db_result_bytes(result, 0, 0, hash, sizeof(hash)) == CHAIN_HASH_BYTES &&
                         memcmp(hash, store->last_hash, sizeof(hash)) == 0;
    }
    db_rollback(writer->db);
    return err;
}

static enum attempt writer_resolve(struct writer *writer, const struct posting *posting,
                                   struct err_info *ret_info)
{
    int64_t deadline =
        writer_now_micros(CLOCK_MONOTONIC) + (int64_t)writer->config->ledger.resolve_seconds * 1000000;
    bool is_committed = false;

    log_warning("ledger.commit-unknown", "reason", ret_info->message);
    for (;;) {
        if (writer_look(writer, posting, &is_committed, ret_info) == ERR_OK) {
            log_info("ledger.commit-resolved", "committed", is_committed ? "yes" : "no");
            return is_committed ? ATTEMPT_DONE : ATTEMPT_FAILED;
        }
        if (writer_now_micros(CLOCK_MONOTONIC) >= deadline) {
            log_error("ledger.commit-unresolved", "reason", ret_info->message);
            return ATTEMPT_UNKNOWN;
        }
        writer_pause(WRITER_PAUSE_MS);
    }
}

static enum attempt writer_commit(struct writer *writer, struct posting *posting, struct err_info *ret_info)
{
    if (posting_write(posting, writer->db, ret_info) != ERR_OK) {
        db_rollback(writer->db);
        return ATTEMPT_FAILED;
    }
    if (db_commit(writer->db, ret_info) == ERR_OK) {
        return ATTEMPT_DONE;
    }
    db_close(writer->db);
    enum attempt attempt = writer_resolve(writer, posting, ret_info);
    if (attempt == ATTEMPT_FAILED) {
        err_set(ret_info, ERR_DATABASE_UNAVAILABLE, "the connection to the database was lost");
    }
    return attempt;
}

/* The steps of one attempt, after which the connection is idle or closed. */
static enum attempt writer_run(struct writer *writer, struct posting *posting, struct err_info *ret_info)
{
    bool is_stale = false;

    if (codes_is_full(writer->codes)) {
        codes_forget(writer->codes, 0);
    }
    if (posting_plan(posting, writer->db, ret_info) != ERR_OK) {
        return ATTEMPT_FAILED;
    }
    if (posting_read(posting, writer->db, true, &is_stale, ret_info) != ERR_OK || is_stale) {
        db_rollback(writer->db);
        return is_stale ? ATTEMPT_STALE : ATTEMPT_FAILED;
    }
    posting->recorded_micros = writer_now_micros(CLOCK_REALTIME);
    posting_decide(posting);
    if (posting->posted == 0) {
        db_rollback(writer->db);
        return ATTEMPT_DONE;
    }
    return writer_commit(writer, posting, ret_info);
}

/* What changed of a store's balances, which stand together among the posting's. */
static void writer_add_balances(const struct posting *posting, size_t first, size_t end, struct news *news)
{
    for (size_t i = first; i < end; i++) {
        const struct posting_cell *cell = posting->cells[i];
        if (cell->changed) {
            news->balances[news->balance_count++] =
                (struct news_balance){.product_id = cell->product_id, .quantity_milli = cell->balance_milli};
        }
    }
}

/* is_known: it has been committed, and not only perhaps. */
static void writer_announce(struct writer *writer, const struct posting *posting, bool is_known)
{
    size_t cell = 0;

    for (size_t i = 0; i < posting->store_count; i++) {
        const struct posting_store *store = posting->stores[i];
        size_t end = cell;
        while (end < posting->cell_count && posting->cells[end]->store == store) {
            end++;
        }
        if (store->posted > 0) {
            struct news *news = news_new(store->known->code, end - cell);
            news->before_seq = store->last_seq;
            news->last_seq = is_known ? store->last_seq + store->posted : 0;
            news->recorded_micros = posting->recorded_micros;
            writer_add_balances(posting, cell, end, news);
            writer->posted(writer->posted_argument, news);
        }
        cell = end;
    }
}

/* The outcome of what would have posted is not known: say so, and keep the refusals. */
static void writer_answer_unknown(const struct posting *posting)
{
    for (size_t i = 0; i < posting->line_count; i++) {
        struct posting_line *line = &posting->lines[i];
        if (line->posts || line->same != NULL) {
            struct ledger_source *source = line->movement->source;
            source->stops_now |= !source->is_interactive;
            posting_refuse(
                line, ERR_DATABASE_UNAVAILABLE,
                "the database did not say whether this was posted: look at the movements, or repeat it "
                "with the same ref");
        }
    }
}

/* What came of an attempt, for `stats`. A stale one changed nothing and is made again. */
static void writer_measure(const struct posting *posting, enum attempt attempt, int64_t started_micros)
{
    uint64_t replayed = 0;

    if (attempt == ATTEMPT_FAILED || attempt == ATTEMPT_UNKNOWN) {
        stats_add(STATS_transactions_failed, 1);
    }
    if (attempt != ATTEMPT_DONE) {
        return;
    }
    for (size_t i = 0; i < posting->line_count; i++) {
        replayed += posting->lines[i].movement->replayed;
    }
    stats_add(STATS_movements_replayed, replayed);
    if (posting->posted > 0) {
        stats_add(STATS_movements_posted, posting->posted);
        stats_add(STATS_transactions, 1);
        stats_time(STATS_TIME_commit, (uint64_t)(writer_now_micros(CLOCK_MONOTONIC) - started_micros));
    }
}

static enum attempt writer_attempt(struct writer *writer, struct movement *const *movements, size_t count,
                                   struct err_info *ret_info)
{
    struct posting posting;

    if (db_ensure(writer->db, ret_info) != ERR_OK) {
        return ATTEMPT_FAILED;
    }
    for (size_t i = 0; i < count; i++) {
        movements[i]->source->stops_now = false;
    }
    posting_init(&posting, writer->codes, movements, count);
    posting.stores_max = writer->config->ledger.stores_per_transaction;
    int64_t started_micros = writer_now_micros(CLOCK_MONOTONIC);
    enum attempt attempt = writer_run(writer, &posting, ret_info);
    writer_measure(&posting, attempt, started_micros);
    if (attempt == ATTEMPT_DONE) {
        writer_announce(writer, &posting, true);
    } else if (attempt == ATTEMPT_UNKNOWN) {
        writer_announce(writer, &posting, false);
        writer_answer_unknown(&posting);
    }
    posting_done(&posting);
    return attempt;
}

/* Nothing was posted: every line fails alike. Batches end here, so that their later lines cannot overtake. */
static void writer_fail(struct movement *const *movements, size_t count, const struct err_info *info)
{
    for (size_t i = 0; i < count; i++) {
        struct movement *movement = movements[i];
        struct ledger_source *source = movement->source;
        movement->skipped = source->has_stopped;
        movement->err = movement->skipped ? ERR_OK : info->code;
        movement->message = arena_strdup(movement->arena, info->message);
        source->stops_now |= source->stops_on_error;
        if (info->code == ERR_DATABASE_UNAVAILABLE && !source->is_interactive) {
            source->stops_now = true;
        }
        source->has_stopped |= source->stops_now && source->stops_on_error;
    }
}

static void writer_settle_sources(struct movement *const *movements, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        movements[i]->source->has_stopped |= movements[i]->source->stops_now;
        movements[i]->source->stops_now = false;
    }
}

/* Where to cut a take in two without cutting a group; count when there is no such place. */
static size_t writer_middle(struct movement *const *movements, size_t count)
{
    size_t i = 0;

    while (i < count / 2 || i == 0) {
        i += movements[i]->group_lines > 0 ? movements[i]->group_lines : 1;
        if (i >= count) {
            return count;
        }
    }
    return i;
}

static void writer_post_wanted(struct writer *writer, struct movement *const *movements, size_t count);

/* A take that the database refuses as a whole, for one line that our own checks let through: find that line
 * by halving, so that it fails alone. The depth is the logarithm of the take's length. */
static bool writer_post_halves(struct writer *writer, struct movement *const *movements, size_t count)
{
    size_t middle = writer_middle(movements, count);

    if (middle == count) {
        return false;
    }
    writer_post_wanted(writer, movements, middle);
    writer_post_wanted(writer, movements + middle, count - middle);
    return true;
}

/* Post what is still wanted: each movement gets its outcome. */
static void writer_post_wanted(struct writer *writer, struct movement *const *movements, size_t count)
{
    struct err_info info = {0};
    unsigned tries = 0;
    unsigned stale_tries = 0;

    for (;;) {
        enum attempt attempt = writer_attempt(writer, movements, count, &info);
        if (attempt == ATTEMPT_DONE || attempt == ATTEMPT_UNKNOWN) {
            break;
        }
        if (attempt == ATTEMPT_STALE && ++stale_tries < WRITER_STALE_TRIES) {
            continue;
        }
        if (attempt == ATTEMPT_STALE) {
            err_set(&info, ERR_BUSY, "the catalogue is changing too fast, try again");
        }
        bool may_pass = info.code == ERR_BUSY || info.code == ERR_DATABASE_UNAVAILABLE;
        if (may_pass && ++tries < WRITER_TRIES) {
            writer_pause((unsigned)WRITER_PAUSE_MS << tries);
            continue;
        }
        if (!may_pass && writer_post_halves(writer, movements, count)) {
            return;
        }
        log_error("ledger.post-failed", "error", err_text(info.code), "reason", info.message);
        writer_fail(movements, count, &info);
        break;
    }
    writer_settle_sources(movements, count);
}

void writer_post(struct writer *writer, struct movement *const *movements, size_t count)
{
    cleanup(arena_done) struct arena arena = {0};
    struct movement **wanted = arena_calloc(&arena, count, sizeof(struct movement *));
    size_t wanted_count = 0;

    for (size_t i = 0; i < count; i++) {
        /* Its batch has ended: not even a database that is away need be asked. */
        movements[i]->skipped = movements[i]->source->has_stopped;
        if (!movements[i]->skipped) {
            wanted[wanted_count++] = movements[i];
        }
    }
    if (wanted_count > 0) {
        writer_post_wanted(writer, wanted, wanted_count);
    }
}
