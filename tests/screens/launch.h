/* Starting stockroom-tui for a test: as the server does, or as a shell does. Called by the harness.
 * The caller owns the process and the descriptors.
 * Touches processes and descriptors only. */
#ifndef STOCKROOM_TESTS_SCREENS_LAUNCH_H
#define STOCKROOM_TESTS_SCREENS_LAUNCH_H

#include <sys/types.h>

#include "tests/screens/harness.h"

struct launched {
    pid_t pid;
    int terminal_fd;
    int core_fd;    /* -1 on a pty */
    int control_fd; /* -1 on a pty */
};

/* options->columns and rows are set. Fails the test when it cannot. */
struct launched launch_on_sockets(const struct harness_options *options);
struct launched launch_on_pty(const struct harness_options *options);

void launch_set_pty_size(int terminal_fd, int columns, int rows);

#endif
