/* One channel's stream of movements, as the ledger's modules see it. Who may touch what is said at each
 * field. */
#ifndef STOCKROOM_SERVER_CORE_LEDGER_SOURCE_H
#define STOCKROOM_SERVER_CORE_LEDGER_SOURCE_H

#include <stdbool.h>

#include "server/core/ledger/movement.h"

struct ledger;

struct ledger_source {
    struct ledger *ledger;
    bool is_interactive;  /* constant */
    bool stops_on_error;  /* constant */
    bool has_stopped;     /* writer: a line failed in a posting that is over */
    bool stops_now;       /* writer: a line failed in the posting under way */
    bool is_closing;      /* main loop */
    unsigned outstanding; /* main loop: submitted and not yet given back */

    /* Under the queue's lock. */
    struct movement *first; /* waiting, in order */
    struct movement *last;
    unsigned waiting;
    unsigned busy_takes; /* takes to come in which it counts as a batch, however little waits */
    struct ledger_source *previous_active; /* in the ring of sources that have something waiting */
    struct ledger_source *next_active;
};

#endif
