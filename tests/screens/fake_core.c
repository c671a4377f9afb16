/* The fake core: see fake_core.h.
 * Called by the harness.
 * Touches nothing but its buffers. */
#include "tests/screens/fake_core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const goods[] = {"Oat milk 1L",     "Batteries AA x8",  "Lamp, brass",
                                    "Écru napkins",    "Paper A4 500",     "Garden hose 20m",
                                    "豆腐 tofu",       "Coffee beans",     "Screws 4x40 mm",
                                    "Dishwasher salt", "Kitchen towel x4", "Light bulb E27"};
static const char *const groups[] = {"Food", "Household", "Garden"};

/* The value of --NAME=… in a line; "" when it is not there. Quotes at its end are left out. */
static void get_option(const char *line, const char *name, char ret_value[128])
{
    char pattern[40];
    snprintf(pattern, sizeof(pattern), "--%s=", name);
    const char *at = strstr(line, pattern);
    size_t len = 0;
    if (at != NULL) {
        at += strlen(pattern);
        len = strcspn(at, "\" ");
        memcpy(ret_value, at, len < 127 ? len : 127);
    }
    ret_value[len < 127 ? len : 127] = '\0';
}

static bool begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void put_head(struct fake_core *core, const char *tag)
{
    buf_printf(&core->output, "{\"line\":%u,\"tag\":\"%s\",", core->lines, tag);
}

static void put_end(struct fake_core *core, const char *tag, const char *command, size_t rows,
                    const char *after)
{
    put_head(core, tag);
    buf_printf(&core->output, "\"ok\":true,\"command\":\"%s\",\"rows\":%zu", command, rows);
    if (after != NULL) {
        buf_printf(&core->output, ",\"after\":\"%s\"", after);
    }
    buf_append_text(&core->output, "}\n");
}

static void put_item(struct fake_core *core, const char *tag, const char *store, size_t i)
{
    size_t quantity = (i * 37) % 250;
    put_head(core, tag);
    buf_printf(&core->output,
               "\"store\":\"%s\",\"sku\":\"%05zu\",\"name\":\"%s\",\"category\":\"%s\",\"unit\":\"%s\",",
               store, 10000 + i, goods[i % 12], groups[i % 3], i % 7 == 3 ? "kg" : "each");
    buf_printf(&core->output, "\"quantity\":%zu%s,\"reorder_point\":", quantity, i % 7 == 3 ? ".125" : "");
    if (i % 4 == 1) {
        buf_append_text(&core->output, "null,\"low\":false,\"price\":null");
    } else {
        buf_printf(&core->output, "20,\"low\":%s,\"price\":\"%zu.%02zu\"", quantity < 20 ? "true" : "false",
                   1 + i % 40, (i * 7) % 100);
    }
    buf_printf(&core->output, ",\"updated_at\":\"2026-03-%02zuT09:30:00Z\"}\n", 1 + i % 28);
}

static void put_page(struct fake_core *core, const char *tag, const char *line)
{
    char store[128];
    char after[128];
    char limit[128];
    char cursor[32];
    get_option(line, "store", store);
    get_option(line, "after", after);
    get_option(line, "limit", limit);
    size_t extra = 0;
    while (core->options.rows_json != NULL && core->options.rows_json[extra] != NULL) {
        extra++;
    }
    size_t first = strtoul(after, NULL, 10);
    size_t most = strtoul(limit, NULL, 10);
    size_t total = extra + core->options.items;
    if (core->options.page_rows > 0 && most > core->options.page_rows) {
        most = core->options.page_rows;
    }
    size_t last = first + most < total ? first + most : total;
    for (size_t i = first; i < last; i++) {
        if (i < extra) {
            put_head(core, tag);
            buf_printf(&core->output, "%s}\n", core->options.rows_json[i]);
        } else {
            put_item(core, tag, store, i - extra);
        }
    }
    snprintf(cursor, sizeof(cursor), "%zu", last);
    put_end(core, tag, "inventory", last - first, last < total ? cursor : NULL);
}

static void put_product(struct fake_core *core, const char *tag, const char *line)
{
    char store[128];
    char sku[128];
    get_option(line, "store", store);
    get_option(line, "product", sku);
    put_head(core, tag);
    buf_printf(
        &core->output,
        "\"store\":\"%s\",\"sku\":\"%s\",\"name\":\"Brand new\",\"category\":\"Food\",\"unit\":\"each\","
        "\"quantity\":24,\"reorder_point\":null,\"low\":false,\"price\":\"5.00\","
        "\"updated_at\":\"2026-03-05T12:00:00Z\"}\n",
        store, sku);
    put_end(core, tag, "inventory", 1, NULL);
}

static void put_stores(struct fake_core *core, const char *tag, bool codes_only)
{
    const char *codes = core->options.stores != NULL ? core->options.stores : "S001";
    size_t count = 0;
    while (*codes != '\0') {
        int len = (int)strcspn(codes, " ");
        if (codes_only) {
            buf_printf(&core->output, "%s\"%.*s\"", count > 0 ? "," : "", len, codes);
        } else {
            put_head(core, tag);
            buf_printf(&core->output, "\"store\":\"%.*s\",\"name\":\"Main St %zu\"}\n", len, codes,
                       count + 1);
        }
        count++;
        codes += len;
        codes += strspn(codes, " ");
    }
    if (!codes_only) {
        put_end(core, tag, "store list", count, NULL);
    }
}

static void put_user(struct fake_core *core, const char *tag)
{
    put_head(core, tag);
    if (core->options.user_json != NULL && !core->has_new_password) {
        buf_printf(&core->output, "%s}\n", core->options.user_json);
    } else {
        buf_append_text(&core->output, "\"user\":\"staff1\",\"role\":\"staff\",\"stores\":[");
        put_stores(core, tag, true);
        buf_append_text(&core->output, "],\"key\":null,\"method\":\"password\",\"has_password\":true,"
                                       "\"must_change_password\":false,\"expires_at\":null}\n");
    }
    put_end(core, tag, "whoami", 1, NULL);
}

static void put_failure(struct fake_core *core, const char *tag, const char *error, const char *message)
{
    put_head(core, tag);
    buf_printf(&core->output, "\"ok\":false,\"error\":\"%s\",\"message\":\"%s\",\"retryable\":false}\n",
               error, message);
}

/* The server asks for the old password where there is one, and for the new one twice. */
static size_t count_wanted_lines(const struct fake_core *core, const char *command)
{
    const char *user =
        core->options.user_json != NULL && !core->has_new_password ? core->options.user_json : "";
    bool no_old = strstr(user, "\"must_change_password\":true") != NULL ||
                  strstr(user, "\"has_password\":false") != NULL;
    if (begins(command, "passwd")) {
        return no_old ? 2 : 3;
    }
    return begins(command, "signup") ? 2 : begins(command, "unlock") ? 1 : 0;
}

static void put_signup(struct fake_core *core, const char *tag, const char *command)
{
    char name[128];
    get_option(command, "name", name);
    if (strcmp(name, "taken") == 0) {
        put_failure(core, tag, "already-exists", "there is already a user taken");
        return;
    }
    put_head(core, tag);
    buf_printf(&core->output, "\"user\":\"%s\",\"store\":\"MAIN\",\"state\":\"%s\"}\n", name,
               strstr(command, "--invite=") != NULL ? "active" : "pending");
    put_end(core, tag, "signup", 1, NULL);
}

/* A command has all its lines. */
static void answer_asked(struct fake_core *core)
{
    char tag[24];
    const char *command = strchr(core->asking, ' ') + 1;
    const char *first = core->asked[0];
    const char *last = core->asked[core->asked_wanted - 1];
    snprintf(tag, sizeof(tag), "%.*s", (int)strcspn(core->asking + 1, " "), core->asking + 1);
    if (begins(command, "signup")) {
        put_signup(core, tag, command);
    } else if (begins(command, "passwd") && strlen(last) < 8) {
        put_failure(core, tag, "bad-value", "a password has 8 to 1000 bytes");
    } else if (core->asked_wanted != 2 && strcmp(first, FAKE_CORE_PASSWORD) != 0) {
        put_failure(core, tag, "not-permitted", "that is not the password");
    } else {
        core->has_new_password = core->has_new_password || begins(command, "passwd");
        put_end(core, tag, "done", 0, NULL);
    }
    while (core->asked_count > 0) {
        free(core->asked[--core->asked_count]);
    }
    core->asked_wanted = 0;
    free(core->asking);
    core->asking = NULL;
}

static void answer(struct fake_core *core, const char *line)
{
    char tag[24];
    size_t len = strcspn(line, " ");
    if (line[0] != '@' || len >= sizeof(tag) || line[len] == '\0') {
        buf_append_text(&core->output,
                        "{\"line\":0,\"ok\":false,\"error\":\"usage\",\"message\":\"no tag\"}\n");
        return;
    }
    memcpy(tag, line + 1, len - 1);
    tag[len - 1] = '\0';
    const char *command = line + len + 1;
    core->lines++;
    core->asked_wanted = count_wanted_lines(core, command);
    if (core->asked_wanted > 0) {
        core->asking = strdup(line);
        return;
    }
    if (core->options.fail_once != NULL && !core->failed_once && begins(command, core->options.fail_once)) {
        core->failed_once = true;
        put_head(core, tag);
        buf_printf(&core->output,
                   "\"ok\":false,\"command\":\"%s\",\"error\":\"busy\",\"message\":\"come "
                   "again\",\"retryable\":true}\n",
                   core->options.fail_once);
    } else if (begins(command, "whoami")) {
        put_user(core, tag);
    } else if (begins(command, "store list")) {
        put_stores(core, tag, false);
    } else if (begins(command, "watch")) {
        snprintf(core->watch_tag, sizeof(core->watch_tag), "%s", tag);
        put_end(core, tag, "watch", 0, NULL);
    } else if (begins(command, "inventory --product")) {
        put_product(core, tag, command);
    } else if (begins(command, "inventory")) {
        put_page(core, tag, command);
    } else {
        put_head(core, tag);
        buf_append_text(&core->output, "\"ok\":false,\"error\":\"unknown-command\",\"message\":\"?\"}\n");
    }
}

void fake_core_take(struct fake_core *core, const char *bytes, size_t len)
{
    buf_append(&core->input, bytes, len);
    char *end;
    while (core->input.len > 0 && (end = memchr(core->input.data, '\n', core->input.len)) != NULL) {
        size_t line_len = (size_t)(end - core->input.data);
        char *line = strndup(core->input.data, line_len);
        if (line == NULL || core->commands_count == FAKE_CORE_COMMANDS_MAX) {
            abort();
        }
        buf_consume(&core->input, line_len + 1);
        core->commands[core->commands_count++] = line;
        if (core->asked_wanted > 0) {
            core->asked[core->asked_count++] = strdup(line);
        } else {
            answer(core, line);
        }
        if (core->asked_wanted > 0 && core->asked_count == core->asked_wanted) {
            answer_asked(core);
        }
    }
}

void fake_core_done(struct fake_core *core)
{
    for (size_t i = 0; i < core->commands_count; i++) {
        free(core->commands[i]);
    }
    while (core->asked_count > 0) {
        free(core->asked[--core->asked_count]);
    }
    free(core->asking);
    buf_done(&core->input);
    buf_done(&core->output);
}
