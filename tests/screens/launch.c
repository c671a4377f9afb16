/* Starting the program: see launch.h.
 * Called by the harness.
 * Touches processes and descriptors only. */
#include "tests/screens/launch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { CORE_FD = 3, CONTROL_FD = 4, OUT_OF_THE_WAY = 10 };

static void become_program(const struct harness_options *options, int terminal, int core, int control)
{
    char columns_text[16];
    char rows_text[16];
    char term[80];
    char *more = NULL;
    snprintf(columns_text, sizeof(columns_text), "%d", options->columns);
    snprintf(rows_text, sizeof(rows_text), "%d", options->rows);
    snprintf(term, sizeof(term), "TERM=%s", options->term != NULL ? options->term : "xterm-256color");
    if (options->more_environment != NULL) {
        more = strdup(options->more_environment);
    }
    char lang[] = "LANG=C.UTF-8";
    char zone[] = "TZ=UTC";
    char *environment[] = {term, lang, zone, more, NULL};
    char program[] = STOCKROOM_TUI;
    char core_option[] = "--core-fd=3";
    char control_option[] = "--control-fd=4";
    char columns_option[] = "--columns";
    char rows_option[] = "--rows";
    char lock_option[40];
    char *arguments[] = {program,        core_option,  control_option,
                         columns_option, columns_text, rows_option,
                         rows_text,      lock_option,  NULL};
    snprintf(lock_option, sizeof(lock_option), "--lock-seconds=%d", options->lock_seconds);
    /* Out of the way first: the descriptors may be those that are wanted. */
    int high_terminal = fcntl(terminal, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
    int high_core = fcntl(core, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
    int high_control = fcntl(control, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
    dup2(high_terminal, STDIN_FILENO);
    dup2(high_terminal, STDOUT_FILENO);
    dup2(high_core, CORE_FD);
    dup2(high_control, CONTROL_FD);
    execve(program, arguments, environment);
    _exit(127);
}

/* As from a shell: a terminal of its own, and a command after "--". */
static void become_program_on_pty(const struct harness_options *options, const char *terminal)
{
    char items[16];
    char program[] = STOCKROOM_TUI;
    char dashes[] = "--";
    char core[] = STOCKROOM_FAKE_CORE;
    char term[] = "TERM=xterm-256color";
    char lang[] = "LANG=C.UTF-8";
    char *arguments[] = {program, dashes, core, items, NULL};
    char *environment[] = {term, lang, NULL};
    snprintf(items, sizeof(items), "%zu", options->items);
    setsid();
    int fd = open(terminal, O_RDWR); /* the first terminal of a session becomes its own */
    dup2(fd, STDIN_FILENO);
    dup2(fd, STDOUT_FILENO);
    execve(program, arguments, environment);
    _exit(127);
}

void launch_set_pty_size(int terminal_fd, int columns, int rows)
{
    struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
    assert_int_equal(ioctl(terminal_fd, TIOCSWINSZ, &size), 0);
}

struct launched launch_on_pty(const struct harness_options *options)
{
    struct launched launched = {.core_fd = -1, .control_fd = -1};
    launched.terminal_fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(launched.terminal_fd >= 0);
    assert_int_equal(grantpt(launched.terminal_fd), 0);
    assert_int_equal(unlockpt(launched.terminal_fd), 0);
    launch_set_pty_size(launched.terminal_fd, options->columns, options->rows);
    const char *name = ptsname(launched.terminal_fd);
    assert_non_null(name);
    launched.pid = fork();
    assert_true(launched.pid >= 0);
    if (launched.pid == 0) {
        become_program_on_pty(options, name);
    }
    return launched;
}

struct launched launch_on_sockets(const struct harness_options *options)
{
    int terminal[2];
    int core[2];
    int control[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, terminal), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, core), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        become_program(options, terminal[1], core[1], control[1]);
    }
    close(terminal[1]);
    close(core[1]);
    close(control[1]);
    return (struct launched){
        .pid = pid, .terminal_fd = terminal[0], .core_fd = core[0], .control_fd = control[0]};
}
