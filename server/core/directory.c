/* The users as the database last told: a table by name and one by id, of a size that the configuration
 * bounds. Called by access.c, which fills it, and by logins and commands, which ask; on the main loop only.
 * Pure: it touches neither the database nor the clock. */
#include "server/core/directory.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct directory_user *user;
    struct entry *by_name; /* the next of the same bucket */
    struct entry *by_id;
};

struct directory {
    unsigned most;
    unsigned count;
    bool is_fresh;
    unsigned char key[crypto_shorthash_KEYBYTES]; /* whoever may choose names chooses no buckets */
    size_t mask;
    struct entry **names;
    struct entry **ids;
};

struct directory *directory_new(unsigned most)
{
    struct directory *directory = calloc(1, sizeof *directory);
    size_t size = 16;

    while (size < most) {
        size *= 2;
    }
    struct entry **names = calloc(size, sizeof *names);
    struct entry **ids = calloc(size, sizeof *ids);
    if (!directory || !names || !ids) {
        abort();
    }
    directory->most = most;
    directory->mask = size - 1;
    directory->names = names;
    directory->ids = ids;
    crypto_shorthash_keygen(directory->key);
    return directory;
}

void directory_free(struct directory *directory)
{
    directory_forget(directory);
    free(directory->names);
    free(directory->ids);
    free(directory);
}

static struct entry **bucket_of_name(const struct directory *directory, const char *name)
{
    unsigned char hash[crypto_shorthash_BYTES];
    uint64_t number;

    crypto_shorthash(hash, (const unsigned char *)name, strlen(name), directory->key);
    memcpy(&number, hash, sizeof number);
    return &directory->names[number & directory->mask];
}

/* The database counts its ids up, so that the id itself spreads well. */
static struct entry **bucket_of_id(const struct directory *directory, int32_t user_id)
{
    return &directory->ids[(size_t)user_id & directory->mask];
}

static struct entry *find_id(const struct directory *directory, int32_t user_id)
{
    struct entry *entry = *bucket_of_id(directory, user_id);

    while (entry && entry->user->user_id != user_id) {
        entry = entry->by_id;
    }
    return entry;
}

static void unlink_name(struct directory *directory, const struct entry *entry)
{
    struct entry **place = bucket_of_name(directory, entry->user->user);

    while (*place != entry) {
        place = &(*place)->by_name;
    }
    *place = entry->by_name;
}

static void link_name(struct directory *directory, struct entry *entry)
{
    struct entry **bucket = bucket_of_name(directory, entry->user->user);

    entry->by_name = *bucket;
    *bucket = entry;
}

void directory_put(struct directory *directory, struct directory_user *user)
{
    struct entry *entry = find_id(directory, user->user_id);

    if (entry) {
        unlink_name(directory, entry);
        free(entry->user);
    } else if (directory->count >= directory->most) {
        free(user);
        return;
    } else {
        struct entry **bucket = bucket_of_id(directory, user->user_id);
        entry = calloc(1, sizeof *entry);
        if (!entry) {
            abort();
        }
        entry->by_id = *bucket;
        *bucket = entry;
        directory->count++;
    }
    entry->user = user;
    link_name(directory, entry);
}

void directory_remove(struct directory *directory, int32_t user_id)
{
    struct entry *entry = find_id(directory, user_id);
    struct entry **place = bucket_of_id(directory, user_id);

    if (!entry) {
        return;
    }
    unlink_name(directory, entry);
    while (*place != entry) {
        place = &(*place)->by_id;
    }
    *place = entry->by_id;
    free(entry->user);
    free(entry);
    directory->count--;
}

void directory_forget(struct directory *directory)
{
    directory->is_fresh = false;
    for (size_t i = 0; directory->count > 0 && i <= directory->mask; i++) {
        while (directory->ids[i]) {
            directory_remove(directory, directory->ids[i]->user->user_id);
        }
    }
}

void directory_set_fresh(struct directory *directory)
{
    directory->is_fresh = true;
}

bool directory_is_fresh(const struct directory *directory)
{
    return directory->is_fresh;
}

const struct directory_user *directory_find(const struct directory *directory, const char *name)
{
    const struct entry *entry = directory->is_fresh ? *bucket_of_name(directory, name) : NULL;

    while (entry && strcmp(entry->user->user, name) != 0) {
        entry = entry->by_name;
    }
    return entry ? entry->user : NULL;
}

const struct directory_user *directory_find_id(const struct directory *directory, int32_t user_id)
{
    const struct entry *entry = directory->is_fresh ? find_id(directory, user_id) : NULL;

    return entry ? entry->user : NULL;
}

unsigned directory_count(const struct directory *directory)
{
    return directory->count;
}
