/* Who a peer is and what it may see. Made at login, immutable, counted references (main loop and workers share it).
 * Pure: the data is read by login.c. */
#ifndef STOCKROOM_SERVER_CORE_IDENTITY_H
#define STOCKROOM_SERVER_CORE_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

enum role { ROLE_ADMIN = 1, ROLE_OWNER = 2, ROLE_STAFF = 4 };
enum { ROLE_ANY = ROLE_ADMIN | ROLE_OWNER | ROLE_STAFF };

struct identity {
    int32_t user_id;
    int32_t key_id; /* the public key that proved it; 0: a password */
    enum role role;
    char *user;
    unsigned store_count; /* of owners and staff, sorted by code; an admin has every store and lists none */
    char **store_codes;
    int references; /* atomic; use the functions below */
};

/* Copies its arguments. One reference, the caller's. */
struct identity *identity_new(int32_t user_id, int32_t key_id, enum role role, const char *user,
                              const char *const *store_codes, unsigned store_count);
struct identity *identity_ref(struct identity *identity);
void identity_unref(struct identity *identity); /* NULL is fine */

/* May this identity know of the store? Any thread. */
bool identity_has_store(const struct identity *identity, const char *code);

const char *identity_role_text(enum role role); /* "admin", "owner", "staff" */
bool identity_parse_role(const char *text, enum role *ret_role);

#endif
