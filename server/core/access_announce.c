/* Announcing that a user changed. Called by the commands that change users, inside their transactions, on a
 * worker's thread. Touches the database only; what is announced is read by listener.c. */
#include "server/core/access.h"

#include <inttypes.h>

enum err access_announce(struct db *db, struct arena *arena, int32_t user_id, const struct identity *origin,
                         struct err_info *ret_info)
{
    struct db_params params;

    db_params_init(&params, arena);
    db_bind_i32(&params, user_id);
    db_bind_text(&params, arena_printf(arena, "%" PRIu64, origin ? origin->server : 0));
    db_bind_text(&params, arena_printf(arena, "%" PRIu64, origin ? origin->session : 0));
    return db_query(db, SQL_QUERY_USER_ANNOUNCE, &params, NULL, ret_info);
}
