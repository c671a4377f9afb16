/* A session: one SSH connection in a process of its own. Called by front: prepared once before any fork, run
 * in the child. libssh and nothing else: credentials and commands go to core, terminal bytes to the TUI; no
 * database, no exec. */
#ifndef STOCKROOM_SERVER_SESSION_SESSION_H
#define STOCKROOM_SERVER_SESSION_SESSION_H

#include <stdint.h>
#include <sys/types.h>

#include "common/err.h"
#include "config/config.h"

struct session_host;

/* Load the host keys and set what is offered to clients. In front, at start (and again after SIGHUP: free the
 * old one). ERR_USAGE names the key that cannot be used. */
enum err session_host_new(const struct config *config, struct session_host **ret_host,
                          struct err_info *ret_info);
void session_host_free(struct session_host *host);

/* What a session works with; all descriptors become the session's. */
struct session_settings {
    struct session_host *host;
    const struct config *config;
    uint64_t id;
    int client_fd;   /* the accepted socket: non-blocking, close-on-exec */
    int core_fd;     /* SOCK_STREAM: frames of common/wire.h */
    int control_fd;  /* SOCK_SEQPACKET: front */
    int terminal_fd; /* SOCK_STREAM: the TUI's terminal, once WIRE_START_TUI was sent */
};

/* Run the session to its end: lock the process in (limits, seccomp), serve, exit. In the child of a fork,
 * after it has become the unprivileged user and closed everything else but 0 to 2 and the log. Never returns.
 */
_Noreturn void session_run(const struct session_settings *settings);

/* The version of libssh, for --version. */
const char *session_library_version(void);

#endif
