/* Giving up root in the children. Called by front.c (once, to find the user) and in each child before it
 * meets a client. Touches the process's own identity. */
#include "server/front/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

enum { ENTRY_BYTES = 16 * 1024 };

enum err account_find(const char *name, struct account *ret_account, struct err_info *ret_info)
{
    char memory[ENTRY_BYTES];
    struct passwd entry;
    struct passwd *found = NULL;
    if (geteuid() != 0) {
        *ret_account = (struct account){.is_to_become = false, .uid = geteuid(), .gid = getegid()};
        return ERR_OK;
    }
    int error = getpwnam_r(name, &entry, memory, sizeof memory, &found);
    if (found == NULL) {
        return err_set(ret_info, ERR_USAGE, "[server] user: there is no user '%s'%s%s", name,
                       error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
    }
    if (entry.pw_uid == 0 || entry.pw_gid == 0) {
        return err_set(ret_info, ERR_USAGE, "[server] user: '%s' is root, or of its group", name);
    }
    *ret_account = (struct account){.is_to_become = true, .uid = entry.pw_uid, .gid = entry.pw_gid};
    return ERR_OK;
}

int account_become(const struct account *account)
{
    if (!account->is_to_become) {
        return 0;
    }
    if (setgroups(1, &account->gid) != 0 || setresgid(account->gid, account->gid, account->gid) != 0 ||
        setresuid(account->uid, account->uid, account->uid) != 0) {
        return -1;
    }
    if (setuid(0) == 0) {
        errno = EPERM; /* a kernel that lets us back is no kernel to serve on */
        return -1;
    }
    return 0;
}
