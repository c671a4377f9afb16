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
    buf_append_text(&core->output, "\"user\":\"staff1\",\"role\":\"staff\",\"stores\":[");
    put_stores(core, tag, true);
    buf_append_text(&core->output, "]}\n");
    put_end(core, tag, "whoami", 1, NULL);
}

static bool begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
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
        answer(core, line);
    }
}

void fake_core_done(struct fake_core *core)
{
    for (size_t i = 0; i < core->commands_count; i++) {
        free(core->commands[i]);
    }
    buf_done(&core->input);
    buf_done(&core->output);
}
