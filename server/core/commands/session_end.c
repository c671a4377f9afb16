/* session end: closes a session of this server.
 * Found on the main loop; audited on a worker's thread; closed on the main loop when that is written.
 * One's own; admins anybody's, owners those of the staff of their own stores. */
#include <inttypes.h>

#include "server/core/audit.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/sessions_visible.h"
#include "server/core/core.h"
#include "server/core/peer.h"

struct ending {
    uint64_t session;
    const char *number;
    const char *user;
    const char *before; /* what the audit trail shows of it */
};

static const struct column columns[] = {
    {"session", COLUMN_INTEGER, 0}, {"user", COLUMN_TEXT, 0}, {"ended", COLUMN_BOOL, 0}};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct arena *arena = &request->arena;
    struct ending *ending = arena_calloc(arena, 1, sizeof *ending);
    struct peer_facts facts;
    int64_t session;
    enum err err = values_parse_integer(request->args.words[0], 1, INT64_MAX, &session, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    bool is_there = peers_describe(request->core->peers, (uint64_t)session, &facts);
    if (!is_there || !sessions_visible(request->who, facts.who)) {
        request->is_refusal = is_there;
        return err_set(ret_info, ERR_BAD_VALUE, "no session %" PRId64 " on this server", session);
    }
    ending->session = facts.session;
    ending->number = arena_printf(arena, "%" PRIu64, facts.session);
    ending->user = arena_strdup(arena, facts.who->user);
    /* Names and addresses hold nothing that JSON would have to escape. */
    ending->before = arena_printf(arena, "{\"user\":\"%s\",\"source\":\"%s\",\"method\":\"%s\"}",
                                  ending->user, facts.who->source, identity_method_text(facts.who->method));
    request->data = ending;
    return ERR_OK;
}

static enum err write_audit(struct request *request, struct db *db, struct err_info *ret_info)
{
    const struct ending *ending = request->data;
    struct audit_change change;
    enum err err = audit_begin(db, &request->arena, AUDIT_SESSION, ending->number, &change, ret_info);

    if (err == ERR_OK) {
        change.before = ending->before;
        err = audit_end(db, &request->arena, request->who, request->command->name, &change, ret_info);
    }
    return err;
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    const struct ending *ending = request->data;
    struct cell *row;
    enum err err = db_begin_nested(db, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    err = write_audit(request, db, ret_info);
    if (err == ERR_OK) {
        err = db_commit_nested(db, ret_info);
    }
    if (err != ERR_OK) {
        db_rollback_nested(db);
        return err;
    }
    table_init(&request->table, &request->arena, columns, sizeof columns / sizeof columns[0]);
    request->table.single = true;
    row = table_add_row(&request->table);
    row[0].value = ending->number;
    row[1].value = ending->user;
    row[2].value = "t";
    return ERR_OK;
}

static void finish(struct request *request)
{
    const struct ending *ending = request->data;
    bool is_own = ending->session == request->who->session;

    peers_end(request->core, ending->session,
              arena_printf(&request->arena, "This session was ended by %s", request->who->user), is_own);
}

const struct command command_session_end = {
    .name = "session end",
    .arguments = "SESSION",
    .arguments_min = 1,
    .arguments_max = 1,
    .roles = ROLE_ANY,
    .cost = COST_WRITE,
    .summary = "close a session",
    .help =
        "A session of this server, by its number as `sessions` shows it: your own, or another's as far as\n"
        "you may see it there. Lines of its batch that are not posted yet are not posted.\n"
        "  session end 7",
    .changes = true,
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
    .finish = finish,
};
