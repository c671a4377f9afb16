/* Front: what listens, admits or refuses, forks, reaps and restarts. Called by main.c. This header is what
 * its rooms share: one struct front a process, on its only thread. Front holds no database credentials and
 * parses nothing of SSH. */
#ifndef STOCKROOM_SERVER_FRONT_FRONT_H
#define STOCKROOM_SERVER_FRONT_FRONT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "server/front/account.h"
#include "server/front/stats.h"

struct child;
struct children;
struct core_process;
struct door;
struct listeners;
struct poller;
struct proxied;
struct session_host;
struct sessions;
struct tuis;

#define FRONT_NEVER INT64_MAX /* of a time in ms: there is nothing to wait for */

struct front {
    const char *config_path;
    struct config config; /* without its [database]; replaced by SIGHUP */
    struct account account;
    int log_fd;      /* 2, or a file or socket of its own */
    bool is_journal; /* how lines are written to it: for good, as core knows it only from its start */
    int core_program_fd;
    int tui_program_fd;
    bool is_draining;
    struct session_host *host;
    struct poller *poller;
    struct children *children;
    struct listeners *listeners;
    struct door *door;
    struct proxied *proxied;
    struct core_process *core;
    struct sessions *sessions;
    struct tuis *tuis;
    struct stats stats;
};

/* Serve until a signal says otherwise. Returns an exit status; what went wrong at start is on stderr. */
int front_serve(const char *config_path);

/* From core_process: core takes sessions; core ended. final_status >= 0: it never will, and front ends with
 * that. */
void front_core_ready(struct front *front);
void front_core_gone(struct front *front, int final_status);

#endif
