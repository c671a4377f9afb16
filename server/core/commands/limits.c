/* limits: what a user's sessions may do together, and how much of it is left now.
 * Answered on the main loop, from memory: a user who has had too much must still see why.
 * Reads the buckets, and takes nothing from them. */
#include <stdio.h>

#include "server/core/access.h"
#include "server/core/channel.h"
#include "server/core/commands/commands.h"
#include "server/core/core.h"
#include "server/core/peer.h"
#include "server/core/throttle.h"

static const struct column columns[] = {
    {"class", COLUMN_TEXT, 0},        {"per_second", COLUMN_INTEGER, 0}, {"burst", COLUMN_INTEGER, 0},
    {"available", COLUMN_INTEGER, 0}, {"source", COLUMN_TEXT, 0},
};

/* Whose limits, and where they are known from. */
struct asked {
    int32_t user_id;
    enum role role;
    const struct directory_user *known; /* NULL: the directory does not know */
    struct throttle_user *buckets;      /* NULL: no session, and all are full */
};

static enum err find_user(const struct request *request, struct asked *ret_asked, struct err_info *ret_info)
{
    const struct core *core = request->core;
    const struct directory *directory = access_directory(core->access);
    const char *name = args_option(&request->args, "user");

    if (name == NULL) {
        ret_asked->user_id = request->who->user_id;
        ret_asked->role = request->who->role;
        ret_asked->known = directory_find_id(directory, request->who->user_id);
        ret_asked->buckets = channel_throttle(request->channel);
        return ERR_OK;
    }
    ret_asked->known = directory_find(directory, name);
    if (ret_asked->known == NULL && !directory_is_fresh(directory)) {
        return err_set(ret_info, ERR_DATABASE_UNAVAILABLE, "what others may do is not known at the moment");
    }
    if (ret_asked->known == NULL) {
        return err_set(ret_info, ERR_UNKNOWN_USER, "no user %.64s", name);
    }
    ret_asked->user_id = ret_asked->known->user_id;
    ret_asked->role = ret_asked->known->role;
    ret_asked->buckets = throttle_find(core->throttle, ret_asked->user_id);
    return ERR_OK;
}

/* No number, and a word for people. */
static void set_number(struct arena *arena, struct cell *cell, bool is_limited, unsigned value)
{
    if (is_limited) {
        cell->value = arena_printf(arena, "%u", value);
    } else {
        cell->shown = "none";
    }
}

static void add_class(struct request *request, const struct asked *asked, enum throttle_bucket bucket)
{
    struct cell *row = table_add_row(&request->table);
    bool is_own = asked->known != NULL && asked->known->has_limit[bucket];
    struct config_rate rate = is_own ? asked->known->limits[bucket]
                                     : throttle_role_rate(request->core->throttle, asked->role, bucket);
    unsigned available = rate.burst;

    if (asked->buckets != NULL) {
        rate = throttle_rate(asked->buckets, bucket);
        available = throttle_available(asked->buckets, bucket, uv_now(request->core->loop));
    }
    row[0].value = throttle_bucket_text(bucket);
    set_number(&request->arena, &row[1], rate.per_second > 0, rate.per_second);
    set_number(&request->arena, &row[2], rate.per_second > 0, rate.burst);
    set_number(&request->arena, &row[3], rate.per_second > 0, available);
    row[4].value = is_own ? "user" : "role";
}

/* Sessions have no rate: so many at the same time. */
static void add_sessions(struct request *request, const struct asked *asked)
{
    struct cell *row = table_add_row(&request->table);
    unsigned most = request->config->limits.sessions_per_account;
    unsigned now = peers_count_user(request->core->peers, asked->user_id);

    row[0].value = "sessions";
    set_number(&request->arena, &row[2], true, most);
    set_number(&request->arena, &row[3], true, now < most ? most - now : 0);
    row[4].value = "server";
}

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct asked asked = {0};
    enum err err;

    if (args_option(&request->args, "user") != NULL && request->who->role != ROLE_ADMIN) {
        return err_set(ret_info, ERR_NOT_PERMITTED, "only an admin sees the limits of others");
    }
    err = find_user(request, &asked, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    table_init(&request->table, &request->arena, columns, sizeof columns / sizeof columns[0]);
    for (unsigned i = 0; i < THROTTLE_BUCKETS; i++) {
        add_class(request, &asked, (enum throttle_bucket)i);
    }
    add_sessions(request, &asked);
    return ERR_OK;
}

static const struct option_spec options[] = {
    {"user", "NAME", "of this user (admins)", false, false},
    OPTION_END,
};

const struct command command_limits = {
    .name = "limits",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_READ,
    .always = true,
    .summary = "show how much you may do at a time, and what is left of it",
    .help = "Every command is of a class: read, write, scan or login (`help COMMAND` says which). All your "
            "sessions\n"
            "share one bucket for each class: it gains `per_second` and holds `burst`, a command takes one, "
            "and without\n"
            "one it is refused (throttled, exit status 75) with the seconds to wait. Lines of a batch wait "
            "instead: stock\n"
            "commands for the bucket `batch`, others for their class. `sessions`: so many at the same time, "
            "on this\n"
            "server. source: role (the configuration), user (`user set NAME --limit`) or server.\n"
            "help and limits cost nothing.\n"
            "  limits",
    .prepare = prepare,
};
