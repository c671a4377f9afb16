/* Who a peer is: an immutable record with a counted reference, and the names of roles.
 * Called by login (which makes it) and by commands on any thread.
 * Touches no database and no socket. */
#include "server/core/identity.h"

#include <stdlib.h>
#include <string.h>

static void *must_allocate(size_t count, size_t size)
{
    void *memory = calloc(count == 0 ? 1 : count, size);

    if (memory == NULL) {
        abort();
    }
    return memory;
}

static char *must_copy(const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL) {
        abort();
    }
    return copy;
}

static int compare_codes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct identity *identity_new(const struct identity *facts)
{
    struct identity *identity = must_allocate(1, sizeof *identity);

    *identity = *facts;
    identity->user = must_copy(facts->user);
    identity->store_count = facts->role == ROLE_ADMIN ? 0 : facts->store_count;
    identity->store_codes = must_allocate(identity->store_count, sizeof *identity->store_codes);
    for (unsigned i = 0; i < identity->store_count; i++) {
        identity->store_codes[i] = must_copy(facts->store_codes[i]);
    }
    qsort(identity->store_codes, identity->store_count, sizeof *identity->store_codes, compare_codes);
    identity->references = 1;
    return identity;
}

struct identity *identity_ref(struct identity *identity)
{
    __atomic_add_fetch(&identity->references, 1, __ATOMIC_RELAXED);
    return identity;
}

void identity_unref(struct identity *identity)
{
    if (identity == NULL || __atomic_sub_fetch(&identity->references, 1, __ATOMIC_ACQ_REL) > 0) {
        return;
    }
    for (unsigned i = 0; i < identity->store_count; i++) {
        free((char *)(uintptr_t)identity->store_codes[i]);
    }
    free(identity->store_codes);
    free((char *)(uintptr_t)identity->user);
    free(identity);
}

bool identity_has_store(const struct identity *identity, const char *code)
{
    if (identity->role == ROLE_ADMIN) {
        return true;
    }
    return bsearch(&code, identity->store_codes, identity->store_count, sizeof *identity->store_codes,
                   compare_codes) != NULL;
}

const char *identity_role_text(enum role role)
{
    switch (role) {
    case ROLE_ADMIN:
        return "admin";
    case ROLE_OWNER:
        return "owner";
    case ROLE_STAFF:
        return "staff";
    case ROLE_SIGNUP:
        return "signup";
    }
    return "";
}

bool identity_parse_role(const char *text, enum role *ret_role)
{
    static const enum role roles[] = {ROLE_ADMIN, ROLE_OWNER, ROLE_STAFF};

    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (strcmp(text, identity_role_text(roles[i])) == 0) {
            *ret_role = roles[i];
            return true;
        }
    }
    return false;
}

const char *identity_method_text(enum login_method method)
{
    static const char *const texts[] = {
#define X(name, text) [LOGIN_##name] = text,
        LOGIN_METHOD_LIST(X)
#undef X
    };

    return texts[method];
}
