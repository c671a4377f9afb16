/* The configuration: reading and checking stockroom.ini. Used by stockroomd and stockroomd-core; touches only the
 * file and the secret files that it names. config/stockroom.ini documents every key; the table in config.c is the
 * one place that knows their names, ranges and defaults. */
#ifndef STOCKROOM_CONFIG_CONFIG_H
#define STOCKROOM_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/log.h"

enum {
    CONFIG_LIST_MAX = 8,
    CONFIG_TEXT_MAX = 1024
};

struct config_list {
    char *items[CONFIG_LIST_MAX];
    unsigned count;
};

struct config {
    struct { /* [server] */
        struct config_list listen;    /* "127.0.0.1:2222", "[::1]:2222"; blank-separated; default 0.0.0.0:2222 [::]:2222 */
        struct config_list host_keys; /* paths of private keys; required to serve */
        char *user;                   /* whom to become when started as root; default stockroom */
        char *log;                    /* a path, or - for stderr */
        enum log_level log_level;
        unsigned log_queue_lines;
        unsigned drain_seconds;
    } server;
    struct { /* [limits] */
        unsigned sessions;              /* connections in all, before and after login */
        unsigned sessions_per_source;   /* connections from one address */
        unsigned unauthenticated;       /* connections that have not logged in yet */
        unsigned login_grace_seconds;   /* 30 */
        unsigned auth_tries;            /* 6 */
        unsigned session_memory_mib;    /* RLIMIT_AS of a session process */
        unsigned ping_seconds;          /* how often front pings */
        unsigned ping_timeout_seconds;  /* and how long it waits for the answer before it kills */
        unsigned output_bytes;          /* pending output of a channel, over which its input is not read */
        unsigned output_total_mib;      /* pending output of all channels, over which queries answer busy */
        unsigned lines_in_flight;       /* lines of one batch that wait for their answers */
        unsigned atomic_lines;          /* lines of one atomic batch */
        unsigned dry_run_products;      /* products whose balances one dry run keeps in mind */
        unsigned query_queue;           /* requests waiting for a query worker */
        unsigned query_timeout_ms;      /* how long a request may wait for one */
    } limits;
    struct { /* [database] */
        char *dsn;               /* libpq connection string of the server's role */
        char *dsn_file;          /* …or a file that holds it */
        char *password_file;     /* its password, when not in the dsn */
        char *owner_dsn;         /* for `migrate`: the owner's; default: the server's */
        char *owner_dsn_file;
        unsigned workers;        /* query workers */
        unsigned statement_timeout_ms;
        unsigned connect_timeout_seconds;
        unsigned retry_seconds;  /* the longest pause between attempts to connect */
    } database;
    struct { /* [ledger] */
        unsigned lines_per_transaction;
        unsigned commit_target_ms;       /* batches are cut so that a commit takes about this long */
        unsigned stores_per_transaction; /* 0: any number; 1: for Citus */
        unsigned interactive_lines;      /* a session with at most this many waiting lines goes ahead of batches */
        unsigned queue_lines;            /* lines of all sessions that may wait for the writer */
        unsigned resolve_seconds;        /* how long lines wait for a lost database before they are given up */
        unsigned lock_timeout_ms;
    } ledger;
    struct { /* [passwords] */
        unsigned memory_kib; /* 19456 */
        unsigned passes;     /* 2 */
        unsigned threads;
        unsigned queue;
    } passwords;
};

/* Read and check a file. On failure ret_message (size bytes) says "FILE:LINE: [section] key: reason".
 * Nothing of ret_config needs freeing then. Does not open the secret files. */
enum err config_load(const char *path, struct config *ret_config, char *ret_message, unsigned size);

/* Read dsn_file, password_file and owner_dsn_file into dsn and owner_dsn (the password is added to the dsn as libpq's
 * `password='…'`). Needed by core and the migration runner only. ERR_USAGE with a message as above. */
enum err config_load_secrets(struct config *config, char *ret_message, unsigned size);

/* Wipe and free the [database] section, so that a process that has no business with it cannot leak it. */
void config_forget_database(struct config *config);

void config_done(struct config *config);

#endif
