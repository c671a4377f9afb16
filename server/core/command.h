/* What a command is: one const struct in server/core/commands/NAME.c, listed in command_table.c. The table
 * alone drives parsing, authorisation, throttling, `help` and completion. */
#ifndef STOCKROOM_SERVER_CORE_COMMAND_H
#define STOCKROOM_SERVER_CORE_COMMAND_H

#include <stdbool.h>

#include "common/err.h"
#include "server/core/db/db.h"
#include "server/core/request.h"

enum cost_class { COST_READ, COST_WRITE, COST_SCAN, COST_LOGIN };

struct option_spec {
    const char *name;  /* without the dashes; NULL ends the list */
    const char *value; /* what stands in help for its value ("MONEY"); NULL: a flag */
    const char *help;
    bool repeats;
    bool required;
};

enum step_place { STEP_QUERY, STEP_PASSWORD };

/* A part of a command that runs elsewhere than on the main loop. */
struct command_step {
    enum step_place place;
    /* On a worker's thread. db is NULL for STEP_PASSWORD. Fills request->table or request->output. */
    enum err (*run)(struct request *request, struct db *db, struct err_info *ret_info);
};

enum { COMMAND_STEPS_MAX = 3 };

struct command {
    const char *name;      /* "sell", "product add" */
    const char *alias;     /* another name, or NULL */
    const char *arguments; /* for help: "SKU QTY" */
    unsigned arguments_min;
    unsigned arguments_max;
    const struct option_spec *options; /* NULL: only --format */
    unsigned roles;                    /* who may run it at all */
    enum cost_class cost;
    bool always;         /* also for those who must change their password first */
    const char *summary; /* one line for `help` */
    const char *help;    /* the paragraphs below it; NULL: none */
    /* How many lines it wants besides its words, at most REQUEST_INPUTS_MAX, with what a terminal shows
     * before each. They are the first of stdin, or in a batch the ones that follow; a terminal does not echo
     * them. NULL: none. Main loop; before prepare. */
    unsigned (*inputs)(const struct request *request, const char **ret_prompts);
    bool changes;   /* writes to the database: a dry run rolls its steps back */
    bool catalogue; /* changes what answers show besides stock: the cache is void after it */
    bool streams;   /* goes on until the client leaves */
    /* On the main loop: check the values, resolve the store, fill request->movement or request->data. Never
     * blocks. NULL: nothing to check. A command without steps and without a movement is answered by it alone.
     */
    enum err (*prepare)(struct request *request, struct err_info *ret_info);
    /* On the main loop, when it is the command's turn to run its first step: answer it from memory instead.
     * False: it cannot. NULL: never. */
    bool (*recall)(struct request *request);
    struct command_step steps[COMMAND_STEPS_MAX]; /* run NULL ends them */
    /* On the main loop, after the last step, when all went well and not in a dry run; the caller may have
     * gone. NULL: nothing. */
    void (*finish)(struct request *request);
    /* On the main loop, when the request goes, if it has data: free what is not in the arena. NULL: nothing.
     */
    void (*release)(struct request *request);
};

/* All commands, in the order of `help`; NULL ends the list. */
extern const struct command *const command_table[];

/* The command whose name (of one or two words) begins `words`; *ret_used tells how many words it took. NULL:
 * unknown. Pure. */
const struct command *command_find(const char *const *words, unsigned word_count, unsigned *ret_used);

/* Options that every command knows (--format), and those shared by some. */
#define OPTION_END                                                                                           \
    {                                                                                                        \
        NULL, NULL, NULL, false, false                                                                       \
    }
#define OPTION_STORE                                                                                         \
    {                                                                                                        \
        "store", "CODE", "the store; not needed by a user with only one", false, false                       \
    }
#define OPTION_ALL_STORES                                                                                    \
    {                                                                                                        \
        "all-stores", NULL, "every store that you may see", false, false                                     \
    }
#define OPTION_LIMIT                                                                                         \
    {                                                                                                        \
        "limit", "N", "at most N rows (1000; at most 10000)", false, false                                   \
    }
#define OPTION_AFTER                                                                                         \
    {                                                                                                        \
        "after", "CURSOR", "go on after the page that named this cursor", false, false                       \
    }

#endif
