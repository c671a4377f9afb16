/* Reading stockroom.ini with inih, line by line, so that every complaint has its line. Called by the server's
 * programs as they start and on SIGHUP. Touches the file it is given and nothing else. */
#include "config/config.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "common/values.h"
#include "config/keys.h"

enum {
    LINE_MAX_BYTES = 4096,
    LINES_MAX = 100000, /* a file that goes on for ever is none */
    SECTION_SHOWN_MAX = 60
};

struct loader {
    const char *path;
    FILE *file;
    struct config *config;
    int line;
    int key_lines[KEYS_MAX]; /* where each key was given; 0: it was not */
    int wrong_line;          /* 0: nothing was wrong yet */
    char *message;
    size_t size;
};

/* Say what is wrong; the first complaint stays. */
__attribute__((format(printf, 3, 4))) static void complain(struct loader *loader, int line,
                                                           const char *format, ...)
{
    va_list args;
    int len;

    if (loader->wrong_line != 0) {
        return;
    }
    loader->wrong_line = line;
    len = snprintf(loader->message, loader->size, "%s:%d: ", loader->path, line);
    if (len < 0 || (size_t)len >= loader->size) {
        return;
    }
    va_start(args, format);
    vsnprintf(loader->message + len, loader->size - (size_t)len, format, args);
    va_end(args);
}

/* Read one line, its end left off, into text. Returns its length, -1 at the end or after a complaint. */
static int read_line(struct loader *loader, char *text, int size)
{
    int c = getc(loader->file);
    int len = 0;

    if (c == EOF || loader->line == LINES_MAX) {
        return -1;
    }
    loader->line++;
    for (; c != EOF && c != '\n'; c = getc(loader->file)) {
        if (len == size - 2) {
            complain(loader, loader->line, "the line is longer than %d bytes", size - 2);
            return -1;
        }
        text[len++] = (char)c;
    }
    if (len > 0 && text[len - 1] == '\r') {
        len--;
    }
    text[len] = '\0';
    return len;
}

/* Characters that no value has any business with, NUL first: inih would read half a line. */
static bool is_clean(const char *text, size_t len)
{
    uint32_t point = 0;

    for (size_t at = 0; at < len;) {
        size_t bytes = text_decode(text + at, len - at, &point);

        if (bytes == 0 || (point != '\t' && !text_point_is_printable(point))) {
            return false;
        }
        at += bytes;
    }
    return true;
}

/* inih tells of sections only when a key is in them: an empty one is looked at here. */
static void check_section(struct loader *loader, const char *text)
{
    const char *end = text[0] == '[' ? strchr(text, ']') : NULL;
    size_t len;

    if (end == NULL) {
        return;
    }
    len = (size_t)(end - text) - 1;
    if (!keys_has_section(text + 1, len)) {
        complain(loader, loader->line, "[%.*s]: unknown section",
                 (int)(len < SECTION_SHOWN_MAX ? len : SECTION_SHOWN_MAX), text + 1);
    }
}

/* inih's reader. Blanks before a line are dropped: inih would take an indented key for more of the value
 * above. */
static char *give_line(char *text, int size, void *context)
{
    struct loader *loader = context;
    int len = loader->wrong_line != 0 ? -1 : read_line(loader, text, size);
    char *start = text;

    if (len < 0) {
        return NULL;
    }
    if (loader->line == 1 && len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        start += 3;
        len -= 3;
    }
    if (!is_clean(start, (size_t)len)) {
        complain(loader, loader->line, "the line is not UTF-8 or holds a control character");
        return NULL;
    }
    while (*start == ' ' || *start == '\t') {
        start++;
        len--;
    }
    memmove(text, start, (size_t)len);
    text[len] = '\n';
    text[len + 1] = '\0';
    check_section(loader, text);
    return loader->wrong_line != 0 ? NULL : text;
}

/* inih's handler. */
static int take_key(void *context, const char *section, const char *name, const char *value)
{
    struct loader *loader = context;
    struct err_info info;
    int key = keys_find(section, name);

    if (loader->wrong_line != 0) {
        return 0;
    }
    if (section[0] == '\0') {
        complain(loader, loader->line, "%.60s: is in no section", name);
    } else if (key < 0) {
        complain(loader, loader->line, "[%s] %.60s: unknown key", section, name);
    } else if (loader->key_lines[key] != 0) {
        complain(loader, loader->line, "[%s] %s: given before, in line %d", section, name,
                 loader->key_lines[key]);
    } else if (keys_set(loader->config, &keys_table[key], value, &info) != ERR_OK) {
        complain(loader, loader->line, "[%s] %s: %s", section, name, info.message);
    } else {
        loader->key_lines[key] = loader->line;
    }
    return loader->wrong_line == 0;
}

/* The line of whichever key was given last; the end of the file when neither was. */
static int later_line(const struct loader *loader, const char *section, const char *one, const char *other)
{
    int first = loader->key_lines[keys_find(section, one)];
    int second = loader->key_lines[keys_find(section, other)];

    return first > second ? first : second;
}

/* What two keys say together. */
static void check_pairs(struct loader *loader)
{
    const struct config *config = loader->config;
    int atomic_line = loader->key_lines[keys_find("limits", "atomic_lines")];
    int queue_line = loader->key_lines[keys_find("ledger", "queue_lines")];

    if (config->database.dsn != NULL && config->database.dsn_file != NULL) {
        complain(loader, later_line(loader, "database", "dsn", "dsn_file"),
                 "[database] dsn_file: dsn is given too; one of them must go");
    }
    if (config->database.owner_dsn != NULL && config->database.owner_dsn_file != NULL) {
        complain(loader, later_line(loader, "database", "owner_dsn", "owner_dsn_file"),
                 "[database] owner_dsn_file: owner_dsn is given too; one of them must go");
    }
    if (config->signup.invite_code != NULL && config->signup.invite_code_file != NULL) {
        complain(loader, later_line(loader, "signup", "invite_code", "invite_code_file"),
                 "[signup] invite_code_file: invite_code is given too; one of them must go");
    }
    if (config->tokens.ttl_seconds > config->tokens.ttl_most_seconds) {
        complain(loader, later_line(loader, "tokens", "ttl_seconds", "ttl_most_seconds"),
                 "[tokens] ttl_seconds: %u is more than the %u of ttl_most_seconds",
                 config->tokens.ttl_seconds, config->tokens.ttl_most_seconds);
    }
    if (config->limits.atomic_lines > config->ledger.queue_lines) {
        complain(loader, atomic_line > queue_line ? atomic_line : queue_line,
                 "[limits] atomic_lines: %u do not fit into the %u of [ledger] queue_lines",
                 config->limits.atomic_lines, config->ledger.queue_lines);
    }
}

static void set_defaults(struct config *config)
{
    for (int i = 0; keys_table[i].name != NULL; i++) {
        const struct keys_entry *entry = &keys_table[i];
        struct err_info info;

        /* A default that its own check refuses is a fault of the table. */
        if (entry->initial != NULL && keys_set(config, entry, entry->initial, &info) != ERR_OK) {
            abort();
        }
    }
}

static void parse(struct loader *loader)
{
    int wrong_line;

#ifdef STOCKROOM_INI_OPTIONS
    ini_use_stack = false;
    ini_allow_realloc = false;
    ini_max_line = LINE_MAX_BYTES;
    ini_initial_alloc = LINE_MAX_BYTES;
#endif
    wrong_line = ini_parse_stream(give_line, loader, take_key, loader);
    if (wrong_line < 0) {
        abort(); /* out of memory */
    }
    /* inih goes on after a line that it could not read: its complaint may be older than ours. */
    if (wrong_line > 0 && (loader->wrong_line == 0 || wrong_line < loader->wrong_line)) {
        loader->wrong_line = 0;
        complain(loader, wrong_line, "is not a [section], a key = value or a comment");
    }
    if (loader->wrong_line == 0 && ferror(loader->file) != 0) {
        complain(loader, loader->line + 1, "cannot be read: %s", strerror(errno));
    }
    if (loader->wrong_line == 0 && loader->line == LINES_MAX) {
        complain(loader, loader->line, "more than %d lines", LINES_MAX - 1);
    }
    if (loader->wrong_line == 0) {
        check_pairs(loader);
    }
}

static void cleanup_file(FILE **file)
{
    if (*file != NULL) {
        fclose(*file);
    }
}

enum err config_load(const char *path, struct config *ret_config, char *ret_message, unsigned size)
{
    cleanup(cleanup_file) FILE *file = fopen(path, "re");
    struct config config = {0};
    struct loader loader = {
        .path = path, .file = file, .config = &config, .message = ret_message, .size = size};

    if (file == NULL) {
        snprintf(ret_message, size, "%s: cannot be opened: %s", path, strerror(errno));
        return ERR_USAGE;
    }
    set_defaults(&config);
    parse(&loader);
    if (loader.wrong_line != 0) {
        config_done(&config);
        return ERR_BAD_VALUE;
    }
    *ret_config = config;
    return ERR_OK;
}

void config_forget_secrets(struct config *config)
{
    for (int i = 0; keys_table[i].name != NULL; i++) {
        if (strcmp(keys_table[i].section, "database") == 0 || keys_table[i].kind == KEYS_SECRET) {
            keys_clear(config, &keys_table[i]);
        }
    }
}

void config_done(struct config *config)
{
    for (int i = 0; keys_table[i].name != NULL; i++) {
        keys_clear(config, &keys_table[i]);
    }
}

enum err config_parse_rate(const char *text, struct config_rate *ret_rate, struct err_info *ret_info)
{
    enum { RATE_MOST = 10000000 };
    const char *slash = strchr(text, '/');
    char first[16];
    int64_t per_second, burst;

    if (strcmp(text, "none") == 0) {
        *ret_rate = (struct config_rate){0};
        return ERR_OK;
    }
    if (slash == NULL || (size_t)(slash - text) >= sizeof first) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%.40s' is not RATE/BURST, as 50/100, or none", text);
    }
    memcpy(first, text, (size_t)(slash - text));
    first[slash - text] = '\0';
    enum err err = values_parse_integer(first, 1, RATE_MOST, &per_second, ret_info);
    if (err == ERR_OK) {
        err = values_parse_integer(slash + 1, 1, RATE_MOST, &burst, ret_info);
    }
    if (err == ERR_OK) {
        *ret_rate = (struct config_rate){(unsigned)per_second, (unsigned)burst};
    }
    return err;
}
