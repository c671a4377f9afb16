/* Errors: the one list of codes that clients see, with exit status and whether trying again may help.
 * Called by everything. Touches nothing. Functions return enum err; what a person should read goes
 * into a struct err_info. */
#ifndef STOCKROOM_COMMON_ERR_H
#define STOCKROOM_COMMON_ERR_H

#include <stdbool.h>

/* X(name, text in the protocol, exit status, retryable). The texts are the public contract. */
#define ERR_LIST(X)                                                                                          \
    X(USAGE, "usage", 64, false)                                                                             \
    X(UNKNOWN_COMMAND, "unknown-command", 64, false)                                                         \
    X(BAD_VALUE, "bad-value", 65, false)                                                                     \
    X(UNKNOWN_PRODUCT, "unknown-product", 65, false)                                                         \
    X(UNKNOWN_STORE, "unknown-store", 65, false)                                                             \
    X(UNKNOWN_USER, "unknown-user", 65, false)                                                               \
    X(UNKNOWN_MOVEMENT, "unknown-movement", 65, false)                                                       \
    X(INSUFFICIENT_STOCK, "insufficient-stock", 1, false)                                                    \
    X(ALREADY_EXISTS, "already-exists", 1, false)                                                            \
    X(ALREADY_REVERSED, "already-reversed", 1, false)                                                        \
    X(REF_CONFLICT, "ref-conflict", 1, false)                                                                \
    X(RETIRED_PRODUCT, "retired-product", 1, false)                                                          \
    X(CLOSED_STORE, "closed-store", 1, false)                                                                \
    X(IN_USE, "in-use", 1, false)                                                                            \
    X(UNSOUND, "unsound", 1, false)                                                                          \
    X(NOT_PERMITTED, "not-permitted", 77, false)                                                             \
    X(THROTTLED, "throttled", 75, true)                                                                      \
    X(BUSY, "busy", 75, true)                                                                                \
    X(DATABASE_UNAVAILABLE, "database-unavailable", 69, true)                                                \
    X(TOO_LONG, "too-long", 65, false)                                                                       \
    X(BAD_ENCODING, "bad-encoding", 65, false)                                                               \
    X(INTERNAL, "internal", 70, false)

enum err {
    ERR_OK = 0,
#define X(name, text, status, retryable) ERR_##name,
    ERR_LIST(X)
#undef X
};

/* A detail for people; at most one sentence, without a final stop. Cut when too long. */
struct err_info {
    enum err code;
    char message[256];
};

/* The protocol's text of a code ("ok" for ERR_OK). Static. Any thread. */
const char *err_text(enum err code);

/* The exit status of a command that failed with this code (0 for ERR_OK). Any thread. */
int err_exit_status(enum err code);

/* Whether the same request may succeed later, unchanged. Any thread. */
bool err_retryable(enum err code);

/* Fill ret_info (may be NULL) and return code, so that a function can end in `return err_set(...)`.
 * The message is cleaned: bytes that are not printable UTF-8 come out as '?'. */
enum err err_set(struct err_info *ret_info, enum err code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
