/* Announcing that a user changed. Called by the commands that change users, inside their transactions, on a
 * worker's thread. Touches the database only; what is announced is read by listener.c. */
#include "server/core/access.h"

#include <inttypes.h>

enum err access_announce(struct db *db, struct arena *arena, int32_t user_id, const struct identity *origin,
                         struct err_info *ret_info)
{
    struct db_params params;
    const char *change = arena_printf(arena, "%" PRId32 " %" PRIu64 " %" PRIu64, user_id,
                                      origin ? origin->server : 0, origin ? origin->session : 0);

    db_params_init(&params, arena);
    db_bind_text(&params, change);
    return db_query(db, SQL_QUERY_USER_ANNOUNCE, &params, NULL, ret_info);
}
