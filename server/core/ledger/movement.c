/* The names of movement types and reasons, as clients and the reference tables know them.
 * Called by commands, answers and the ledger writer.
 * Pure. */
#include "server/core/ledger/movement.h"

#include <string.h>
#include <strings.h>

static const char *const type_texts[] = {"",       "IN",    "SELL",         "REMOVE",
                                         "RETURN", "COUNT", "TRANSFER_OUT", "TRANSFER_IN"};
static const char *const reason_texts[] = {"", "damaged", "expired", "lost", "theft", "sample", "other"};

enum {
    TYPE_COUNT = sizeof type_texts / sizeof type_texts[0],
    REASON_COUNT = sizeof reason_texts / sizeof reason_texts[0]
};

const char *movement_type_text(enum movement_type type)
{
    return (unsigned)type < TYPE_COUNT ? type_texts[type] : "";
}

const char *movement_reason_text(enum movement_reason reason)
{
    return (unsigned)reason < REASON_COUNT ? reason_texts[reason] : "";
}

bool movement_parse_reason(const char *text, enum movement_reason *ret_reason)
{
    for (unsigned i = 1; i < REASON_COUNT; i++) {
        if (strcmp(text, reason_texts[i]) == 0) {
            *ret_reason = (enum movement_reason)i;
            return true;
        }
    }
    return false;
}

bool movement_parse_type(const char *text, enum movement_type *ret_type)
{
    for (unsigned i = 1; i < TYPE_COUNT; i++) {
        if (strcasecmp(text, type_texts[i]) == 0) {
            *ret_type = (enum movement_type)i;
            return true;
        }
    }
    return false;
}
