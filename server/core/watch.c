/* Watching a store. Called by channels and by core; on the main loop, but for run_read, which has only its
 * job. One read at a time for each watch, with a pause between two, so that a busy store's watchers do not
 * keep the till from the database. */
#include "server/core/watch.h"

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "common/values.h"
#include "server/core/channel.h"
#include "server/core/command.h"
#include "server/core/commands/movement_rows.h"
#include "server/core/core.h"

enum {
    BUCKETS = 4096,
    ROWS_A_READ = 1000,
    PAUSE_MS = 50,
    RETRY_MS = 1000 /* after a failure: the database is away, or the workers are busy */
};

struct watch {
    uv_timer_t timer; /* first: handles lead back here */
    struct core *core;
    struct channel *channel; /* NULL: it has gone, and only the handle is left */
    struct watch *next;      /* of its bucket */
    struct watch **place;
    char *store;
    char *tag;
    uint64_t line;
    enum format format;
    bool show_cost;
    bool has_news;
    bool has_header;
    int64_t seq;
    struct reading *reading; /* the job that runs */
};

/* A read under way; outlives its watch when the client leaves. */
struct reading {
    struct work_job job;
    struct core *core;
    struct watch *watch; /* NULL: it has gone */
    struct arena arena;
    const char *store;
    const char *tag;
    uint64_t line;
    enum format format;
    bool show_cost;
    bool has_header;
    int64_t seq; /* before, and then after */
    size_t row_count;
    enum err err;
    struct buf output;
};

struct watches {
    struct watch *buckets[BUCKETS];
};

static struct watch **bucket_of(struct watches *watches, const char *store)
{
    uint32_t hash = 2166136261u;
    for (const char *c = store; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    }
    return &watches->buckets[hash % BUCKETS];
}

struct watches *watches_new(void)
{
    struct watches *watches = calloc(1, sizeof *watches);
    if (!watches) {
        abort();
    }
    return watches;
}

void watches_free(struct watches *watches)
{
    free(watches);
}

static const char *cell_text(const struct table *table, const struct cell *row, const char *name,
                             struct buf *quantity)
{
    for (unsigned i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) != 0) {
            continue;
        }
        int64_t milli;
        const char *text = row[i].shown ? row[i].shown : row[i].value;
        if (table->columns[i].kind != COLUMN_QUANTITY || !text || !values_parse_i64(text, &milli)) {
            return text && text_is_printable(text, strlen(text)) ? text : text ? "?" : "";
        }
        buf_reset(quantity);
        values_append_quantity(quantity, milli);
        buf_append_char(quantity, '\0');
        return quantity->data;
    }
    return "";
}

/* A line for each movement: a stream has no widths to align to. */
static void append_text_rows(struct reading *reading, const struct table *table)
{
    static const char *const names[] = {"recorded_at", "store",    "seq",     "type",
                                        "sku",         "quantity", "balance", "user"};
    enum { NAMES = sizeof names / sizeof *names };
    cleanup(buf_done) struct buf quantity = {0};
    for (unsigned i = 0; !reading->has_header && i < NAMES; i++) {
        buf_append_text(&reading->output, names[i]);
        buf_append_text(&reading->output, i + 1 < NAMES ? "  " : "\n");
    }
    for (size_t r = 0; r < table->row_count; r++) {
        for (unsigned i = 0; i < NAMES; i++) {
            const struct cell *row = table->cells + r * table->column_count;
            buf_append_text(&reading->output, cell_text(table, row, names[i], &quantity));
            buf_append_text(&reading->output, i + 1 < NAMES ? "  " : "\n");
        }
    }
}

static void format_rows(struct reading *reading, const struct table *table)
{
    struct row_prefix prefix = {.line = reading->line, .tag = reading->tag};
    if (table->row_count == 0) {
        return;
    }
    if (reading->format == FORMAT_TEXT) {
        append_text_rows(reading, table);
    } else {
        table_format(table, reading->format, &prefix, &reading->output);
    }
    if (reading->format == FORMAT_CSV && reading->has_header) {
        const char *end = memchr(reading->output.data, '\n', reading->output.len);
        buf_consume(&reading->output, (size_t)(end + 1 - reading->output.data));
    }
}

static void run_read(struct work_job *job, struct db *db, const struct err_info *info)
{
    struct reading *reading = (struct reading *)job;
    struct table table = {0};
    struct err_info error;
    (void)info;
    if (!db) {
        reading->err = ERR_DATABASE_UNAVAILABLE;
        return;
    }
    reading->err = movements_read_after(db, &reading->arena, reading->store, reading->seq, ROWS_A_READ,
                                        reading->show_cost, &table, &reading->seq, &error);
    if (reading->err == ERR_OK) {
        reading->row_count = table.row_count;
        format_rows(reading, &table);
    }
}

static void reading_free(struct reading *reading)
{
    buf_done(&reading->output);
    arena_done(&reading->arena);
    free(reading);
}

static void timer_fired(uv_timer_t *timer)
{
    watch_wake((struct watch *)timer);
}

static void read_done(struct work_job *job, bool expired)
{
    struct reading *reading = (struct reading *)job;
    struct watch *watch = reading->watch;
    core_release_waiting(reading->core);
    if (watch) {
        watch->reading = NULL;
        if (expired || reading->err != ERR_OK) {
            watch->has_news = true;
            uv_timer_start(&watch->timer, timer_fired, RETRY_MS, 0);
        } else {
            watch->seq = reading->seq;
            watch->has_news = watch->has_news || reading->row_count == ROWS_A_READ;
            watch->has_header = watch->has_header || reading->row_count > 0;
            channel_write(watch->channel, reading->output.data, reading->output.len);
            uv_timer_start(&watch->timer, timer_fired, reading->row_count == ROWS_A_READ ? 0 : PAUSE_MS, 0);
        }
    }
    reading_free(reading);
}

static struct reading *reading_new(struct watch *watch)
{
    struct reading *reading = calloc(1, sizeof *reading);
    if (!reading) {
        abort();
    }
    reading->job.owner = work_owner(channel_identity(watch->channel)->user);
    reading->job.run = run_read;
    reading->job.done = read_done;
    reading->core = watch->core;
    reading->watch = watch;
    reading->store = arena_strdup(&reading->arena, watch->store);
    reading->tag = watch->tag ? arena_strdup(&reading->arena, watch->tag) : NULL;
    reading->line = watch->line;
    reading->format = watch->format;
    reading->show_cost = watch->show_cost;
    reading->has_header = watch->has_header;
    reading->seq = watch->seq;
    return reading;
}

void watch_wake(struct watch *watch)
{
    if (!watch->has_news || watch->reading || uv_is_active((const uv_handle_t *)&watch->timer) ||
        channel_is_full(watch->channel)) {
        return;
    }
    struct reading *reading = reading_new(watch);
    if (work_submit(watch->core->queries, &reading->job) != ERR_OK) {
        reading_free(reading);
        uv_timer_start(&watch->timer, timer_fired, RETRY_MS, 0);
        return;
    }
    watch->has_news = false;
    watch->reading = reading;
}

void watches_tell(struct watches *watches, const char *store_code)
{
    for (struct watch *watch = *bucket_of(watches, store_code); watch; watch = watch->next) {
        if (strcmp(watch->store, store_code) == 0) {
            watch->has_news = true;
            watch_wake(watch);
        }
    }
}

void watches_tell_all(struct watches *watches)
{
    for (unsigned i = 0; i < BUCKETS; i++) {
        for (struct watch *watch = watches->buckets[i]; watch; watch = watch->next) {
            watch->has_news = true;
            watch_wake(watch);
        }
    }
}

static char *copy_text(const char *text)
{
    char *copy = text ? strdup(text) : NULL;
    if (text && !copy) {
        abort();
    }
    return copy;
}

struct watch *watch_new(struct channel *channel, const struct request *request)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (!watch) {
        abort();
    }
    watch->core = channel_core(channel);
    watch->channel = channel;
    watch->store = copy_text(request->watch);
    watch->tag = copy_text(request->prefix.tag);
    watch->line = request->prefix.line;
    watch->format = request->format;
    watch->show_cost = request->who->role != ROLE_STAFF;
    watch->seq = request->watch_seq;
    watch->has_news = true; /* something may have been posted since the watch was answered */
    uv_timer_init(watch->core->loop, &watch->timer);
    struct watch **bucket = bucket_of(watch->core->watches, watch->store);
    watch->next = *bucket;
    if (watch->next) {
        watch->next->place = &watch->next;
    }
    watch->place = bucket;
    *bucket = watch;
    watch_wake(watch);
    return watch;
}

static void timer_closed(uv_handle_t *handle)
{
    struct watch *watch = (struct watch *)handle;
    free(watch->store);
    free(watch->tag);
    free(watch);
}

void watch_free(struct watch *watch)
{
    *watch->place = watch->next;
    if (watch->next) {
        watch->next->place = watch->place;
    }
    if (watch->reading) {
        watch->reading->watch = NULL;
    }
    watch->channel = NULL;
    uv_close((uv_handle_t *)&watch->timer, timer_closed);
}
