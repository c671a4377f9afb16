/* What a commit of this server did to one store: made by the writer, on its way to the main loop. Called by
 * writer.c and ledger.c; read by whoever core tells. Plain data. */
#ifndef STOCKROOM_SERVER_CORE_LEDGER_NEWS_H
#define STOCKROOM_SERVER_CORE_LEDGER_NEWS_H

#include <stddef.h>
#include <stdint.h>

/* What a product's balance is now. */
struct news_balance {
    int32_t product_id;
    int64_t quantity_milli;
};

struct news {
    struct news *next;
    const char *store_code;
    int64_t before_seq; /* the head of the store's ledger that this follows */
    int64_t last_seq;   /* its head now; 0: it could not be found out whether there was a commit */
    int64_t recorded_micros;
    size_t balance_count; /* of those that changed */
    struct news_balance balances[];
};

/* In one piece of memory: free() frees it. balance_max: there is room for so many. */
struct news *news_new(const char *store_code, size_t balance_max);

#endif
