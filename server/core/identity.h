/* Who a peer is, what it may see, and how it came in. Made at login, immutable, counted references (main loop
 * and workers share it). When the user changes, the peer gets a new one or has to go (access.h). Pure: the
 * data is read by login.c. */
#ifndef STOCKROOM_SERVER_CORE_IDENTITY_H
#define STOCKROOM_SERVER_CORE_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

enum role {
    ROLE_ADMIN = 1,
    ROLE_OWNER = 2,
    ROLE_STAFF = 4,
    ROLE_SIGNUP = 8 /* nobody yet: came as `signup`, and may sign up */
};
enum { ROLE_ANY = ROLE_ADMIN | ROLE_OWNER | ROLE_STAFF };

/* What opened the door. X(name, text in whoami, sessions, audit and the log) */
#define LOGIN_METHOD_LIST(X)                                                                                 \
    X(NONE, "none") /* signup */                                                                             \
    X(PASSWORD, "password")                                                                                  \
    X(KEY, "key")                                                                                            \
    X(TOKEN, "token")                                                                                        \
    X(CONSOLE, "console") /* the command line of the server's machine */

enum login_method {
#define X(name, text) LOGIN_##name,
    LOGIN_METHOD_LIST(X)
#undef X
};

enum { IDENTITY_SOURCE_MAX = 64 };

/* A zeroed one, with user and role set, is valid. */
struct identity {
    int32_t user_id; /* 0: ROLE_SIGNUP, or the console */
    int32_t key_id;  /* the public key that proved it; 0: LOGIN_KEY it was not */
    enum role role;
    enum login_method method;
    bool has_password;
    bool must_change_password; /* came in by a password that somebody else had chosen: may change it, and no
                                  more */
    int64_t password_epoch;    /* of the user, when it came in */
    int64_t token_epoch;
    int64_t expires_us; /* when its token ends, microseconds since 1970; 0: never */
    const char *user;
    unsigned store_count; /* of owners and staff, sorted by code; an admin has every store and lists none */
    const char **store_codes;
    uint64_t server;  /* random, of the server it came to: as announcements name their origin */
    uint64_t session; /* its number there; 0: none */
    char source[IDENTITY_SOURCE_MAX]; /* the client's address */
    int references;                   /* atomic; use the functions below */
};

/* A copy of facts, whose texts are borrowed, with its stores sorted. One reference, the caller's. Aborts
 * without memory. */
struct identity *identity_new(const struct identity *facts);
struct identity *identity_ref(struct identity *identity);
void identity_unref(struct identity *identity); /* NULL is fine */

/* May this identity know of the store? Any thread. */
bool identity_has_store(const struct identity *identity, const char *code);

const char *identity_role_text(enum role role);                  /* "admin", "owner", "staff", "signup" */
bool identity_parse_role(const char *text, enum role *ret_role); /* not "signup": nobody is given that */

const char *identity_method_text(enum login_method method);

#endif
