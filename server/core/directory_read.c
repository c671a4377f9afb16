/* A user of the directory from a row of user_access.sql, in one piece of memory. Called by the listener and
 * by logins on their threads. Pure; a row that holds what it must not is no user. */
#include <stdlib.h>
#include <string.h>

#include "common/values.h"
#include "server/core/directory.h"

enum { RATE_MOST = 10000000 };

/* How many lines a text of lines has, whose last does not end. */
static unsigned count_lines(const char *text)
{
    unsigned count = *text != '\0';

    for (; *text; text++) {
        count += *text == '\n';
    }
    return count;
}

/* Cut off the first line; *text goes on after it. */
static char *take_line(char **text)
{
    char *line = *text;
    size_t len = strcspn(line, "\n");

    *text = line + len + (line[len] != '\0');
    line[len] = '\0';
    return line;
}

static bool read_keys(char *text, unsigned count, int32_t *ret_ids)
{
    for (unsigned i = 0; i < count; i++) {
        int64_t id;
        if (!values_parse_i64(take_line(&text), &id) || id < 1 || id > INT32_MAX) {
            return false;
        }
        ret_ids[i] = (int32_t)id;
    }
    return true;
}

/* "CLASS PER_SECOND BURST" */
static bool read_limit(char *line, struct directory_user *user)
{
    enum throttle_bucket bucket;
    int64_t per_second;
    int64_t burst;
    char *first = strchr(line, ' ');
    char *second = first ? strchr(first + 1, ' ') : NULL;

    if (!second) {
        return false;
    }
    *first = '\0';
    *second = '\0';
    if (!throttle_parse_bucket(line, &bucket) || !values_parse_i64(first + 1, &per_second) ||
        !values_parse_i64(second + 1, &burst) || per_second < 0 || per_second > RATE_MOST || burst < 0 ||
        burst > RATE_MOST) {
        return false;
    }
    user->has_limit[bucket] = true;
    user->limits[bucket] = (struct config_rate){(unsigned)per_second, (unsigned)burst};
    return true;
}

static bool read_limits(char *text, struct directory_user *user)
{
    while (*text) {
        if (!read_limit(take_line(&text), user)) {
            return false;
        }
    }
    return true;
}

static char *copy_text(char **place, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*place, text, size);

    *place += size;
    return copy;
}

/* The user with room for everything that the row tells of it; *ret_text is where its texts go. */
static struct directory_user *allocate(const struct db_result *result, int row, const char *stores,
                                       const char *keys, char **ret_text)
{
    unsigned store_count = count_lines(stores);
    unsigned key_count = count_lines(keys);
    size_t codes_at = sizeof(struct directory_user);
    size_t ids_at = codes_at + store_count * sizeof(const char *);
    size_t text_at = ids_at + key_count * sizeof(int32_t);
    size_t texts = strlen(db_result_text(result, row, DIRECTORY_USER_NAME)) + strlen(stores) + strlen(keys) +
                   strlen(db_result_text(result, row, DIRECTORY_LIMITS)) + 4;
    char *memory = calloc(1, text_at + texts);

    if (!memory) {
        abort();
    }
    struct directory_user *user = (struct directory_user *)(void *)memory;
    user->store_codes = (const char **)(void *)(memory + codes_at);
    user->key_ids = (int32_t *)(void *)(memory + ids_at);
    user->store_count = store_count;
    user->key_count = key_count;
    *ret_text = memory + text_at;
    return user;
}

static bool fill(struct directory_user *user, const struct db_result *result, int row, char *text)
{
    int64_t id = db_result_i64(result, row, DIRECTORY_USER_ID);

    user->user_id = (int32_t)id;
    user->is_enabled = db_result_bool(result, row, DIRECTORY_ENABLED);
    user->has_password = db_result_bool(result, row, DIRECTORY_HAS_PASSWORD);
    user->must_change_password = db_result_bool(result, row, DIRECTORY_MUST_CHANGE_PASSWORD);
    user->password_epoch = db_result_i64(result, row, DIRECTORY_PASSWORD_EPOCH);
    user->token_epoch = db_result_i64(result, row, DIRECTORY_TOKEN_EPOCH);
    user->user = copy_text(&text, db_result_text(result, row, DIRECTORY_USER_NAME));
    char *stores = copy_text(&text, db_result_text(result, row, DIRECTORY_STORES));
    for (unsigned i = 0; i < user->store_count; i++) {
        user->store_codes[i] = take_line(&stores);
    }
    char *keys = copy_text(&text, db_result_text(result, row, DIRECTORY_KEYS));
    return id > 0 && id <= INT32_MAX && *user->user &&
           identity_parse_role(db_result_text(result, row, DIRECTORY_ROLE), &user->role) &&
           read_keys(keys, user->key_count, (int32_t *)(uintptr_t)user->key_ids) &&
           read_limits(copy_text(&text, db_result_text(result, row, DIRECTORY_LIMITS)), user);
}

struct directory_user *directory_user_read(const struct db_result *result, int row)
{
    char *text;

    for (int column = 0; column < DIRECTORY_COLUMNS; column++) {
        if (!db_result_text(result, row, column)) {
            return NULL;
        }
    }
    struct directory_user *user = allocate(result, row, db_result_text(result, row, DIRECTORY_STORES),
                                           db_result_text(result, row, DIRECTORY_KEYS), &text);
    if (!fill(user, result, row, text)) {
        free(user);
        return NULL;
    }
    return user;
}
