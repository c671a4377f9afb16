/* The keys of stockroom.ini, their ranges and defaults; the checks of each kind of value. Called by config.c.
 * Touches only the struct config it is given. A key is added here, in config.h and in stockroom.ini. */
#include "config/keys.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "common/values.h"

enum { HOST_MAX = 255, USER_MAX = 32 };

#define NUMBER(section, field, initial, min, max)                                                            \
    {                                                                                                        \
#section, #field, KEYS_NUMBER, offsetof(struct config, section.field), initial, min, max             \
    }
#define OTHER(section, field, kind, initial)                                                                 \
    {                                                                                                        \
#section, #field, kind, offsetof(struct config, section.field), initial, 0, 0                        \
    }

#define RATE(role, class, initial)                                                                           \
    {                                                                                                        \
        "throttle", #role "_" #class, KEYS_RATE, offsetof(struct config, throttle.role.class), initial, 0, 0 \
    }

const struct keys_entry keys_table[] = {
    OTHER(server, listen, KEYS_ADDRESSES, "0.0.0.0:2222 [::]:2222"),
    OTHER(server, host_keys, KEYS_PATHS, NULL),
    OTHER(server, user, KEYS_USER, "stockroom"),
    OTHER(server, log, KEYS_TEXT, "-"),
    OTHER(server, journal_socket, KEYS_TEXT, "/run/systemd/journal/socket"),
    OTHER(server, log_level, KEYS_LEVEL, "info"),
    NUMBER(server, log_queue_lines, "8192", 16, 1048576),
    NUMBER(server, drain_seconds, "10", 0, 3600),
    OTHER(server, proxy_from, KEYS_NETWORKS, NULL),
    NUMBER(server, proxy_seconds, "5", 1, 60),

    NUMBER(limits, sessions, "10000", 1, 100000),
    NUMBER(limits, sessions_per_source, "1000", 1, 100000),
    NUMBER(limits, unauthenticated, "100", 1, 100000),
    NUMBER(limits, unauthenticated_per_source, "30", 1, 100000),
    NUMBER(limits, sessions_per_account, "100", 1, 100000),
    NUMBER(limits, login_grace_seconds, "30", 1, 3600),
    NUMBER(limits, auth_tries, "6", 1, 20),
    NUMBER(limits, idle_seconds, "3600", 0, 2592000),
    NUMBER(limits, lock_seconds, "600", 0, 604800),
    NUMBER(limits, session_seconds, "86400", 0, 2592000),
    NUMBER(limits, session_memory_mib, "256", 64, 65536),
    NUMBER(limits, ping_seconds, "15", 1, 3600),
    NUMBER(limits, ping_timeout_seconds, "15", 1, 3600),
    NUMBER(limits, output_bytes, "65536", 4096, 67108864),
    NUMBER(limits, output_total_mib, "256", 1, 65536),
    NUMBER(limits, lines_in_flight, "8192", 1, 1000000),
    NUMBER(limits, atomic_lines, "10000", 1, 1000000),
    NUMBER(limits, dry_run_products, "200000", 1, 100000000),
    NUMBER(limits, verify_products, "200000", 1, 100000000),
    NUMBER(limits, verifies, "4", 1, 1000),
    NUMBER(limits, imports, "2", 1, 100),
    NUMBER(limits, import_seconds, "600", 1, 3600),
    NUMBER(limits, query_queue, "1024", 1, 1000000),
    NUMBER(limits, queries_per_user, "2", 1, 256),
    NUMBER(limits, query_timeout_ms, "5000", 1, 600000),
    NUMBER(limits, users_in_memory, "100000", 1, 10000000),
    NUMBER(limits, audit_queue, "10000", 1, 1000000),

    OTHER(database, dsn, KEYS_SECRET, NULL),
    OTHER(database, dsn_file, KEYS_TEXT, NULL),
    OTHER(database, password_file, KEYS_TEXT, NULL),
    OTHER(database, owner_dsn, KEYS_SECRET, NULL),
    OTHER(database, owner_dsn_file, KEYS_TEXT, NULL),
    NUMBER(database, workers, "4", 1, 256),
    NUMBER(database, statement_timeout_ms, "30000", 100, 3600000),
    NUMBER(database, connect_timeout_seconds, "5", 1, 300),
    NUMBER(database, retry_seconds, "5", 1, 3600),

    NUMBER(ledger, lines_per_transaction, "4000", 1, 100000),
    NUMBER(ledger, commit_target_ms, "20", 1, 10000),
    NUMBER(ledger, stores_per_transaction, "0", 0, 10000),
    NUMBER(ledger, interactive_lines, "16", 0, 100000),
    NUMBER(ledger, queue_lines, "200000", 1, 10000000),
    NUMBER(ledger, resolve_seconds, "30", 1, 3600),
    NUMBER(ledger, lock_timeout_ms, "10000", 1, 600000),

    NUMBER(cache, mib, "64", 0, 65536),
    NUMBER(cache, seconds, "5", 1, 3600),

    NUMBER(passwords, memory_kib, "19456", 8192, 1048576),
    NUMBER(passwords, passes, "2", 1, 16),
    NUMBER(passwords, threads, "2", 1, 64),
    NUMBER(passwords, queue, "256", 1, 100000),
    NUMBER(passwords, failure_floor_ms, "300", 0, 10000),
    NUMBER(passwords, failure_jitter_ms, "100", 0, 10000),

    NUMBER(penalties, login_failure_seconds, "5", 0, 3600),
    NUMBER(penalties, no_login_seconds, "1", 0, 3600),
    NUMBER(penalties, grace_seconds, "20", 0, 3600),
    NUMBER(penalties, crash_seconds, "90", 0, 3600),
    NUMBER(penalties, enforce_seconds, "30", 1, 3600),
    NUMBER(penalties, most_seconds, "600", 1, 86400),
    NUMBER(penalties, sources, "65536", 1, 10000000),
    OTHER(penalties, exempt, KEYS_NETWORKS, NULL),
    NUMBER(penalties, account_failures, "5", 1, 1000),
    NUMBER(penalties, account_seconds, "5", 1, 3600),
    NUMBER(penalties, account_most_seconds, "300", 1, 86400),
    NUMBER(penalties, accounts, "65536", 1, 10000000),

    RATE(admin, read, "none"),
    RATE(admin, write, "none"),
    RATE(admin, scan, "20/40"),
    RATE(admin, login, "10/50"),
    RATE(admin, batch, "none"),
    RATE(owner, read, "100/200"),
    RATE(owner, write, "100/200"),
    RATE(owner, scan, "10/20"),
    RATE(owner, login, "10/50"),
    RATE(owner, batch, "none"),
    RATE(staff, read, "50/100"),
    RATE(staff, write, "50/100"),
    RATE(staff, scan, "5/10"),
    RATE(staff, login, "5/30"),
    RATE(staff, batch, "none"),

    OTHER(signup, mode, KEYS_SIGNUP, "closed"),
    OTHER(signup, invite_code, KEYS_SECRET, NULL),
    OTHER(signup, invite_code_file, KEYS_TEXT, NULL),
    NUMBER(signup, pending, "100", 1, 100000),
    NUMBER(signup, per_source, "5", 1, 100000),

    OTHER(tokens, key, KEYS_TEXT, NULL),
    OTHER(tokens, issuer, KEYS_TEXT, "stockroom"),
    OTHER(tokens, audience, KEYS_TEXT, "stockroom"),
    NUMBER(tokens, ttl_seconds, "28800", 60, 31536000),
    NUMBER(tokens, ttl_most_seconds, "604800", 60, 31536000),
    {NULL, NULL, KEYS_NUMBER, 0, NULL, 0, 0},
};

_Static_assert(sizeof keys_table / sizeof keys_table[0] <= KEYS_MAX, "KEYS_MAX is too small");

int keys_find(const char *section, const char *name)
{
    for (int i = 0; keys_table[i].name != NULL; i++) {
        if (strcmp(keys_table[i].section, section) == 0 && strcmp(keys_table[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

bool keys_has_section(const char *section, size_t len)
{
    for (int i = 0; keys_table[i].name != NULL; i++) {
        if (strlen(keys_table[i].section) == len && memcmp(keys_table[i].section, section, len) == 0) {
            return true;
        }
    }
    return false;
}

static void *field_of(struct config *config, const struct keys_entry *entry)
{
    return (char *)config + entry->offset;
}

static char *duplicate(const char *text, size_t len)
{
    char *copy = strndup(text, len);

    if (copy == NULL) {
        abort();
    }
    return copy;
}

static enum err set_number(unsigned *field, const struct keys_entry *entry, const char *value,
                           struct err_info *ret_info)
{
    int64_t number = 0;
    enum err err = values_parse_integer(value, entry->min, entry->max, &number, ret_info);

    if (err == ERR_OK) {
        *field = (unsigned)number;
    }
    return err;
}

static enum err set_level(enum log_level *field, const char *value, struct err_info *ret_info)
{
    static const struct {
        const char *text;
        enum log_level level;
    } levels[] = {{"debug", LOG_LEVEL_DEBUG},
                  {"info", LOG_LEVEL_INFO},
                  {"warning", LOG_LEVEL_WARNING},
                  {"error", LOG_LEVEL_ERROR}};

    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (strcmp(value, levels[i].text) == 0) {
            *field = levels[i].level;
            return ERR_OK;
        }
    }
    return err_set(ret_info, ERR_BAD_VALUE, "'%.40s' is not one of debug, info, warning, error", value);
}

static enum err set_signup(enum config_signup *field, const char *value, struct err_info *ret_info)
{
    static const char *const modes[] = {[CONFIG_SIGNUP_CLOSED] = "closed",
                                        [CONFIG_SIGNUP_INVITE] = "invite",
                                        [CONFIG_SIGNUP_APPROVAL] = "approval",
                                        [CONFIG_SIGNUP_OPEN] = "open"};

    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(value, modes[i]) == 0) {
            *field = (enum config_signup)i;
            return ERR_OK;
        }
    }
    return err_set(ret_info, ERR_BAD_VALUE, "'%.40s' is not one of closed, invite, approval, open", value);
}

/* A system user: as useradd takes them. */
static enum err check_user(const char *value, struct err_info *ret_info)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    static const char others[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.-";
    size_t len = strlen(value);

    if (len > USER_MAX || strchr(first, value[0]) == NULL || strspn(value, others) != len) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%.40s' is not the name of a system user", value);
    }
    return ERR_OK;
}

/* A name of letters, digits, dots and hyphens; if only digits and dots, an IPv4 address. */
static bool is_host(const char *host)
{
    static const char digits[] = "0123456789.";
    static const char others[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    size_t len = strlen(host);
    struct in_addr address;

    if (len == 0 || strspn(host, others) != len || host[0] == '-' || host[0] == '.') {
        return false;
    }
    return strspn(host, digits) != len || inet_pton(AF_INET, host, &address) == 1;
}

/* HOST:PORT or [IPv6]:PORT. */
static enum err check_address(const char *item, struct err_info *ret_info)
{
    const char *colon = strrchr(item, ':');
    char host[HOST_MAX + 1];
    struct in6_addr address;
    int64_t port;
    size_t len;

    if (colon == NULL || (size_t)(colon - item) > HOST_MAX) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%.80s' is not HOST:PORT", item);
    }
    if (colon[1] < '0' || colon[1] > '9' ||
        values_parse_integer(colon + 1, 1, 65535, &port, NULL) != ERR_OK) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%.80s' has no port from 1 to 65535", item);
    }
    len = (size_t)(colon - item);
    if (item[0] == '[' && len >= 2 && item[len - 1] == ']') {
        memcpy(host, item + 1, len - 2);
        host[len - 2] = '\0';
        if (inet_pton(AF_INET6, host, &address) == 1) {
            return ERR_OK;
        }
        return err_set(ret_info, ERR_BAD_VALUE, "'%.80s' is not an IPv6 address in brackets and a port",
                       item);
    }
    memcpy(host, item, len);
    host[len] = '\0';
    if (!is_host(host)) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%.80s' is not HOST:PORT (IPv6 addresses need brackets)",
                       item);
    }
    return ERR_OK;
}

static void clear_list(struct config_list *list)
{
    for (unsigned i = 0; i < list->count; i++) {
        free(list->items[i]);
    }
    *list = (struct config_list){0};
}

static enum err add_item(struct config_list *list, enum keys_kind kind, const char *item, size_t len,
                         struct err_info *ret_info)
{
    char *copy;

    if (list->count == CONFIG_LIST_MAX) {
        return err_set(ret_info, ERR_BAD_VALUE, "more than %d entries", CONFIG_LIST_MAX);
    }
    copy = duplicate(item, len);
    for (unsigned i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], copy) == 0) {
            free(copy);
            return err_set(ret_info, ERR_BAD_VALUE, "'%.80s' is there twice", list->items[i]);
        }
    }
    list->items[list->count++] = copy;
    return kind == KEYS_ADDRESSES ? check_address(copy, ret_info) : ERR_OK;
}

static enum err set_list(struct config_list *field, enum keys_kind kind, const char *value,
                         struct err_info *ret_info)
{
    static const char blanks[] = " \t";
    struct config_list list = {0};
    enum err err = ERR_OK;

    value += strspn(value, blanks);
    while (*value != '\0' && err == ERR_OK) {
        size_t len = strcspn(value, blanks);

        err = add_item(&list, kind, value, len, ret_info);
        value += len;
        value += strspn(value, blanks);
    }
    if (err != ERR_OK) {
        clear_list(&list);
        return err;
    }
    clear_list(field);
    *field = list;
    return ERR_OK;
}

static enum err set_networks(struct config_networks *field, const char *value, struct err_info *ret_info)
{
    static const char blanks[] = " \t";
    struct config_networks networks = {0};

    value += strspn(value, blanks);
    while (*value != '\0') {
        char text[NETWORK_TEXT_MAX + 1];
        size_t len = strcspn(value, blanks);
        size_t kept = len < sizeof text ? len : sizeof text - 1;

        memcpy(text, value, kept);
        text[kept] = '\0';
        if (networks.count == CONFIG_NETWORKS_MAX) {
            return err_set(ret_info, ERR_BAD_VALUE, "more than %d networks", CONFIG_NETWORKS_MAX);
        }
        if (len != kept || !network_parse(text, &networks.items[networks.count])) {
            return err_set(ret_info, ERR_BAD_VALUE, "'%.60s' is no address or network like 192.0.2.0/24",
                           text);
        }
        networks.count++;
        value += len;
        value += strspn(value, blanks);
    }
    *field = networks;
    return ERR_OK;
}

static void clear_text(char **field, bool secret)
{
    if (secret && *field != NULL) {
        explicit_bzero(*field, strlen(*field));
    }
    free(*field);
    *field = NULL;
}

enum err keys_set(struct config *config, const struct keys_entry *entry, const char *value,
                  struct err_info *ret_info)
{
    void *field = field_of(config, entry);
    size_t len = strlen(value);

    if (len == 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "has no value; leave the key out to have its default");
    }
    if (len > CONFIG_TEXT_MAX) {
        return err_set(ret_info, ERR_BAD_VALUE, "has %zu bytes; at most %d", len, CONFIG_TEXT_MAX);
    }
    switch (entry->kind) {
    case KEYS_NUMBER:
        return set_number(field, entry, value, ret_info);
    case KEYS_LEVEL:
        return set_level(field, value, ret_info);
    case KEYS_PATHS:
    case KEYS_ADDRESSES:
        return set_list(field, entry->kind, value, ret_info);
    case KEYS_NETWORKS:
        return set_networks(field, value, ret_info);
    case KEYS_RATE:
        return config_parse_rate(value, field, ret_info);
    case KEYS_SIGNUP:
        return set_signup(field, value, ret_info);
    case KEYS_USER:
        if (check_user(value, ret_info) != ERR_OK) {
            return ERR_BAD_VALUE;
        }
        break;
    case KEYS_TEXT:
    case KEYS_SECRET:
        break;
    }
    clear_text(field, entry->kind == KEYS_SECRET);
    *(char **)field = duplicate(value, len);
    return ERR_OK;
}

void keys_clear(struct config *config, const struct keys_entry *entry)
{
    void *field = field_of(config, entry);

    switch (entry->kind) {
    case KEYS_PATHS:
    case KEYS_ADDRESSES:
        clear_list(field);
        break;
    case KEYS_TEXT:
    case KEYS_USER:
    case KEYS_SECRET:
        clear_text(field, entry->kind == KEYS_SECRET);
        break;
    case KEYS_NUMBER:
        *(unsigned *)field = 0;
        break;
    case KEYS_LEVEL:
        *(enum log_level *)field = LOG_LEVEL_INFO;
        break;
    case KEYS_NETWORKS:
        *(struct config_networks *)field = (struct config_networks){0};
        break;
    case KEYS_RATE:
        *(struct config_rate *)field = (struct config_rate){0};
        break;
    case KEYS_SIGNUP:
        *(enum config_signup *)field = CONFIG_SIGNUP_CLOSED;
        break;
    }
}
