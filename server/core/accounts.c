/* Penalties by account: a table of names with failures, ordered by when they are forgiven, and one of the
 * sources that have logged in to an account. Called by login.c on the main loop and by unlock on the password
 * pool. Names are kept as keyed hashes: clients choose them. */
#include "server/core/accounts.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum { BUCKETS_LEAST = 64, SOURCES_KEPT = 4, SHIFT_MAX = 20 };

/* A name with failures, or with passwords that are being checked. */
struct account {
    unsigned char key[ACCOUNTS_KEY_BYTES];
    unsigned failures;
    unsigned pending;     /* being checked */
    uint64_t until_ms;    /* refuses passwords until then */
    uint64_t forgiven_ms; /* is as if nothing had been */
    size_t place;         /* in the heap */
    struct account *next; /* in its bucket */
};

/* Where an account was logged in to from; the last first. */
struct known {
    unsigned char key[ACCOUNTS_KEY_BYTES];
    unsigned char sources[SOURCES_KEPT][ACCOUNTS_KEY_BYTES];
    unsigned count;
    struct known *next;
    TAILQ_ENTRY(known) link; /* by use, the oldest first */
};

struct accounts {
    pthread_mutex_t mutex;
    unsigned char seed[crypto_generichash_KEYBYTES];
    unsigned free_failures;
    uint64_t first_ms;
    uint64_t most_ms;
    size_t most; /* of each table */
    size_t mask;
    struct account **buckets;
    struct account **heap; /* the next to be forgiven on top */
    size_t count;
    struct known **known_buckets;
    size_t known_count;
    TAILQ_HEAD(, known) known;
};

static void *must_allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (memory == NULL) {
        abort();
    }
    return memory;
}

struct accounts *accounts_new(const struct config *config)
{
    struct accounts *accounts = must_allocate(1, sizeof *accounts);
    size_t size = BUCKETS_LEAST;

    accounts->most = config->penalties.accounts;
    while (size < accounts->most) {
        size *= 2;
    }
    accounts->free_failures = config->penalties.account_failures;
    accounts->first_ms = (uint64_t)config->penalties.account_seconds * 1000;
    accounts->most_ms = (uint64_t)config->penalties.account_most_seconds * 1000;
    accounts->mask = size - 1;
    accounts->buckets = must_allocate(size, sizeof(struct account *));
    accounts->heap = must_allocate(accounts->most, sizeof(struct account *));
    accounts->known_buckets = must_allocate(size, sizeof(struct known *));
    TAILQ_INIT(&accounts->known);
    randombytes_buf(accounts->seed, sizeof accounts->seed);
    if (pthread_mutex_init(&accounts->mutex, NULL) != 0) {
        abort();
    }
    return accounts;
}

void accounts_free(struct accounts *accounts)
{
    if (accounts == NULL) {
        return;
    }
    for (size_t i = 0; i < accounts->count; i++) {
        free(accounts->heap[i]);
    }
    struct known *known;
    while ((known = TAILQ_FIRST(&accounts->known)) != NULL) {
        TAILQ_REMOVE(&accounts->known, known, link);
        free(known);
    }
    pthread_mutex_destroy(&accounts->mutex);
    free(accounts->buckets);
    free(accounts->heap);
    free(accounts->known_buckets);
    free(accounts);
}

static void hash_text(const struct accounts *accounts, const char *text, size_t len,
                      unsigned char ret_key[ACCOUNTS_KEY_BYTES])
{
    crypto_generichash(ret_key, ACCOUNTS_KEY_BYTES, (const unsigned char *)text, len, accounts->seed,
                       sizeof accounts->seed);
}

void accounts_tag(const struct accounts *accounts, const char *user, size_t len,
                  char ret_tag[ACCOUNTS_TAG_SIZE])
{
    unsigned char key[ACCOUNTS_KEY_BYTES];

    hash_text(accounts, user, len, key);
    sodium_bin2hex(ret_tag, ACCOUNTS_TAG_SIZE, key, ACCOUNTS_TAG_SIZE / 2);
}

static size_t slot_of(const struct accounts *accounts, const unsigned char *key)
{
    uint64_t hash;

    memcpy(&hash, key, sizeof hash);
    return hash & accounts->mask;
}

/* ------------------------------------------------------------------ the heap of accounts */

static void put(struct accounts *accounts, struct account *account, size_t place)
{
    accounts->heap[place] = account;
    account->place = place;
}

/* To where it belongs, after its time has changed. */
static void sift(struct accounts *accounts, struct account *account)
{
    size_t place = account->place;

    while (place > 0 && accounts->heap[(place - 1) / 2]->forgiven_ms > account->forgiven_ms) {
        put(accounts, accounts->heap[(place - 1) / 2], place);
        place = (place - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * place + 1;
        if (child + 1 < accounts->count &&
            accounts->heap[child + 1]->forgiven_ms < accounts->heap[child]->forgiven_ms) {
            child++;
        }
        if (child >= accounts->count || accounts->heap[child]->forgiven_ms >= account->forgiven_ms) {
            break;
        }
        put(accounts, accounts->heap[child], place);
        place = child;
    }
    put(accounts, account, place);
}

static void account_remove(struct accounts *accounts, struct account *account)
{
    struct account **link = &accounts->buckets[slot_of(accounts, account->key)];
    struct account *last = accounts->heap[--accounts->count];

    while (*link != account) {
        link = &(*link)->next;
    }
    *link = account->next;
    if (last != account) {
        put(accounts, last, account->place);
        sift(accounts, last);
    }
    free(account);
}

static struct account *account_find(const struct accounts *accounts, const unsigned char *key)
{
    struct account *account = accounts->buckets[slot_of(accounts, key)];

    while (account != NULL && memcmp(account->key, key, ACCOUNTS_KEY_BYTES) != 0) {
        account = account->next;
    }
    return account;
}

/* The one there is, or a new one; what is forgiven makes room, or what will be first. */
static struct account *account_get(struct accounts *accounts, const unsigned char *key, uint64_t now_ms)
{
    struct account *account = account_find(accounts, key);

    if (account != NULL) {
        return account;
    }
    if (accounts->count == accounts->most) {
        account_remove(accounts, accounts->heap[0]);
    }
    account = must_allocate(1, sizeof *account);
    memcpy(account->key, key, ACCOUNTS_KEY_BYTES);
    account->forgiven_ms = now_ms;
    struct account **bucket = &accounts->buckets[slot_of(accounts, key)];
    account->next = *bucket;
    *bucket = account;
    put(accounts, account, accounts->count++);
    sift(accounts, account);
    return account;
}

static void forgive(struct accounts *accounts, struct account *account, uint64_t now_ms)
{
    if (account->forgiven_ms <= now_ms) {
        account->failures = 0;
        if (account->pending == 0) {
            account_remove(accounts, account);
        }
    }
}

/* The first failure past the free ones costs the least, each further one twice as much. */
static void count_failure(struct accounts *accounts, struct account *account, uint64_t now_ms)
{
    account->failures++;
    if (account->failures > accounts->free_failures) {
        unsigned shift = account->failures - accounts->free_failures - 1;
        uint64_t cost_ms = accounts->first_ms << (shift < SHIFT_MAX ? shift : SHIFT_MAX);
        account->until_ms = now_ms + (cost_ms < accounts->most_ms ? cost_ms : accounts->most_ms);
    } else {
        account->until_ms = now_ms;
    }
    account->forgiven_ms = account->until_ms + accounts->most_ms;
    sift(accounts, account);
}

/* ------------------------------------------------------------------ sources that are known */

static struct known *known_find(const struct accounts *accounts, const unsigned char *key)
{
    struct known *known = accounts->known_buckets[slot_of(accounts, key)];

    while (known != NULL && memcmp(known->key, key, ACCOUNTS_KEY_BYTES) != 0) {
        known = known->next;
    }
    return known;
}

static void known_remove(struct accounts *accounts, struct known *known)
{
    struct known **link = &accounts->known_buckets[slot_of(accounts, known->key)];

    while (*link != known) {
        link = &(*link)->next;
    }
    *link = known->next;
    TAILQ_REMOVE(&accounts->known, known, link);
    accounts->known_count--;
    free(known);
}

static unsigned source_place(const struct known *known, const unsigned char *source)
{
    unsigned place = 0;

    while (place < known->count && memcmp(known->sources[place], source, ACCOUNTS_KEY_BYTES) != 0) {
        place++;
    }
    return place;
}

static bool is_known(const struct accounts *accounts, const struct accounts_try *attempt)
{
    const struct known *known = known_find(accounts, attempt->account);

    return attempt->has_source && known != NULL && source_place(known, attempt->source) < known->count;
}

/* The source becomes the first of its account, and the account the last to be dropped. Only those who know a
 * password make entries here: attackers do not drive them out. */
static void remember_source(struct accounts *accounts, const struct accounts_try *attempt)
{
    struct known *known = known_find(accounts, attempt->account);

    if (known == NULL) {
        if (accounts->known_count == accounts->most) {
            known_remove(accounts, TAILQ_FIRST(&accounts->known));
        }
        known = must_allocate(1, sizeof *known);
        memcpy(known->key, attempt->account, ACCOUNTS_KEY_BYTES);
        struct known **bucket = &accounts->known_buckets[slot_of(accounts, known->key)];
        known->next = *bucket;
        *bucket = known;
        accounts->known_count++;
    } else {
        TAILQ_REMOVE(&accounts->known, known, link);
    }
    TAILQ_INSERT_TAIL(&accounts->known, known, link);
    unsigned place = source_place(known, attempt->source);
    if (place == known->count && known->count < SOURCES_KEPT) {
        known->count++;
    } else if (place == known->count) {
        place--;
    }
    memmove(known->sources[1], known->sources[0], place * sizeof known->sources[0]);
    memcpy(known->sources[0], attempt->source, ACCOUNTS_KEY_BYTES);
}

/* ------------------------------------------------------------------ tries */

static struct accounts_try name_try(const struct accounts *accounts, const char *user, size_t len,
                                    const char *source)
{
    struct accounts_try attempt = {.has_source = *source != '\0'};

    hash_text(accounts, user, len, attempt.account);
    hash_text(accounts, source, strlen(source), attempt.source);
    return attempt;
}

static enum accounts_answer begin(struct accounts *accounts, struct accounts_try *attempt, bool is_exempt,
                                  uint64_t now_ms, unsigned *ret_seconds)
{
    struct account *account = account_find(accounts, attempt->account);

    if (account != NULL) {
        forgive(accounts, account, now_ms);
    }
    account = account_get(accounts, attempt->account, now_ms);
    if (!is_exempt && account->until_ms > now_ms) {
        *ret_seconds = (unsigned)((account->until_ms - now_ms + 999) / 1000);
        return ACCOUNTS_REFUSED;
    }
    if (!is_exempt && account->pending > 0 &&
        account->failures + account->pending >= accounts->free_failures) {
        return ACCOUNTS_WAIT;
    }
    account->pending++;
    attempt->is_open = true;
    return ACCOUNTS_GO;
}

enum accounts_answer accounts_begin(struct accounts *accounts, const char *user, size_t len,
                                    const char *source, uint64_t now_ms, struct accounts_try *ret_try,
                                    unsigned *ret_seconds)
{
    struct accounts_try attempt = name_try(accounts, user, len, source);

    pthread_mutex_lock(&accounts->mutex);
    bool is_exempt = is_known(accounts, &attempt);
    enum accounts_answer answer = begin(accounts, &attempt, is_exempt, now_ms, ret_seconds);
    pthread_mutex_unlock(&accounts->mutex);
    *ret_try = attempt;
    return answer;
}

void accounts_end(struct accounts *accounts, struct accounts_try *attempt, enum accounts_outcome outcome,
                  uint64_t now_ms)
{
    if (!attempt->is_open) {
        return;
    }
    attempt->is_open = false;
    pthread_mutex_lock(&accounts->mutex);
    struct account *account = account_get(accounts, attempt->account, now_ms); /* it may have made room */
    account->pending -= account->pending > 0;
    if (outcome == ACCOUNTS_WRONG) {
        count_failure(accounts, account, now_ms);
    } else if (outcome == ACCOUNTS_RIGHT && attempt->has_source) {
        remember_source(accounts, attempt);
    }
    forgive(accounts, account, now_ms);
    pthread_mutex_unlock(&accounts->mutex);
}

void accounts_remember(struct accounts *accounts, const char *user, size_t len, const char *source)
{
    struct accounts_try attempt = name_try(accounts, user, len, source);

    pthread_mutex_lock(&accounts->mutex);
    if (attempt.has_source) {
        remember_source(accounts, &attempt);
    }
    pthread_mutex_unlock(&accounts->mutex);
}
