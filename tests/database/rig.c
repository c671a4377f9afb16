/* What the database tests share: a database of their own with the schema, and a way to run commands as the
 * server does. Called by the test programs of this folder. Runs the commands' own functions one after another
 * on the test's thread; no loop, no pools. */
#include "tests/database/rig.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/lexer.h"
#include "common/log.h"
#include "server/core/args.h"
#include "server/core/command.h"
#include "server/core/db/migrate.h"

enum { WAIT_SECONDS = 60 };

static const char *base_dsn(void)
{
    const char *dsn = getenv("STOCKROOM_TEST_DSN");

    if (dsn == NULL || dsn[0] == '\0') {
        fail_msg("STOCKROOM_TEST_DSN must name a PostgreSQL that the tests may use: run tests/run.sh");
    }
    return dsn;
}

static PGconn *connect_to(const char *dsn)
{
    PGconn *sql = PQconnectdb(dsn);

    if (PQstatus(sql) != CONNECTION_OK) {
        fail_msg("%s", PQerrorMessage(sql));
    }
    return sql;
}

static PGresult *run_on(PGconn *sql, const char *text)
{
    PGresult *result = PQexec(sql, text);
    ExecStatusType status = PQresultStatus(result);

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        fail_msg("%s: %s", text, PQerrorMessage(sql));
    }
    return result;
}

static void run_on_base(const char *text)
{
    PGconn *base = connect_to(base_dsn());

    PQclear(run_on(base, text));
    PQfinish(base);
}

static struct db_settings make_settings(const char *dsn)
{
    return (struct db_settings){.dsn = dsn,
                                .application_name = "stockroom test",
                                .connect_timeout_seconds = 10,
                                .statement_timeout_ms = 30000,
                                .lock_timeout_ms = 20000,
                                .retry_seconds = 1};
}

int rig_setup_bare(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    char text[128];

    assert_non_null(rig);
    assert_true(sodium_init() >= 0);
    log_init("test", STDERR_FILENO, LOG_LEVEL_ERROR);
    snprintf(rig->name, sizeof rig->name, "stockroom_%ld_%08x", (long)getpid(), randombytes_random());
    snprintf(text, sizeof text, "CREATE DATABASE %s", rig->name);
    run_on_base(text);
    snprintf(rig->owner_dsn, sizeof rig->owner_dsn, "%s dbname=%s", base_dsn(), rig->name);
    snprintf(rig->server_dsn, sizeof rig->server_dsn, "%s options='-c role=stockroom_server'",
             rig->owner_dsn);
    rig->sql = connect_to(rig->owner_dsn);
    /* The cheapest that libsodium takes: these tests are not about the cost. */
    rig->config.passwords.memory_kib = 8;
    rig->config.passwords.passes = 1;
    *state = rig;
    return 0;
}

int rig_setup(void **state)
{
    struct db_settings settings;
    struct err_info info;
    struct rig *rig;
    struct db *owner;
    FILE *report = fopen("/dev/null", "w");

    rig_setup_bare(state);
    rig = *state;
    assert_non_null(report);
    settings = make_settings(rig->owner_dsn);
    owner = db_new(&settings);
    if (migrate_run(owner, migrate_embedded(), report, &info) != ERR_OK) {
        fail_msg("%s", info.message);
    }
    fclose(report);
    db_free(owner);
    rig->db = rig_connect(rig);
    return 0;
}

int rig_teardown(void **state)
{
    struct rig *rig = *state;
    char text[128];

    db_free(rig->db);
    PQfinish(rig->sql);
    snprintf(text, sizeof text, "DROP DATABASE %s WITH (FORCE)", rig->name);
    run_on_base(text);
    free(rig);
    return 0;
}

struct db *rig_connect(const struct rig *rig)
{
    struct db_settings settings = make_settings(rig->server_dsn);
    struct db *db = db_new(&settings);
    struct err_info info;

    if (db_ensure(db, &info) != ERR_OK) {
        fail_msg("%s", info.message);
    }
    return db;
}

const char *rig_text(const struct rig *rig, const char *sql)
{
    static char text[4096];
    PGresult *result = run_on(rig->sql, sql);

    text[0] = '\0';
    if (PQntuples(result) > 0) {
        snprintf(text, sizeof text, "%s", PQgetvalue(result, 0, 0));
    }
    PQclear(result);
    return text;
}

int64_t rig_number(const struct rig *rig, const char *sql)
{
    int64_t number = 0;

    return values_parse_i64(rig_text(rig, sql), &number) ? number : 0;
}

void rig_wait(const struct rig *rig, const char *sql)
{
    time_t end = time(NULL) + WAIT_SECONDS;

    while (rig_number(rig, sql) == 0) {
        if (time(NULL) > end) {
            fail_msg("never came true: %s", sql);
        }
    }
}

struct identity *rig_who(const struct rig *rig, enum role role, const char *user, const char *codes)
{
    const char *list[16];
    char copy[512], sql[256];
    unsigned count = 0;

    snprintf(copy, sizeof copy, "%s", codes);
    for (char *word = copy, *end; *word != '\0'; word = end) {
        end = word + strcspn(word, " ");
        if (*end != '\0') {
            *end++ = '\0';
        }
        list[count++] = word;
    }
    snprintf(sql, sizeof sql, "SELECT user_id FROM users WHERE name = '%s'", user);
    return identity_new(&(struct identity){.user_id = (int32_t)rig_number(rig, sql),
                                           .role = role,
                                           .user = user,
                                           .store_codes = list,
                                           .store_count = count});
}

static enum err run_steps(struct request *request, struct db *db)
{
    const struct command_step *steps = request->command->steps;
    enum err err = ERR_OK;

    for (int i = 0; err == ERR_OK && i < COMMAND_STEPS_MAX && steps[i].run != NULL; i++) {
        do {
            request->runs_again = false;
            err = steps[i].run(request, steps[i].place == STEP_QUERY ? db : NULL, &request->error);
            assert_true(!db_in_transaction(db));
        } while (err == ERR_OK && request->runs_again);
    }
    return err;
}

static enum err run_request(struct request *request, struct db *db, const char *line)
{
    struct words words;
    unsigned used = 0;
    enum err err = lexer_split(&request->arena, line, strlen(line), &words, &request->error);

    if (err != ERR_OK) {
        return err;
    }
    request->command = command_find((const char *const *)words.texts, (unsigned)words.count, &used);
    if (request->command == NULL) {
        return err_set(&request->error, ERR_UNKNOWN_COMMAND, "no command %s", words.texts[0]);
    }
    if ((request->command->roles & request->who->role) == 0) {
        return err_set(&request->error, ERR_NOT_PERMITTED, "not for you");
    }
    err = args_parse(&request->arena, request->command, words.texts + used, (unsigned)words.count - used,
                     &request->args, &request->format, &request->error);
    if (err == ERR_OK && request->command->prepare != NULL) {
        err = request->command->prepare(request, &request->error);
    }
    return err == ERR_OK && request->movement == NULL ? run_steps(request, db) : err;
}

/* What stdin has, as the lines that the command wants. */
static void take_inputs(struct request *request, const char *input)
{
    while (input != NULL && request->input_count < REQUEST_INPUTS_MAX) {
        const char *end = strchr(input, '\n');
        size_t len = end != NULL ? (size_t)(end - input) : strlen(input);

        request->inputs[request->input_count++] = arena_strndup(&request->arena, input, len);
        input = end != NULL ? end + 1 : NULL;
    }
}

static struct outcome *run(const struct rig *rig, struct db *db, struct identity *who, enum format format,
                           const char *line, const char *input, bool is_interactive)
{
    struct outcome *outcome = calloc(1, sizeof *outcome);
    struct request *request = &outcome->request;

    assert_non_null(outcome);
    request->config = &rig->config;
    request->who = identity_ref(who);
    request->format = format;
    request->core = rig->core;
    request->is_interactive = is_interactive;
    take_inputs(request, input);
    outcome->err = run_request(request, db, line);
    if ((outcome->err == ERR_OK || outcome->err == ERR_UNSOUND) && request->table.columns != NULL) {
        table_format(&request->table, request->format, &request->prefix, &request->output);
    }
    buf_append_char(&request->output, '\0');
    outcome->output = request->output.data;
    return outcome;
}

struct outcome *rig_run_on(const struct rig *rig, struct db *db, struct identity *who, enum format format,
                           const char *line, const char *input)
{
    return run(rig, db, who, format, line, input, false);
}

struct outcome *rig_run_interactive(const struct rig *rig, struct identity *who, const char *line,
                                    const char *input)
{
    return run(rig, rig->db, who, FORMAT_JSON, line, input, true);
}

void outcome_done(struct outcome *outcome)
{
    if (outcome->request.data != NULL && outcome->request.command->release != NULL) {
        outcome->request.command->release(&outcome->request);
    }
    identity_unref(outcome->request.who);
    buf_done(&outcome->request.output);
    arena_done(&outcome->request.arena);
    free(outcome);
}

void rig_refuse(const struct rig *rig, struct identity *who, const char *line, enum err err, const char *part)
{
    struct outcome *outcome = rig_run_on(rig, rig->db, who, FORMAT_JSON, line, NULL);

    if (outcome->err != err || strstr(outcome->request.error.message, part) == NULL) {
        fail_msg("%s: expected %s with '%s', came %s: %s", line, err_text(err), part, err_text(outcome->err),
                 outcome->err != ERR_OK ? outcome->request.error.message : outcome->output);
    }
    outcome_done(outcome);
}

static struct outcome *run_well(const struct rig *rig, struct identity *who, const char *line)
{
    struct outcome *outcome = rig_run_on(rig, rig->db, who, FORMAT_JSON, line, NULL);

    if (outcome->err != ERR_OK) {
        fail_msg("%s: %s: %s", line, err_text(outcome->err), outcome->request.error.message);
    }
    return outcome;
}

void rig_expect(const struct rig *rig, struct identity *who, const char *line, const char *json)
{
    struct outcome *outcome = run_well(rig, who, line);

    assert_string_equal(outcome->output, json);
    outcome_done(outcome);
}

void rig_contains(const struct rig *rig, struct identity *who, const char *line, const char *part)
{
    struct outcome *outcome = run_well(rig, who, line);

    if (strstr(outcome->output, part) == NULL) {
        fail_msg("%s: no '%s' in %s", line, part, outcome->output);
    }
    outcome_done(outcome);
}

void rig_lacks(const struct rig *rig, struct identity *who, const char *line, const char *part)
{
    struct outcome *outcome = run_well(rig, who, line);

    if (strstr(outcome->output, part) != NULL) {
        fail_msg("%s: there is '%s' in %s", line, part, outcome->output);
    }
    outcome_done(outcome);
}

void rig_do(const struct rig *rig, struct identity *who, const char *line)
{
    outcome_done(run_well(rig, who, line));
}
