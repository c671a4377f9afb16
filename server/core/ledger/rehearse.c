/* The dry run: plans, reads and decides like a posting, without locks and without writing; keeps the balances
 * as they would be in mind from one call to the next. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "server/core/ledger/ledger.h"
#include "server/core/ledger/posting.h"

enum { REHEARSAL_STALE_TRIES = 20 };

struct rehearsal_key {
    int32_t store_id;
    int32_t product_id;
};

struct ledger_rehearsal {
    struct codes *codes;
    struct arena arena;
    struct map changes; /* struct rehearsal_key -> thousandths that the lines so far would have added */
    size_t changes_max;
};

struct ledger_rehearsal *ledger_rehearsal_new(const struct config *config)
{
    struct ledger_rehearsal *rehearsal = calloc(1, sizeof(*rehearsal));

    if (rehearsal == NULL) {
        abort();
    }
    rehearsal->codes = codes_new();
    rehearsal->changes_max = config->limits.dry_run_products;
    return rehearsal;
}

void ledger_rehearsal_free(struct ledger_rehearsal *rehearsal)
{
    if (rehearsal == NULL) {
        return;
    }
    codes_free(rehearsal->codes);
    map_done(&rehearsal->changes);
    arena_done(&rehearsal->arena);
    free(rehearsal);
}

/* Add what earlier lines would have changed to the live balances. */
static void rehearsal_recall(struct ledger_rehearsal *rehearsal, struct posting *posting)
{
    for (size_t i = 0; i < posting->cell_count; i++) {
        struct posting_cell *cell = posting->cells[i];
        struct rehearsal_key key = {cell->store->store_id, cell->product_id};
        const union map_value *change = map_get(&rehearsal->changes, &key, sizeof(key));
        if (change != NULL) {
            cell->balance_milli += change->number;
        }
    }
}

/* Remember what a line would have changed. */
static enum err rehearsal_remember_line(struct ledger_rehearsal *rehearsal, const struct posting_line *line,
                                        struct err_info *ret_info)
{
    struct rehearsal_key key = {line->store->store_id, line->cell->product_id};
    union map_value *change = map_get(&rehearsal->changes, &key, sizeof(key));
    int is_new;

    if (change == NULL) {
        if (rehearsal->changes.used >= rehearsal->changes_max) {
            return err_set(ret_info, ERR_TOO_LONG, "a dry run may touch at most %zu products",
                           rehearsal->changes_max);
        }
        struct rehearsal_key *kept = arena_alloc(&rehearsal->arena, sizeof(*kept));
        *kept = key;
        change = map_put(&rehearsal->changes, kept, sizeof(*kept), &is_new);
    }
    change->number += line->signed_quantity_milli;
    return ERR_OK;
}

static enum err rehearsal_remember(struct ledger_rehearsal *rehearsal, const struct posting *posting,
                                   struct err_info *ret_info)
{
    enum err err = ERR_OK;

    for (size_t i = 0; err == ERR_OK && i < posting->line_count; i++) {
        const struct posting_line *line = &posting->lines[i];
        for (; err == ERR_OK && line != NULL; line = line->companion) {
            if (line->posts) {
                err = rehearsal_remember_line(rehearsal, line, ret_info);
            }
        }
    }
    return err;
}

/* One attempt; *ret_stale asks for another. */
static enum err rehearsal_run(struct ledger_rehearsal *rehearsal, struct db *db,
                              struct movement *const *movements, unsigned count, bool *ret_stale,
                              struct err_info *ret_info)
{
    cleanup(posting_done) struct posting posting;

    posting_init(&posting, rehearsal->codes, movements, count);
    enum err err = posting_plan(&posting, db, ret_info);
    if (err == ERR_OK) {
        err = posting_read(&posting, db, false, ret_stale, ret_info);
    }
    if (err != ERR_OK || *ret_stale) {
        return err;
    }
    rehearsal_recall(rehearsal, &posting);
    posting_decide(&posting);
    for (unsigned i = 0; i < count; i++) {
        movements[i]->seq = movements[i]->replayed ? movements[i]->seq : 0;
    }
    return rehearsal_remember(rehearsal, &posting, ret_info);
}

enum err ledger_rehearse(struct ledger_rehearsal *rehearsal, struct db *db, struct movement *const *movements,
                         unsigned count, struct err_info *ret_info)
{
    for (unsigned i = 0; i < count; i++) {
        movements[i]->group_lines = 0; /* each line is judged for itself */
    }
    for (int tries = 0; tries < REHEARSAL_STALE_TRIES; tries++) {
        bool is_stale = false;
        enum err err = rehearsal_run(rehearsal, db, movements, count, &is_stale, ret_info);
        if (err != ERR_OK || !is_stale) {
            return err;
        }
    }
    return err_set(ret_info, ERR_BUSY, "the catalogue is changing too fast, try again");
}
