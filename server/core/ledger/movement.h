/* A stock movement on its way into the ledger, and what became of it. Filled by a command on the main loop,
 * decided by the ledger writer, answered by the channel. Plain data. */
#ifndef STOCKROOM_SERVER_CORE_LEDGER_MOVEMENT_H
#define STOCKROOM_SERVER_CORE_LEDGER_MOVEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"

/* Numbers as stored; reference table movement_types. */
enum movement_type {
    MOVEMENT_IN = 1,
    MOVEMENT_SELL = 2,
    MOVEMENT_REMOVE = 3,
    MOVEMENT_RETURN = 4,
    MOVEMENT_COUNT = 5,
    MOVEMENT_TRANSFER_OUT = 6,
    MOVEMENT_TRANSFER_IN = 7
};

/* Numbers as stored; reference table movement_reasons. 0: none. */
enum movement_reason {
    REASON_NONE = 0,
    REASON_DAMAGED = 1,
    REASON_EXPIRED = 2,
    REASON_LOST = 3,
    REASON_THEFT = 4,
    REASON_SAMPLE = 5,
    REASON_OTHER = 6
};

struct ledger_source;

struct movement {
    /* What is asked. All text is borrowed from the request's arena. */
    struct arena *arena; /* the request's: the writer makes messages in it */
    enum movement_type type;
    enum movement_reason reason;
    const char *store;      /* code; the caller's right to it is checked */
    const char *product;    /* SKU or barcode */
    int64_t quantity_milli; /* greater than 0; of a COUNT what was counted, 0 too; of a reversal filled by the
                               plan */
    int64_t price_milli;    /* --price in thousandths, -1: none */
    int64_t cost_milli;     /* --cost, likewise */
    const char *note;       /* NULL: none */
    const char *ref;        /* NULL: none. "KEY:N" is line N of batch KEY, however it was written */
    const char *batch_key;  /* batch --key, for lines without a ref of their own; else NULL */
    int64_t batch_line;
    const char *stocktake; /* of a COUNT: its session; NULL: none */
    const char
        *other_store;     /* code: where a TRANSFER_OUT goes to, where a TRANSFER_IN comes from; else NULL */
    int64_t transfer_seq; /* of a TRANSFER_IN: the seq of the TRANSFER_OUT in other_store */
    bool receives_all;    /* and whether all that is on its way is meant, whatever quantity_milli says */
    int64_t
        reverses; /* the seq of the movement to be taken back; then type and product are the plan's to fill */
    int32_t user_id;
    int32_t key_id; /* 0: none */
    bool has_at;
    bool at_is_relative;
    int64_t at_micros;    /* --at: since 1970, or to be added to the time of posting */
    unsigned group_lines; /* on the first line of an atomic group: how many lines it has; else 0 */

    /* What came of it. */
    enum err err;
    const char *message; /* for a failure */
    const char *sku;     /* canonical */
    int64_t seq;
    int64_t signed_quantity_milli;
    int64_t balance_milli;
    int64_t lost_milli; /* of a TRANSFER_IN: the shortfall, posted at the source */
    bool replayed;
    bool skipped; /* the source had stopped (--stop-on-error) before this line: it was not looked at */

    /* The writer's. */
    struct ledger_source *source;
    struct movement *next;
    void *owner; /* the request */
};

const char *movement_type_text(enum movement_type type);
const char *movement_reason_text(enum movement_reason reason); /* "" for none */
bool movement_parse_reason(const char *text, enum movement_reason *ret_reason);
bool movement_parse_type(const char *text, enum movement_type *ret_type);

#endif
