/* Children: forking them with what they may have and nothing else, and hearing of their ends. Called by
 * core_process, sessions and tui. Whoever forks through here learns of the exit through here. */
#ifndef STOCKROOM_SERVER_FRONT_CHILD_H
#define STOCKROOM_SERVER_FRONT_CHILD_H

#include <stddef.h>
#include <sys/types.h>

enum { CHILD_FIRST_FD = 3 };

/* Embedded in what the child is to us. exited gets the status of waitpid and may free the child. */
struct child {
    pid_t pid;
    void (*exited)(struct child *child, int status);
    struct child *next;
};

struct children;

/* expected: about how many there will be; more are taken too. */
struct children *children_new(unsigned expected);
void children_free(struct children *children);

/* Fork. In the parent: child->pid is set and exited will be called; returns the pid, or -1 with errno.
 * In the child: returns 0, with default signals but for SIGPIPE, which stays ignored, a session of its own,
 * and the parent's pid in *ret_parent. child->exited is set by the caller before. */
pid_t children_fork(struct children *children, struct child *child, pid_t *ret_parent);

/* Take note of all children that have ended. */
void children_reap(struct children *children);

/* In the child: descriptors become 3, 4, 5… in the order given (not close-on-exec), everything above them is
 * closed, 0 to 2 stay. Returns 0, or -1 with errno. */
int child_keep_descriptors(const int *descriptors, size_t count);

/* In the child, after it has changed its user: it dies when its parent does. Ends it when that has happened
 * already. */
void child_end_with_parent(pid_t parent);

/* In the child, when it cannot go on: logs and exits. */
_Noreturn void child_fail(const char *what);

#endif
