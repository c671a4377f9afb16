/* Giving up root. Called once by core, before its threads start. */
#include "server/core/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { ENTRY_BYTES = 16 * 1024 };

static enum err become(const char *user, struct err_info *ret_info)
{
    char memory[ENTRY_BYTES];
    struct passwd entry;
    struct passwd *found = NULL;
    int error = getpwnam_r(user, &entry, memory, sizeof memory, &found);
    if (!found) {
        return err_set(ret_info, ERR_USAGE, "[server] user: there is no user '%s'%s%s", user,
                       error ? ": " : "", error ? strerror(error) : "");
    }
    if (entry.pw_uid == 0) {
        return err_set(ret_info, ERR_USAGE, "[server] user: '%s' is root", user);
    }
    if (setgroups(1, &entry.pw_gid) != 0 || setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid) != 0 ||
        setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid) != 0) {
        return err_set(ret_info, ERR_INTERNAL, "cannot become user '%s': %s", user, strerror(errno));
    }
    return ERR_OK;
}

enum err privileges_drop(const char *user, struct err_info *ret_info)
{
    if (geteuid() == 0) {
        enum err err = become(user, ret_info);
        if (err != ERR_OK) {
            return err;
        }
    }
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return err_set(ret_info, ERR_INTERNAL, "cannot give up privileges: %s", strerror(errno));
    }
    return ERR_OK;
}
