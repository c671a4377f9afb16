/* One line of JSON from the server, taken apart: rows into the model's structs, ends into success or failure.
 * Called by the client (parse) and the app (get). The one place that knows jansson.
 * Every line is hostile until checked: a field that is missing or of another type fails that line only. */
#ifndef STOCKROOM_TUI_CLIENT_ANSWER_H
#define STOCKROOM_TUI_CLIENT_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/model/inventory.h"
#include "tui/model/stores.h"

struct json_t;

enum { ANSWER_CURSOR_SIZE = 1025 };

struct answer {
    struct json_t *row; /* owned; the whole object */
    uint64_t request;   /* from the tag; 0 when there is none of ours */
    bool is_stray;      /* of a line without a tag: of ours only a command's own lines have none */
    bool is_end;        /* the answer's last line; else a row */
    bool ok;            /* of an end */
    bool retryable;     /* of a failure */
    char error[33];     /* code of a failure, clean */
    char message[257];  /* of a failure, clean */
    char after[ANSWER_CURSOR_SIZE]; /* where the next page begins; "" when there is none */
};

struct user {
    char name[65];
    char role[17];
    char method[17];     /* what opened the door: none, password, key, token */
    char key[129];       /* which key did; "" for another method */
    char expires_at[41]; /* when the session ends at the latest; "" for no such time */
    bool has_password;
    bool must_change_password;
};

/* Parse a line (without its end). False when it is no JSON object or its head is wrong; ret_reason then says
 * why. On success ret_answer must be given to answer_done. */
bool answer_parse(const char *line, size_t len, struct answer *ret_answer, char *ret_reason, size_t size);
void answer_done(struct answer *answer);

/* A row of `inventory`. False when a field that must be there is missing or wrong (ret_row may be half
 * filled). */
bool answer_get_item(const struct answer *answer, struct item_row *ret_row);

/* A row of `watch`. */
bool answer_get_movement(const struct answer *answer, struct movement *ret_movement);

/* A row of `store list`. */
bool answer_get_store(const struct answer *answer, char *ret_code, size_t code_size, char *ret_name,
                      size_t name_size);

/* A text field of any row, cleaned; "" when it is missing or no text. */
void answer_get_text(const struct answer *answer, const char *name, char *ret_text, size_t size);

/* The row of `whoami`; the store codes in it are added to stores. */
bool answer_get_user(const struct answer *answer, struct user *ret_user, struct stores *stores);

#endif
