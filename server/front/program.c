/* Finding and running stockroomd-core and stockroom-tui. Called at start (finding) and in children (running).
 * Touches only the two executables. */
#include "server/front/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The directory of our own executable, without its last slash. */
static int find_own_directory(char *ret_path, size_t size)
{
    ssize_t len = readlink("/proc/self/exe", ret_path, size);
    if (len < 0) {
        return -1;
    }
    if ((size_t)len >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    ret_path[len] = '\0';
    char *slash = strrchr(ret_path, '/');
    if (slash == NULL) {
        errno = ENOENT;
        return -1;
    }
    *slash = '\0';
    return 0;
}

static int find_in(const char *directory, const char *name, char *ret_path, size_t size)
{
    int len = snprintf(ret_path, size, "%s/%s", directory, name);
    if (len < 0 || (size_t)len >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return access(ret_path, X_OK);
}

int program_find(const char *name, char *ret_path, size_t size)
{
    char own[PATH_MAX];
    if (find_own_directory(own, sizeof own) == 0 && find_in(own, name, ret_path, size) == 0) {
        return 0;
    }
    return find_in(STOCKROOM_LIBEXECDIR, name, ret_path, size);
}

int program_open(const char *name)
{
    char path[PATH_MAX];
    return program_find(name, path, sizeof path) == 0 ? open(path, O_PATH | O_CLOEXEC) : -1;
}

void program_run(int program_fd, char *const *arguments, char *const *environment)
{
    execveat(program_fd, "", arguments, environment, AT_EMPTY_PATH);
}
