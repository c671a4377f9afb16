/* The options of `user set`, checked.
 * Called by user_set.c on the main loop.
 * Pure: what exists is the database's to say. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_USER_SET_H
#define STOCKROOM_SERVER_CORE_COMMANDS_USER_SET_H

#include "config/config.h"
#include "server/core/request.h"
#include "server/core/throttle.h"

struct user_set_codes {
    const char **items;
    unsigned count;
};

struct user_set_limit {
    enum { USER_SET_KEEP, USER_SET_OWN, USER_SET_DEFAULT } kind;
    struct config_rate rate; /* of USER_SET_OWN */
};

struct user_set {
    bool sets_role;
    enum role role;
    struct user_set_codes only; /* these, instead of those that there are; none: not given */
    struct user_set_codes more;
    struct user_set_codes less;
    struct user_set_limit limits[THROTTLE_BUCKETS];
};

/* Fill ret_set (zeroed) from the request; texts are borrowed from it. ERR_USAGE, ERR_BAD_VALUE; of an owner
 * who asks for more than an owner may ERR_NOT_PERMITTED, ERR_UNKNOWN_STORE. */
enum err user_set_parse(struct request *request, struct user_set *ret_set, struct err_info *ret_info);

#endif
