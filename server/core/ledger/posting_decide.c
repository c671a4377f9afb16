/* The decisions of a posting, line by line in order: what was posted before, what the stock allows, and the
 * sequence numbers, balances and hashes of what posts. Nothing here talks to anyone. */
#include <inttypes.h>
#include <string.h>

#include "server/core/ledger/posting.h"
#include "server/core/ledger/source.h"

/* A ref that posted before: the same request is answered again, another one is refused. */
static void posting_replay(struct posting_line *line, const struct posting_prior *prior)
{
    struct movement *movement = line->movement;

    if (prior->request_hash != line->request_hash) {
        posting_refuse(line, ERR_REF_CONFLICT,
                       "this ref was used for another request in %s (seq %" PRId64 ")",
                       line->store->known->code, prior->seq);
        return;
    }
    movement->replayed = true;
    movement->seq = prior->seq;
    movement->signed_quantity_milli = prior->quantity_milli;
    movement->balance_milli = prior->balance_milli;
}

/* An earlier line of this very posting with the same ref that posts, NULL when there is none. */
static struct posting_line *posting_find_same(struct posting *posting, struct posting_line *line)
{
    if (line->batch != NULL && line->batch_line < line->batch->next_line) {
        for (struct posting_line *other = line; other-- > posting->lines;) {
            if (other->posts && other->batch == line->batch && other->batch_line == line->batch_line) {
                return other;
            }
        }
    }
    if (line->ref != NULL) {
        size_t len = sizeof(line->store->store_id) + strlen(line->ref);
        char *key = arena_alloc(&posting->arena, len);
        int is_new;
        memcpy(key, &line->store->store_id, sizeof(line->store->store_id));
        memcpy(key + sizeof(line->store->store_id), line->ref, strlen(line->ref));
        union map_value *value = map_put(&posting->ref_map, key, len, &is_new);
        struct posting_line *other = value->pointer;
        if (other != NULL && other->posts) {
            return other;
        }
        value->pointer = line;
    }
    return NULL;
}

static void posting_decide_line(struct posting *posting, struct posting_line *line)
{
    struct ledger_source *source = line->movement->source;

    if (source != NULL && (source->has_stopped || source->stops_now)) {
        line->movement->err = ERR_OK;
        line->movement->skipped = true;
        return;
    }
    if (line->store != NULL) {
        line->same = line->prior.seq == 0 ? posting_find_same(posting, line) : NULL;
        if (line->prior.seq != 0) {
            posting_replay(line, &line->prior);
        } else if (line->same == NULL) {
            posting_apply(posting, line);
        } else if (line->same->request_hash != line->request_hash) {
            posting_refuse(line, ERR_REF_CONFLICT, "this ref was used for another request a moment ago");
        }
    }
    if (line->movement->err != ERR_OK && source != NULL && source->stops_on_error) {
        source->stops_now = true;
    }
}

/* All lines of a group or none: when one was refused, take back the others. */
static void posting_settle_group(struct posting *posting, struct posting_line *lines, size_t count)
{
    size_t failed = 0;

    while (failed < count && lines[failed].movement->err == ERR_OK) {
        failed++;
    }
    if (failed == count) {
        return;
    }
    const struct movement *first = lines[failed].movement;
    int64_t number = first->batch_line > 0 ? first->batch_line : (int64_t)failed + 1;
    for (size_t i = count; i-- > 0;) {
        struct posting_line *line = &lines[i];
        if (line->posts) {
            posting_unapply(posting, line);
        }
        if (line->movement->err == ERR_OK && !line->movement->skipped) {
            line->movement->replayed = false;
            line->same = NULL;
            posting_refuse(line, first->err, "not posted: line %" PRId64 " failed", number);
        }
    }
}

/* What a transfer brought names it; what sends one is named by it. */
bool posting_is_of_transfer(const struct posting_line *line)
{
    return line->transfer != NULL && line->movement->type != MOVEMENT_TRANSFER_OUT;
}

/* Number and chain what posts, in order. */
static void posting_chain(struct posting *posting, struct posting_line *line)
{
    const struct movement *movement = line->movement;
    struct posting_store *store = line->store;

    line->seq = store->last_seq + ++store->posted;
    line->occurred_micros = posting->recorded_micros;
    if (movement->has_at) {
        line->occurred_micros =
            movement->at_is_relative ? posting->recorded_micros + movement->at_micros : movement->at_micros;
    }
    if (line->batch != NULL) {
        line->batch->changed = true;
        if (line->batch->batch_id == 0) {
            line->batch->batch_id = line->seq;
        }
    }
    if (line->transfer != NULL && line->transfer->is_new) {
        line->transfer->seq = line->seq;
    }
    line->cell->changed = true;
    bool has_ref = line->batch != NULL || line->ref != NULL;
    struct chain_row row = {
        .store_id = store->store_id,
        .product_id = line->cell->product_id,
        .seq = line->seq,
        .quantity_milli = line->signed_quantity_milli,
        .balance_milli = line->balance_milli,
        .occurred_micros = line->occurred_micros,
        .recorded_micros = posting->recorded_micros,
        .user_id = movement->user_id,
        .type_id = (int16_t)movement->type,
        .reason_id = (int16_t)movement->reason,
        .key_id = movement->key_id,
        .price_minor = line->price_minor >= 0 ? &line->price_minor : NULL,
        .cost_minor = line->cost_minor >= 0 ? &line->cost_minor : NULL,
        .batch_id = line->batch != NULL ? &line->batch->batch_id : NULL,
        .batch_line = line->batch != NULL ? &line->batch_line : NULL,
        .request_hash = has_ref ? &line->request_hash : NULL,
        .ref = line->ref,
        .note = movement->note,
        .value = &line->value,
        .stocktake = movement->stocktake,
    };
    int64_t transfer_store_id = 0;
    if (posting_is_of_transfer(line)) {
        transfer_store_id = line->transfer->source->store_id;
        row.transfer_store_id = &transfer_store_id;
        row.transfer_seq = &line->transfer->seq;
    }
    if (line->original != NULL) {
        row.reverses = &movement->reverses;
    }
    chain_next(store->last_hash, store->last_hash_len, &row, line->hash);
    memcpy(store->last_hash, line->hash, sizeof(line->hash));
    store->last_hash_len = sizeof(line->hash);
}

static void posting_fill_outcome(struct posting_line *line)
{
    struct movement *movement = line->movement;
    const struct posting_line *posted = line->posts ? line : line->same;

    movement->sku = arena_strdup(movement->arena, line->product->sku);
    if (posted != NULL) {
        movement->replayed = posted != line;
        movement->lost_milli = posted->movement->lost_milli;
        movement->seq = posted->seq;
        movement->signed_quantity_milli = posted->signed_quantity_milli;
        movement->balance_milli = posted->balance_milli;
    }
}

void posting_decide(struct posting *posting)
{
    for (size_t i = 0; i < posting->line_count;) {
        size_t group = posting->lines[i].movement->group_lines;
        size_t count = group > posting->line_count - i ? posting->line_count - i : group;
        for (size_t k = i; k < i + (count == 0 ? 1 : count); k++) {
            posting_decide_line(posting, &posting->lines[k]);
        }
        if (count > 0) {
            posting_settle_group(posting, &posting->lines[i], count);
        }
        i += count == 0 ? 1 : count;
    }
    for (size_t i = 0; i < posting->line_count; i++) {
        for (struct posting_line *line = &posting->lines[i]; line != NULL; line = line->companion) {
            if (line->posts) {
                posting_chain(posting, line);
                posting->posted++;
            }
        }
    }
    for (size_t i = 0; i < posting->line_count; i++) {
        struct posting_line *line = &posting->lines[i];
        if (line->movement->err == ERR_OK && !line->movement->skipped) {
            posting_fill_outcome(line);
        }
    }
}
