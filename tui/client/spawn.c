/* Starting a command: see spawn.h.
 * Called by main, in development only.
 * Touches processes and descriptors. */
#include "tui/client/spawn.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tui/model/label.h"

extern char **environ;

/* posix_spawn with no signal blocked or ignored that we block or ignore for ourselves. */
static int start(char *const *argv, int stream_fd, int errors_fd)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t defaults;
    pid_t pid;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, stream_fd, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, stream_fd, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, errors_fd, STDERR_FILENO);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int problem = posix_spawnp(&pid, argv[0], &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return problem;
}

int spawn_command(char *const *argv, int *ret_errors_fd)
{
    int ends[2];
    int errors_fd = memfd_create("stderr", MFD_CLOEXEC);
    if (errors_fd < 0) {
        return -1;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        close(errors_fd);
        return -1;
    }
    int problem = start(argv, ends[1], errors_fd);
    close(ends[1]);
    if (problem != 0) {
        close(ends[0]);
        close(errors_fd);
        errno = problem;
        return -1;
    }
    *ret_errors_fd = errors_fd;
    return ends[0];
}

void spawn_read_errors(int errors_fd, char *ret_text, size_t size)
{
    char tail[512];
    off_t end = lseek(errors_fd, 0, SEEK_END);
    off_t from = end > (off_t)sizeof(tail) ? end - (off_t)sizeof(tail) : 0;
    ssize_t len = end > 0 ? pread(errors_fd, tail, sizeof(tail), from) : 0;
    while (len > 0 && (tail[len - 1] == '\n' || tail[len - 1] == '\r')) {
        len--;
    }
    size_t start_at = len > 0 ? (size_t)len : 0;
    while (start_at > 0 && tail[start_at - 1] != '\n') {
        start_at--;
    }
    label_clean(ret_text, size, tail + start_at, (len > 0 ? (size_t)len : 0) - start_at);
}
