/* What each type of movement does to stock and to its worth: the rules of the trade. Called by
 * posting_decide.c, line by line in order. Pure: balances, transfers and worth are those of the posting. */
#include <inttypes.h>
#include <string.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/values.h"
#include "server/core/ledger/posting.h"

/* Balances stay far below 2^63, so that sums over a store do too; so does the worth of one (ten thousand
 * million euros), and what one line is sold for (seven hundred million). */
#define POSTING_BALANCE_MAX (INT64_C(1000) * VALUES_QUANTITY_MILLI_MAX)
#define POSTING_VALUE_MAX   (INT64_C(1) << 50)
#define POSTING_AMOUNT_MAX  (INT64_C(1) << 46)

/* Quantities times money need more than 64 bits on their way. */
__extension__ typedef __int128 posting_wide;

static int posting_sign(enum movement_type type)
{
    switch (type) {
    case MOVEMENT_SELL:
    case MOVEMENT_REMOVE:
    case MOVEMENT_TRANSFER_OUT:
        return -1;
    case MOVEMENT_IN:
    case MOVEMENT_RETURN:
    case MOVEMENT_TRANSFER_IN:
    case MOVEMENT_COUNT:
        break;
    }
    return 1;
}

/* ------------------------------------------------------------------ worth */

/* part of whole's worth, rounded to the nearest: all of it when it is all. */
static int64_t posting_part(int64_t value, int64_t part_milli, int64_t whole_milli)
{
    if (whole_milli == 0) {
        return 0;
    }
    return (int64_t)(((posting_wide)value * part_milli + whole_milli / 2) / whole_milli);
}

/* What stock that comes in is worth: at its cost, else at the average of what is there. -1: too much. */
static int64_t posting_value_in(const struct posting_line *line, int64_t quantity_milli)
{
    const struct posting_cell *cell = line->cell;
    posting_wide value = line->cost_minor >= 0 ? (posting_wide)line->cost_minor * quantity_milli
                         : cell->balance_milli > 0
                             ? (posting_wide)cell->value * quantity_milli / cell->balance_milli
                             : 0;

    return value > POSTING_VALUE_MAX - cell->value ? -1 : (int64_t)value;
}

/* Worth that fits what is left: a reversal takes back what it can. */
static int64_t posting_clamp_value(const struct posting_cell *cell, int64_t quantity_milli, int64_t value)
{
    if (cell->balance_milli + quantity_milli == 0 || cell->value + value < 0) {
        return -cell->value;
    }
    return cell->value + value > POSTING_VALUE_MAX ? 0 : value;
}

/* ------------------------------------------------------------------ posting */

static void posting_refuse_stock(struct posting_line *line, int64_t asked_milli)
{
    cleanup(buf_done) struct buf text = {0};

    buf_printf(&text, "%s has ", line->store->known->code);
    values_append_quantity(&text, line->cell->balance_milli);
    buf_printf(&text, " of %s, ", line->product->sku);
    values_append_quantity(&text, asked_milli);
    posting_refuse(line, ERR_INSUFFICIENT_STOCK, "%.*s asked", (int)text.len, text.data);
}

/* Change the balance by a signed quantity and its worth, if the stock allows it. */
static bool posting_move(struct posting_line *line, int64_t quantity_milli, int64_t value)
{
    struct posting_cell *cell = line->cell;

    if (cell->balance_milli + quantity_milli < 0) {
        posting_refuse_stock(line, -quantity_milli);
        return false;
    }
    if (cell->balance_milli + quantity_milli > POSTING_BALANCE_MAX) {
        posting_refuse(line, ERR_BAD_VALUE, "the balance of %s would be too large", line->product->sku);
        return false;
    }
    cell->balance_milli += quantity_milli;
    cell->value += value;
    line->signed_quantity_milli = quantity_milli;
    line->balance_milli = cell->balance_milli;
    line->value = value;
    line->posts = true;
    return true;
}

/* In at its cost, out at the average. */
static bool posting_move_at_average(struct posting_line *line, int64_t quantity_milli)
{
    const struct posting_cell *cell = line->cell;
    int64_t value;

    if (quantity_milli < 0) {
        value = -posting_part(cell->value, -quantity_milli, cell->balance_milli);
        if (cell->balance_milli + quantity_milli < 0) {
            value = 0; /* refused below */
        }
    } else {
        value = posting_value_in(line, quantity_milli);
        if (value < 0) {
            posting_refuse(line, ERR_BAD_VALUE, "the worth of %s would be too large", line->product->sku);
            return false;
        }
    }
    return posting_move(line, quantity_milli, value);
}

/* A movement that follows from the line, posted with it: another store's or the same one's. */
static struct posting_line *posting_add_companion(struct posting *posting, struct posting_line *line,
                                                  struct posting_store *store, enum movement_type type,
                                                  enum movement_reason reason)
{
    struct posting_line *companion = arena_calloc(&posting->arena, 1, sizeof(*companion));
    struct movement *movement = arena_calloc(&posting->arena, 1, sizeof(*movement));
    struct posting_line *last = line;

    *movement = *line->movement;
    movement->type = type;
    movement->reason = reason;
    companion->movement = movement;
    companion->store = store;
    companion->product = line->product;
    companion->cell = posting_use_cell(posting, store, line->product->product_id);
    companion->transfer = line->transfer;
    companion->price_minor = -1;
    companion->cost_minor = -1;
    while (last->companion != NULL) {
        last = last->companion;
    }
    last->companion = companion;
    return companion;
}

/* ------------------------------------------------------------------ transfers */

static int64_t posting_on_its_way(const struct posting_transfer *transfer)
{
    return transfer->quantity_milli - transfer->received_milli - transfer->lost_milli -
           transfer->returned_milli;
}

static void posting_send(struct posting *posting, struct posting_line *line)
{
    if (!posting_move_at_average(line, -line->movement->quantity_milli)) {
        return;
    }
    struct posting_transfer *transfer = arena_calloc(&posting->arena, 1, sizeof(*transfer));
    transfer->source = line->store;
    transfer->product_id = line->product->product_id;
    transfer->to_store_id = line->to->store_id;
    transfer->quantity_milli = line->movement->quantity_milli;
    transfer->value = -line->value;
    line->transfer_before = *transfer;
    transfer->is_new = true;
    transfer->changed = true;
    line->transfer = transfer;
    posting->transfers[posting->transfer_count++] = transfer;
}

/* What did not arrive comes back to the source's books and is lost there. */
static void posting_lose(struct posting *posting, struct posting_line *line, int64_t lost_milli)
{
    struct posting_transfer *transfer = line->transfer;
    int64_t value = transfer->value;
    struct posting_line *back =
        posting_add_companion(posting, line, transfer->source, MOVEMENT_TRANSFER_IN, REASON_NONE);
    struct posting_line *lost =
        posting_add_companion(posting, line, transfer->source, MOVEMENT_REMOVE, REASON_LOST);

    if (posting_move(back, lost_milli, value) && posting_move(lost, -lost_milli, -value)) {
        transfer->lost_milli += lost_milli;
        transfer->value = 0;
        line->movement->lost_milli = lost_milli;
        return;
    }
    posting_unapply(posting, line);
    posting_refuse(line, ERR_BAD_VALUE, "the shortfall cannot be posted in %s: %s",
                   transfer->source->known->code,
                   back->movement->message != NULL ? back->movement->message : lost->movement->message);
}

/* The worth that comes with what is received; stores of different currencies cannot take over each other's.
 */
static int64_t posting_received_value(const struct posting_line *line, int64_t quantity_milli,
                                      int64_t sent_value)
{
    bool is_same = strcmp(line->store->known->currency, line->transfer->source->known->currency) == 0;
    int64_t value = is_same ? sent_value : posting_value_in(line, quantity_milli);

    return value < 0 || line->cell->value + value > POSTING_VALUE_MAX ? 0 : value;
}

static void posting_receive(struct posting *posting, struct posting_line *line)
{
    struct posting_transfer *transfer = line->transfer;
    int64_t left_milli = posting_on_its_way(transfer);
    int64_t quantity_milli = line->movement->receives_all ? left_milli : line->movement->quantity_milli;

    if (left_milli == 0) {
        posting_refuse(line, ERR_BAD_VALUE, "nothing of transfer %s:%" PRId64 " is on its way any more",
                       transfer->source->known->code, transfer->seq);
        return;
    }
    if (quantity_milli > left_milli) {
        cleanup(buf_done) struct buf text = {0};
        values_append_quantity(&text, left_milli);
        posting_refuse(line, ERR_BAD_VALUE, "only %.*s of transfer %s:%" PRId64 " are on their way",
                       (int)text.len, text.data, transfer->source->known->code, transfer->seq);
        return;
    }
    int64_t sent_value = posting_part(transfer->value, quantity_milli, left_milli);
    if (!posting_move(line, quantity_milli, posting_received_value(line, quantity_milli, sent_value))) {
        return;
    }
    transfer->received_milli += quantity_milli;
    transfer->value -= sent_value;
    transfer->changed = true;
    if (quantity_milli < left_milli) {
        posting_lose(posting, line, left_milli - quantity_milli);
    }
}

/* ------------------------------------------------------------------ reversals */

/* Which line of this posting takes the movement back, as its number from 1; 0: none yet. */
static union map_value *posting_reversal_of(struct posting *posting, const struct posting_line *line)
{
    struct {
        int64_t store_id;
        int64_t seq;
    } key = {line->store->store_id, line->movement->reverses};
    union map_value *value = map_get(&posting->reversal_map, &key, sizeof(key));
    int is_new;

    if (value == NULL) {
        void *kept = arena_alloc(&posting->arena, sizeof(key));
        memcpy(kept, &key, sizeof(key));
        value = map_put(&posting->reversal_map, kept, sizeof(key), &is_new);
    }
    return value;
}

/* May it be taken back at all? What a transfer did is taken back in the order in which it was done. */
static bool posting_may_reverse(struct posting *posting, struct posting_line *line)
{
    const struct posting_original *original = line->original;
    const struct posting_transfer *transfer = line->transfer;
    int64_t seq = line->movement->reverses;

    if (original->is_reversal) {
        posting_refuse(line, ERR_ALREADY_REVERSED,
                       "seq %" PRId64 " takes a movement back itself: post that movement again instead", seq);
    } else if (original->reversed_by != 0) {
        posting_refuse(line, ERR_ALREADY_REVERSED, "seq %" PRId64 " was taken back by seq %" PRId64, seq,
                       original->reversed_by);
    } else if (posting_reversal_of(posting, line)->number != 0) {
        posting_refuse(line, ERR_ALREADY_REVERSED, "seq %" PRId64 " was taken back a moment ago", seq);
    } else if (transfer != NULL && line->movement->type == MOVEMENT_TRANSFER_OUT &&
               posting_on_its_way(transfer) != transfer->quantity_milli) {
        posting_refuse(line, ERR_BAD_VALUE, "%s:%" PRId64 " has been received: take back its receipt first",
                       transfer->source->known->code, seq);
    } else if (transfer != NULL && line->movement->type != MOVEMENT_TRANSFER_OUT &&
               transfer->source == line->store) {
        posting_refuse(line, ERR_BAD_VALUE,
                       "seq %" PRId64 " is the shortfall of transfer %s:%" PRId64
                       ": what turns up is posted by stock-in",
                       seq, transfer->source->known->code, transfer->seq);
    }
    return line->movement->err == ERR_OK;
}

static void posting_reverse(struct posting *posting, struct posting_line *line)
{
    const struct posting_original *original = line->original;
    struct posting_transfer *transfer = line->transfer;
    int64_t quantity_milli = -original->quantity_milli;

    if (!posting_may_reverse(posting, line)) {
        return;
    }
    int64_t value = line->cell->balance_milli + quantity_milli < 0
                        ? 0
                        : posting_clamp_value(line->cell, quantity_milli, -original->value);
    if (!posting_move(line, quantity_milli, value)) {
        return;
    }
    posting_reversal_of(posting, line)->number = 1;
    if (transfer == NULL) {
        return;
    }
    if (line->movement->type == MOVEMENT_TRANSFER_OUT) {
        transfer->returned_milli = transfer->quantity_milli;
        transfer->value = 0;
    } else { /* a receipt: on its way again */
        transfer->received_milli += quantity_milli;
        transfer->value += value < 0 ? -value : 0;
    }
    transfer->changed = true;
}

/* ------------------------------------------------------------------ all of them */

/* What the store asks for it, when nothing was said: its own price, else the catalogue's, when its currency
 * has such places. */
static void posting_choose_price(struct posting_line *line)
{
    int64_t price_milli = line->cell->price_milli >= 0 ? line->cell->price_milli : line->product->price_milli;
    enum movement_type type = line->movement->type;

    if (line->price_minor < 0 && price_milli >= 0 && line->original == NULL &&
        (type == MOVEMENT_SELL || type == MOVEMENT_RETURN)) {
        (void)values_money_to_minor(price_milli, line->store->known->money_places, &line->price_minor, NULL);
    }
}

/* Reports multiply: what does not fit there is refused here. */
static bool posting_amount_fits(const struct posting_line *line)
{
    return line->price_minor <= 0 ||
           (posting_wide)line->price_minor * line->movement->quantity_milli <= POSTING_AMOUNT_MAX;
}

void posting_apply(struct posting *posting, struct posting_line *line)
{
    const struct movement *movement = line->movement;

    if (line->store->known->closed) {
        posting_refuse(line, ERR_CLOSED_STORE, "%s is closed", line->store->known->code);
        return;
    }
    if (line->product->retired) {
        posting_refuse(line, ERR_RETIRED_PRODUCT, "%s is retired", line->product->sku);
        return;
    }
    posting_choose_price(line);
    if (!posting_amount_fits(line)) {
        posting_refuse(line, ERR_BAD_VALUE, "the amount would be too large");
        return;
    }
    if (line->transfer != NULL) {
        line->transfer_before = *line->transfer;
    }
    if (line->original != NULL) {
        posting_reverse(posting, line);
    } else if (movement->type == MOVEMENT_COUNT) {
        (void)posting_move_at_average(line, movement->quantity_milli - line->cell->balance_milli);
    } else if (movement->type == MOVEMENT_TRANSFER_OUT) {
        posting_send(posting, line);
    } else if (movement->type == MOVEMENT_TRANSFER_IN) {
        posting_receive(posting, line);
    } else {
        (void)posting_move_at_average(line, posting_sign(movement->type) * movement->quantity_milli);
    }
    if (line->posts && line->batch != NULL && line->batch_line >= line->batch->next_line) {
        line->batch->next_line = line->batch_line + 1;
    }
}

void posting_unapply(struct posting *posting, struct posting_line *line)
{
    for (struct posting_line *each = line; each != NULL; each = each->companion) {
        if (each->posts) {
            each->cell->balance_milli -= each->signed_quantity_milli;
            each->cell->value -= each->value;
            each->posts = false;
        }
    }
    line->companion = NULL;
    if (line->transfer != NULL) { /* one that was new is as if it had never been */
        *line->transfer = line->transfer_before;
    }
    if (line->original != NULL) {
        posting_reversal_of(posting, line)->number = 0;
    }
}
