/* sessions: who is connected to this server.
 * Answered on the main loop, which alone knows; asks no database.
 * One's own; with --all an admin sees everybody's, an owner those of the staff of the own stores. */
#include <inttypes.h>
#include <stdlib.h>

#include "server/core/commands/cells.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/filters.h"
#include "server/core/commands/sessions_visible.h"
#include "server/core/core.h"
#include "server/core/peer.h"

static const struct column columns[] = {
    {"session", COLUMN_INTEGER, 0},      {"user", COLUMN_TEXT, 0},        {"role", COLUMN_TEXT, 0},
    {"source", COLUMN_TEXT, 0},          {"method", COLUMN_TEXT, 0},      {"started_at", COLUMN_TIME, 0},
    {"idle_seconds", COLUMN_INTEGER, 0}, {"commands", COLUMN_INTEGER, 0}, {"screen", COLUMN_BOOL, 0},
    {"current", COLUMN_BOOL, 0},
};

enum { SESSION, USER, ROLE, SOURCE, METHOD, STARTED_AT, IDLE_SECONDS, COMMANDS, SCREEN, CURRENT };

struct listing {
    const struct identity *who;
    bool is_all;
    uint64_t after;
    struct peer_facts *found;
    size_t count;
};

bool sessions_visible(const struct identity *who, const struct identity *other)
{
    if (who->role == ROLE_ADMIN || who->user_id == other->user_id) {
        return true;
    }
    for (unsigned i = 0; i < other->store_count; i++) {
        if (who->role == ROLE_OWNER && other->role == ROLE_STAFF &&
            identity_has_store(who, other->store_codes[i])) {
            return true;
        }
    }
    return false;
}

static bool take(void *argument, const struct peer_facts *facts)
{
    struct listing *listing = argument;
    bool is_meant = listing->is_all ? sessions_visible(listing->who, facts->who)
                                    : facts->who->user_id == listing->who->user_id;

    if (is_meant && facts->session > listing->after) {
        listing->found[listing->count++] = *facts;
    }
    return true;
}

static int compare(const void *a, const void *b)
{
    uint64_t first = ((const struct peer_facts *)a)->session;
    uint64_t second = ((const struct peer_facts *)b)->session;

    return (first > second) - (first < second);
}

static const char *number(struct arena *arena, uint64_t value)
{
    return arena_printf(arena, "%" PRIu64, value);
}

static void add_row(struct request *request, const struct peer_facts *facts)
{
    struct arena *arena = &request->arena;
    struct cell *row = table_add_row(&request->table);

    row[SESSION].value = number(arena, facts->session);
    row[USER].value = arena_strdup(arena, facts->who->user);
    row[ROLE].value = identity_role_text(facts->who->role);
    row[SOURCE].value = arena_strdup(arena, facts->who->source);
    row[METHOD].value = identity_method_text(facts->who->method);
    cells_set_utc(&row[STARTED_AT], arena, facts->started_us);
    row[IDLE_SECONDS].value = number(arena, facts->idle_ms / 1000);
    row[COMMANDS].value = number(arena, facts->commands);
    row[SCREEN].value = facts->has_screen ? "t" : "f";
    row[CURRENT].value = facts->session == request->who->session ? "t" : "f";
}

static void fill(struct request *request, const struct listing *listing, const struct filters_page *page)
{
    size_t most = (size_t)page->limit;
    size_t rows = listing->count < most ? listing->count : most;

    table_init(&request->table, &request->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < rows; i++) {
        add_row(request, &listing->found[i]);
    }
    if (rows < listing->count) {
        const char *last = number(&request->arena, listing->found[rows - 1].session);
        request->table.after = cursor_make(&request->arena, page->kind, &last, 1);
    }
}

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct listing listing = {.who = request->who, .is_all = args_flag(&request->args, "all")};
    const struct peers *peers = request->core->peers;
    struct filters_page page;
    int64_t after = 0;
    enum err err = filters_parse_page(request, 'n', 1, &page, ret_info);

    if (err == ERR_OK && page.after[0] != NULL) {
        err = values_parse_integer(page.after[0], 0, INT64_MAX, &after, ret_info);
    }
    if (err == ERR_OK && listing.is_all && request->who->role == ROLE_STAFF) {
        request->is_refusal = true;
        err = err_set(ret_info, ERR_NOT_PERMITTED, "staff see their own sessions only");
    }
    if (err != ERR_OK) {
        return err;
    }
    listing.after = (uint64_t)after;
    listing.found = arena_calloc(&request->arena, peers_count(peers), sizeof *listing.found);
    peers_each(peers, take, &listing);
    qsort(listing.found, listing.count, sizeof *listing.found, compare);
    fill(request, &listing, &page);
    return ERR_OK;
}

static const struct option_spec options[] = {
    {"all", NULL, "other users' too, as far as you may see them", false, false},
    OPTION_LIMIT,
    OPTION_AFTER,
    OPTION_END,
};

const struct command command_sessions = {
    .name = "sessions",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_READ,
    .summary = "show who is connected",
    .help =
        "Your own sessions on this server; other servers of the same database have theirs. With --all an\n"
        "admin sees everybody's, an owner those of the staff of their stores. idle_seconds counts from the\n"
        "last input or answer; screen tells whether the session has the screens open.\n"
        "  sessions --all",
    .prepare = prepare,
};
