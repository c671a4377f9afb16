/* What a commit did to one store. Called by the ledger writer. Touches only memory. */
#include "server/core/ledger/news.h"

#include <stdlib.h>
#include <string.h>

struct news *news_new(const char *store_code, size_t balance_max)
{
    size_t head = sizeof(struct news) + balance_max * sizeof(struct news_balance);
    size_t code_size = strlen(store_code) + 1;
    struct news *news = calloc(1, head + code_size);

    if (news == NULL) {
        abort();
    }
    news->store_code = memcpy((char *)news + head, store_code, code_size);
    return news;
}
