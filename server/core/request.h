/* One command being run: its words, its caller, and what came of it. Made by a channel on the main loop, lent
 * to a worker or the ledger writer while it runs there, given back when it is done. Exactly one thread owns
 * it at a time. */
#ifndef STOCKROOM_SERVER_CORE_REQUEST_H
#define STOCKROOM_SERVER_CORE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/lexer.h"
#include "common/values.h"
#include "server/core/identity.h"
#include "server/core/ledger/movement.h"
#include "server/core/table.h"
#include "server/core/work.h"

struct channel;
struct command;
struct config;
struct core;

enum { REQUEST_INPUTS_MAX = 3 };

/* Options and arguments as given, checked against the command's table (no unknown ones, none twice unless it
 * repeats). */
struct args {
    const char **words; /* positional */
    unsigned word_count;
    struct args_option {
        const char *name;
        const char *value; /* "" for a flag */
    } * options;
    unsigned option_count;
};

/* The value of an option, NULL when it was not given. For one that repeats, the nth (from 0). */
const char *args_option(const struct args *args, const char *name);
const char *args_option_nth(const struct args *args, const char *name, unsigned n);
bool args_flag(const struct args *args, const char *name);

struct request {
    struct arena arena;
    struct work_job job;
    struct core *core;       /* main loop only */
    struct channel *channel; /* NULL once its channel has gone; main loop only */
    struct request *next;    /* the channel's list; main loop only */
    const struct command *command;
    const struct config *config;
    struct args args;
    struct identity *who;
    const char *store;      /* code, resolved by request_resolve_store; NULL before */
    const char *used_store; /* `use` of the batch, or NULL */
    enum format format;
    struct row_prefix prefix;
    uint64_t started_ns; /* by uv_hrtime, when its last word was there; 0: nobody asks */
    bool in_batch;
    bool is_interactive; /* a person is there: a TUI, or a command on a terminal */
    bool dry_run;
    const char *inputs[REQUEST_INPUTS_MAX]; /* lines read for commands that want some, without their ends */
    unsigned input_count;
    unsigned step;        /* the step that runs */
    bool runs_again;      /* set by a step that has more to do than is fair at a time: it is called again */
    bool is_stopping;     /* its session is to end: a step that would run again does not */
    const char *progress; /* how far such a step has come, for stderr; NULL: nothing is to be said */
    uint64_t progress_ms; /* when it was said; 0: never */
    void *data;           /* the command's own, in the arena */

    /* The outcome. */
    enum err err;
    struct err_info error;
    struct movement *movement; /* set by prepare: this request goes to the ledger writer */
    bool is_movement_done;
    struct table table; /* rows, when table.columns is set */
    struct buf output;  /* formatted rows, or a command's own text; freed with the request */
    const char *use;    /* `use CODE`: what the channel shall remember */
    const char *watch;  /* `watch`: the store whose movements the channel shall follow, as of seq watch_seq */
    int64_t watch_seq;
    bool is_refusal; /* the caller reached for what is not the caller's: it goes into the audit trail */
};

/* Which store is meant: --store, else the batch's `use`, else the only one of the user; sets request->store.
 * ERR_USAGE when none or several could be meant; ERR_UNKNOWN_STORE when it is not one of the caller's (an
 * admin's choice is checked by the database only). For prepare functions. */
enum err request_resolve_store(struct request *request, struct err_info *ret_info);

/* Is every row of every store wanted (--all-stores)? Owners and staff then get all of their own. */
bool request_all_stores(const struct request *request);

/* --limit, 1,000 unless given, at most 10,000. */
enum err request_limit(const struct request *request, int64_t *ret_limit, struct err_info *ret_info);

#endif
