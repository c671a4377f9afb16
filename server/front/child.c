/* Forking, and the table of who is whose: a hash by pid. Called by core_process, sessions and tui on front's
 * only thread, and in the children themselves. A pid is not used again before waitpid has told us of its end,
 * so that it is a sound key. */
#include "server/front/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/log.h"

enum { BUCKETS_LEAST = 64, DESCRIPTORS_MAX = 16 };

struct children {
    size_t mask;
    struct child **buckets;
};

struct children *children_new(unsigned expected)
{
    struct children *children = calloc(1, sizeof *children);
    size_t size = BUCKETS_LEAST;
    while (size < expected) {
        size *= 2;
    }
    struct child **buckets = calloc(size, sizeof(struct child *));
    if (children == NULL || buckets == NULL) {
        abort();
    }
    children->mask = size - 1;
    children->buckets = buckets;
    return children;
}

void children_free(struct children *children)
{
    if (children != NULL) {
        free(children->buckets);
        free(children);
    }
}

static struct child **bucket_of(const struct children *children, pid_t pid)
{
    return &children->buckets[(size_t)pid & children->mask];
}

/* Of our own: a terminal's Ctrl-C is for front to hear, which then ends its children in order. */
static void reset_child(void)
{
    sigset_t none;
    setsid();
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

pid_t children_fork(struct children *children, struct child *child, pid_t *ret_parent)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        *ret_parent = parent;
        reset_child();
    } else if (pid > 0) {
        struct child **bucket = bucket_of(children, pid);
        child->pid = pid;
        child->next = *bucket;
        *bucket = child;
    }
    return pid;
}

static struct child *take_child(struct children *children, pid_t pid)
{
    struct child **place = bucket_of(children, pid);
    while (*place != NULL && (*place)->pid != pid) {
        place = &(*place)->next;
    }
    struct child *child = *place;
    if (child != NULL) {
        *place = child->next;
    }
    return child;
}

void children_reap(struct children *children)
{
    for (;;) {
        int status = 0;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid < 0 && errno == EINTR) {
            continue;
        }
        if (pid <= 0) {
            return;
        }
        struct child *child = take_child(children, pid);
        if (child != NULL) {
            child->exited(child, status);
        }
    }
}

/* First out of the way of the places they go to, then into them. */
int child_keep_descriptors(const int *descriptors, size_t count)
{
    int moved[DESCRIPTORS_MAX];
    int end = CHILD_FIRST_FD + (int)count;
    if (count > DESCRIPTORS_MAX) {
        errno = EINVAL;
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        moved[i] = fcntl(descriptors[i], F_DUPFD, end);
        if (moved[i] < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (dup2(moved[i], CHILD_FIRST_FD + (int)i) < 0) {
            return -1;
        }
    }
    return close_range((unsigned)end, ~0U, 0);
}

void child_end_with_parent(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) {
        child_fail("PR_SET_PDEATHSIG");
    }
    if (getppid() != parent) {
        _exit(EX_UNAVAILABLE);
    }
}

void child_fail(const char *what)
{
    log_error("child.failed", "what", what, "error", strerror(errno));
    _exit(EX_OSERR);
}
