/* login: an access token, taken in place of the password on every server of the installation.
 * Prepared on the main loop; made on a worker's thread, with the user's epoch of that moment.
 * Not for sessions that a token opened: it would never end. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "server/core/commands/commands.h"
#include "server/core/core.h"
#include "server/core/stats.h"
#include "server/core/tokens.h"

enum { TTL_LEAST_SECONDS = 60 };

static const struct column columns[] = {{"token", COLUMN_TEXT, 0}, {"expires_at", COLUMN_TIME, 0}};

struct token_order {
    const struct tokens *tokens;
    unsigned ttl_seconds;
};

/* "90s", "15m", "8h", "7d" */
static enum err parse_ttl(const char *text, unsigned most_seconds, unsigned *ret_seconds,
                          struct err_info *ret_info)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char digits[12];
    size_t len = strspn(text, "0123456789");
    int64_t count;

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (len == 0 || len >= sizeof digits || text[len] != units[i].letter || text[len + 1] != '\0') {
            continue;
        }
        memcpy(digits, text, len);
        digits[len] = '\0';
        if (!values_parse_i64(digits, &count)) {
            break;
        }
        if (count * units[i].seconds < TTL_LEAST_SECONDS || count * units[i].seconds > most_seconds) {
            return err_set(ret_info, ERR_BAD_VALUE, "a token lasts from %d to %u seconds, not %.20s",
                           TTL_LEAST_SECONDS, most_seconds, text);
        }
        *ret_seconds = (unsigned)(count * units[i].seconds);
        return ERR_OK;
    }
    return err_set(ret_info, ERR_BAD_VALUE, "'%.40s' is no time to live: 90s, 15m, 8h or 7d", text);
}

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct token_order *order = arena_calloc(&request->arena, 1, sizeof *order);
    const char *ttl = args_option(&request->args, "ttl");

    request->data = order;
    order->tokens = request->core->tokens;
    order->ttl_seconds = request->config->tokens.ttl_seconds;
    if (order->tokens == NULL) {
        return err_set(ret_info, ERR_NOT_PERMITTED, "this server makes no tokens: [tokens] key is not set");
    }
    if (request->who->method == LOGIN_TOKEN) {
        request->is_refusal = true;
        return err_set(ret_info, ERR_NOT_PERMITTED, "a token makes no tokens: log in by password or key");
    }
    return ttl != NULL
               ? parse_ttl(ttl, request->config->tokens.ttl_most_seconds, &order->ttl_seconds, ret_info)
               : ERR_OK;
}

static enum err read_epoch(struct request *request, struct db *db, int64_t *ret_epoch,
                           struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_i32(&params, request->who->user_id);
    err = db_query(db, SQL_QUERY_USER_TOKEN_EPOCH, &params, &result, ret_info);
    if (err == ERR_OK && db_result_rows(result) != 1) {
        return err_set(ret_info, ERR_NOT_PERMITTED, "your account was disabled");
    }
    *ret_epoch = err == ERR_OK ? db_result_i64(result, 0, 0) : 0;
    return err;
}

static void show(struct request *request, const char *token, int64_t expires_us)
{
    cleanup(buf_done) struct buf time = {0};
    struct cell *row;

    if (request->format == FORMAT_TEXT && !request->in_batch) { /* for TOKEN=$(ssh … login) */
        buf_append_text(&request->output, token);
        buf_append_char(&request->output, '\n');
        return;
    }
    table_init(&request->table, &request->arena, columns, sizeof columns / sizeof columns[0]);
    request->table.single = true;
    row = table_add_row(&request->table);
    values_append_time(&time, expires_us);
    row[0].value = arena_strdup(&request->arena, token);
    row[1].value = arena_strndup(&request->arena, time.data, time.len);
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    const struct token_order *order = request->data;
    char token[TOKENS_TEXT_MAX + 1];
    int64_t epoch = 0;
    int64_t expires_us;
    struct timespec now;
    enum err err = read_epoch(request, db, &epoch, ret_info);

    if (err == ERR_OK) {
        clock_gettime(CLOCK_REALTIME, &now);
        err = tokens_make(order->tokens, request->who->user, epoch,
                          (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000, order->ttl_seconds, token,
                          &expires_us, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    stats_add(STATS_tokens_made, 1);
    show(request, token, expires_us);
    sodium_memzero(token, sizeof token);
    return ERR_OK;
}

static const struct option_spec options[] = {
    {"ttl", "TIME", "how long it lasts: 90s, 15m, 8h, 7d", false, false},
    OPTION_END,
};

const struct command command_login = {
    .name = "login",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_LOGIN,
    .summary = "make an access token",
    .help = "Prints a token that is taken in place of your password by every server of the installation, "
            "until it\n"
            "expires or you `logout`. What it may do is what you may do, but for new tokens, keys and "
            "passwords.\n"
            "Keep it as secret as a password.\n"
            "  login --ttl 24h",
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
