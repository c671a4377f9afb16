/* The configuration: reading and checking stockroom.ini. Used by stockroomd and stockroomd-core; touches only
 * the file and the secret files that it names. config/stockroom.ini documents every key; the table in
 * config.c is the one place that knows their names, ranges and defaults. */
#ifndef STOCKROOM_CONFIG_CONFIG_H
#define STOCKROOM_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/log.h"
#include "config/network.h"

enum { CONFIG_LIST_MAX = 8, CONFIG_NETWORKS_MAX = 32, CONFIG_TEXT_MAX = 1024 };

struct config_list {
    char *items[CONFIG_LIST_MAX];
    unsigned count;
};

/* Networks, as [penalties] exempt has them. */
struct config_networks {
    struct network items[CONFIG_NETWORKS_MAX];
    unsigned count;
};

/* A token bucket: so many a second, and so many at once after a rest. per_second 0: no limit. */
struct config_rate {
    unsigned per_second;
    unsigned burst;
};

/* The buckets of a role, in the order of enum cost_class, then the one of batches. */
struct config_rates {
    struct config_rate read;
    struct config_rate write;
    struct config_rate scan;
    struct config_rate login;
    struct config_rate batch; /* stock lines of batches */
};

enum config_signup { CONFIG_SIGNUP_CLOSED, CONFIG_SIGNUP_INVITE, CONFIG_SIGNUP_APPROVAL, CONFIG_SIGNUP_OPEN };

struct config {
    struct { /* [server] */
        struct config_list
            listen; /* "127.0.0.1:2222", "[::1]:2222"; blank-separated; default 0.0.0.0:2222 [::]:2222 */
        struct config_list host_keys; /* paths of private keys; required to serve */
        char *user;                   /* whom to become when started as root; default stockroom */
        char *log;                    /* a path, - for stderr, or journal */
        char *journal_socket;         /* where the journal listens */
        enum log_level log_level;
        unsigned log_queue_lines;
        unsigned drain_seconds;
        struct config_networks proxy_from; /* balancers, whose connections begin with a PROXY header */
        unsigned proxy_seconds;            /* how long that header may take */
    } server;
    struct {                                 /* [limits] */
        unsigned sessions;                   /* connections in all, before and after login */
        unsigned sessions_per_source;        /* connections from one address */
        unsigned unauthenticated;            /* connections that have not logged in yet */
        unsigned unauthenticated_per_source; /* the same from one address */
        unsigned sessions_per_account;       /* logged in as one user */
        unsigned idle_seconds;               /* without a word from the client; 0: for ever */
        unsigned lock_seconds;               /* until an unused screen asks for the password; 0: never */
        unsigned session_seconds;            /* from the login on; 0: for ever */
        unsigned users_in_memory;            /* users that core knows without asking */
        unsigned audit_queue;                /* refusals that wait to be written to the audit trail */
        unsigned login_grace_seconds;        /* 30 */
        unsigned auth_tries;                 /* 6 */
        unsigned session_memory_mib;         /* RLIMIT_AS of a session process */
        unsigned ping_seconds;               /* how often front pings */
        unsigned ping_timeout_seconds;       /* and how long it waits for the answer before it kills */
        unsigned output_bytes;     /* pending output of a channel, over which its input is not read */
        unsigned output_total_mib; /* pending output of all channels, over which queries answer busy */
        unsigned lines_in_flight;  /* lines of one batch that wait for their answers */
        unsigned atomic_lines;     /* lines of one atomic batch */
        unsigned dry_run_products; /* products whose balances one dry run keeps in mind */
        unsigned verify_products;  /* products with movements that a store under verification may have */
        unsigned verifies;         /* verifications at the same time */
        unsigned imports;          /* of products, at the same time: each has a connection */
        unsigned import_seconds;   /* that one statement of such an import may take */
        unsigned query_queue;      /* requests waiting for a query worker */
        unsigned queries_per_user; /* of one user, that run at the same time */
        unsigned query_timeout_ms; /* how long a request may wait for one */
    } limits;
    struct {                 /* [database] */
        char *dsn;           /* libpq connection string of the server's role */
        char *dsn_file;      /* …or a file that holds it */
        char *password_file; /* its password, when not in the dsn */
        char *owner_dsn;     /* for `migrate`: the owner's; default: the server's */
        char *owner_dsn_file;
        unsigned workers; /* query workers */
        unsigned statement_timeout_ms;
        unsigned connect_timeout_seconds;
        unsigned retry_seconds; /* the longest pause between attempts to connect */
    } database;
    struct { /* [ledger] */
        unsigned lines_per_transaction;
        unsigned commit_target_ms;       /* batches are cut so that a commit takes about this long */
        unsigned stores_per_transaction; /* 0: any number; 1: for Citus */
        unsigned interactive_lines; /* a session with at most this many waiting lines goes ahead of batches */
        unsigned queue_lines;       /* lines of all sessions that may wait for the writer */
        unsigned resolve_seconds;   /* how long lines wait for a lost database before they are given up */
        unsigned lock_timeout_ms;
    } ledger;
    struct {              /* [cache] */
        unsigned mib;     /* 0: no cache */
        unsigned seconds; /* without a look at the database */
    } cache;
    struct {                 /* [passwords] */
        unsigned memory_kib; /* 19456 */
        unsigned passes;     /* 2 */
        unsigned threads;
        unsigned queue;
        unsigned failure_floor_ms;  /* a failed login is answered no sooner */
        unsigned failure_jitter_ms; /* and up to so much later, at random */
    } passwords;
    struct { /* [penalties]: seconds for each offence, added up */
        unsigned login_failure_seconds;
        unsigned no_login_seconds; /* gone without having tried */
        unsigned grace_seconds;    /* did not log in in time */
        unsigned crash_seconds;    /* the session's process died or misbehaved */
        unsigned enforce_seconds;  /* a source is refused from this sum on */
        unsigned most_seconds;     /* and no sum is larger */
        unsigned sources;          /* sources remembered */
        struct config_networks exempt;
        unsigned account_failures;     /* wrong passwords of an account that cost nothing */
        unsigned account_seconds;      /* what the next one costs; each further one twice as much */
        unsigned account_most_seconds; /* at most, and forgotten after as long a rest */
        unsigned accounts;             /* names remembered */
    } penalties;
    struct { /* [throttle] */
        struct config_rates admin;
        struct config_rates owner;
        struct config_rates staff;
    } throttle;
    struct { /* [signup] */
        enum config_signup mode;
        char *invite_code;      /* for mode invite */
        char *invite_code_file; /* …or the file that holds it */
        unsigned pending;       /* signups that may wait for approval */
        unsigned per_source;    /* signups from one address in an hour */
    } signup;
    struct {            /* [tokens] */
        char *key;      /* path of the private key; made when missing. NULL: no tokens */
        char *issuer;   /* what tokens say who made them, and */
        char *audience; /* whom they are for: the same on all servers of an installation */
        unsigned ttl_seconds;
        unsigned ttl_most_seconds;
    } tokens;
};

/* Read and check a file. On failure ret_message (size bytes) says "FILE:LINE: [section] key: reason".
 * Nothing of ret_config needs freeing then. Does not open the secret files. */
enum err config_load(const char *path, struct config *ret_config, char *ret_message, unsigned size);

/* Read dsn_file, password_file and owner_dsn_file into dsn and owner_dsn (the password is added to the dsn as
 * libpq's `password='…'`), and invite_code_file into invite_code. Needed by core and the migration runner
 * only. ERR_USAGE with a message as above. */
enum err config_load_secrets(struct config *config, char *ret_message, unsigned size);

/* Wipe and free the [database] section and every other secret, so that a process that has no business with
 * them cannot leak them. */
void config_forget_secrets(struct config *config);

void config_done(struct config *config);

/* "50/100" (a second, at once; both 1 to 10000000) or "none". ERR_BAD_VALUE. Pure. */
enum err config_parse_rate(const char *text, struct config_rate *ret_rate, struct err_info *ret_info);

#endif
