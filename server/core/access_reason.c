/* Why an identity may not go on as its user is now. Called by access.c and by logins that took their time.
 * Pure: it compares what a session came in with to what the database has told since. */
#include <stdlib.h>
#include <string.h>

#include "server/core/access.h"

static bool has_key(const struct directory_user *user, int32_t key_id)
{
    for (unsigned i = 0; i < user->key_count; i++) {
        if (user->key_ids[i] == key_id) {
            return true;
        }
    }
    return false;
}

/* Both are sorted by code. */
static bool has_same_stores(const struct identity *who, const struct directory_user *user)
{
    if (who->role == ROLE_ADMIN) {
        return true; /* has every store, whatever is listed */
    }
    if (who->store_count != user->store_count) {
        return false;
    }
    for (unsigned i = 0; i < user->store_count; i++) {
        if (strcmp(who->store_codes[i], user->store_codes[i]) != 0) {
            return false;
        }
    }
    return true;
}

const char *access_reason(const struct identity *who, const struct directory_user *user)
{
    if (!user->is_enabled) {
        return "Your account was disabled";
    }
    if (who->role != user->role) {
        return "Your role was changed, please connect again";
    }
    if (!has_same_stores(who, user)) {
        return "Your stores were changed, please connect again";
    }
    if (who->password_epoch != user->password_epoch) {
        return "Your password was changed, please connect again";
    }
    if (who->method == LOGIN_KEY && !has_key(user, who->key_id)) {
        return "The public key that opened this session was removed";
    }
    if (who->method == LOGIN_TOKEN && who->token_epoch != user->token_epoch) {
        return "The token that opened this session was ended";
    }
    return NULL;
}
