/* The system user that children become. Called by front.c at start, and in the children. */
#ifndef STOCKROOM_SERVER_FRONT_ACCOUNT_H
#define STOCKROOM_SERVER_FRONT_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/err.h"

struct account {
    bool is_to_become; /* false: we are not root, and stay who we are */
    uid_t uid;
    gid_t gid;
};

/* Look the user up, when we are root. ERR_USAGE: there is none of that name, or it is root itself. */
enum err account_find(const char *name, struct account *ret_account, struct err_info *ret_info);

/* Become it for good: groups, then group, then user. In a child only. Returns 0, or -1 with errno. */
int account_become(const struct account *account);

#endif
