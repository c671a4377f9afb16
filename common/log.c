/* The log: lines of JSON, written at once or handed to a thread through a bounded queue. Called from every
 * program of the server and any thread. Touches one descriptor; never waits for it on a caller's behalf once
 * the thread runs. */
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/log_journal.h"
#include "common/values.h"

enum {
    VALUE_MAX = 512,
    PAIRS_MAX = 64,       /* a call without its sentinel ends somewhere */
    WRITE_WAIT_MS = 1000, /* how long a full pipe may hold up one line */
    PROCESS_MAX = 32
};

struct line {
    char *data;
    size_t len;
};

static struct {
    char process[PROCESS_MAX];
    _Atomic int fd;
    _Atomic int least;
    _Atomic bool is_journal;
    _Atomic uint64_t dropped;    /* the queue was full, or the descriptor took nothing */
    _Atomic uint64_t unreported; /* of those, not yet told in the log */
    _Atomic bool stopping;
    _Atomic bool stuck; /* the last wait for the descriptor was in vain */

    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t waiting;
    struct line *queue; /* a ring; NULL: lines are written at once */
    size_t size;
    size_t first;
    size_t count;
    pthread_t thread;
} state = {.fd = STDERR_FILENO,
           .least = LOG_LEVEL_INFO,
           .process = "-",
           .mutex = PTHREAD_MUTEX_INITIALIZER,
           .waiting = PTHREAD_COND_INITIALIZER};

/* For those who ask before anyone locks. Set and cleared under the mutex. */
static _Atomic bool queued;

void log_init(const char *process, int fd, enum log_level least)
{
    size_t len = strnlen(process, PROCESS_MAX - 1);

    memcpy(state.process, process, len);
    state.process[len] = '\0';
    atomic_store(&state.fd, fd);
    atomic_store(&state.least, (int)least);
}

int log_redirect(int fd)
{
    return dup3(fd, atomic_load(&state.fd), O_CLOEXEC) < 0 ? errno : 0;
}

void log_set_journal(bool is_journal)
{
    atomic_store(&state.is_journal, is_journal);
}

static const char *level_text(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_DEBUG:
        return "debug";
    case LOG_LEVEL_INFO:
        return "info";
    case LOG_LEVEL_WARNING:
        return "warning";
    case LOG_LEVEL_ERROR:
        break;
    }
    return "error";
}

/* The longest prefix within VALUE_MAX that does not cut a code point. */
static size_t value_len(const char *value)
{
    size_t len = strnlen(value, VALUE_MAX + 1);

    if (len <= VALUE_MAX) {
        return len;
    }
    len = VALUE_MAX;
    while (len > VALUE_MAX - 4 && ((unsigned char)value[len] & 0xC0) == 0x80) {
        len--;
    }
    return len;
}

/* A line while it is made. */
struct draft {
    struct buf text;   /* what will be written */
    struct buf fields; /* that follow it in the journal */
    bool is_journal;
};

static void append_pair(struct draft *draft, const char *key, const char *value)
{
    struct buf *line = &draft->text;

    buf_append_char(line, ',');
    buf_append_json(line, key, value_len(key));
    buf_append_char(line, ':');
    if (value == NULL) {
        buf_append_text(line, "null");
    } else {
        buf_append_json(line, value, value_len(value));
        if (draft->is_journal) {
            log_journal_add(&draft->fields, key, value, value_len(value));
        }
    }
}

static void append_number(struct draft *draft, const char *key, uint64_t number)
{
    struct buf digits = {0};

    buf_append_u64(&digits, number);
    buf_append_char(&draft->text, ',');
    buf_append_json(&draft->text, key, strlen(key));
    buf_append_char(&draft->text, ':');
    buf_append(&draft->text, digits.data, digits.len);
    if (draft->is_journal) {
        log_journal_add(&draft->fields, key, digits.data, digits.len);
    }
    buf_done(&digits);
}

static void begin_line(struct draft *draft, enum log_level level, const char *event)
{
    struct timespec now = {0};

    draft->is_journal = atomic_load(&state.is_journal);
    if (draft->is_journal) {
        log_journal_begin(&draft->text, level);
    }
    clock_gettime(CLOCK_REALTIME, &now);
    buf_append_text(&draft->text, "{\"time\":\"");
    values_append_time(&draft->text, (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    buf_append_char(&draft->text, '"');
    append_pair(draft, "level", level_text(level));
    append_pair(draft, "process", state.process);
    append_number(draft, "pid", (uint64_t)getpid());
    append_pair(draft, "event", event);
}

static void end_line(struct draft *draft)
{
    buf_append_char(&draft->text, '}');
    buf_append(&draft->text, draft->fields.data, draft->fields.len);
    buf_append_char(&draft->text, '\n');
    buf_done(&draft->fields);
}

/* Wait until a full pipe takes more; not for every line of a queue that only waits to be left behind. */
static bool wait_writable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    bool hurry = atomic_load(&state.stopping) && atomic_load(&state.stuck);
    int found = poll(&ready, 1, hurry ? 0 : WRITE_WAIT_MS);

    atomic_store(&state.stuck, found == 0);
    return found != 0;
}

/* A caller's own write waits for a pipe, where another program reads, but not for the journal, where all do.
 */
static bool may_wait(void)
{
    return atomic_load(&queued) || !atomic_load(&state.is_journal);
}

/* One write, which a file opened for appending keeps whole, and which is a datagram to the journal. A pipe
 * that stays full loses the line rather than hang the process. */
static bool write_line(const char *data, size_t len)
{
    int fd = atomic_load(&state.fd);

    while (len > 0) {
        ssize_t written = write(fd, data, len);

        if (written >= 0) {
            data += written;
            len -= (size_t)written;
        } else if (errno == EAGAIN) {
            if (!may_wait() || !wait_writable(fd)) {
                return false;
            }
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

static void count_dropped(void)
{
    atomic_fetch_add(&state.dropped, 1);
    atomic_fetch_add(&state.unreported, 1);
}

static void write_or_count(const char *data, size_t len)
{
    if (!write_line(data, len)) {
        count_dropped();
    }
}

/* Say how many lines were lost, now that there is room again. */
static void report_dropped(void)
{
    uint64_t lost = atomic_exchange(&state.unreported, 0);
    struct draft draft = {0};

    if (lost == 0) {
        return;
    }
    begin_line(&draft, LOG_LEVEL_WARNING, "log.dropped");
    append_number(&draft, "lines", lost);
    end_line(&draft);
    if (!write_line(draft.text.data, draft.text.len)) {
        atomic_fetch_add(&state.unreported, lost);
    }
    buf_done(&draft.text);
}

/* Hand a line to the thread, with its memory. False when there is no thread: the caller still owns it. */
static bool enqueue(struct buf *line)
{
    bool taken = false;
    bool full = false;

    pthread_mutex_lock(&state.mutex);
    if (state.queue != NULL) {
        taken = true;
        full = state.count == state.size;
        if (!full) {
            state.queue[(state.first + state.count) % state.size] = (struct line){line->data, line->len};
            state.count++;
            pthread_cond_signal(&state.waiting);
        }
    }
    pthread_mutex_unlock(&state.mutex);
    if (full) {
        count_dropped();
        buf_done(line);
    }
    return taken;
}

/* The next line, or false once the log stops and nothing is left. */
static bool dequeue(struct line *ret_line)
{
    bool found;

    pthread_mutex_lock(&state.mutex);
    while (state.count == 0 && !atomic_load(&state.stopping)) {
        pthread_cond_wait(&state.waiting, &state.mutex);
    }
    found = state.count > 0;
    if (found) {
        *ret_line = state.queue[state.first];
        state.first = (state.first + 1) % state.size;
        state.count--;
    }
    pthread_mutex_unlock(&state.mutex);
    return found;
}

static void *drain(void *unused)
{
    struct line line;

    (void)unused;
    while (dequeue(&line)) {
        write_or_count(line.data, line.len);
        free(line.data);
        report_dropped();
    }
    report_dropped();
    return NULL;
}

int log_start_thread(unsigned queue_lines)
{
    size_t size = queue_lines > 0 ? queue_lines : 1;
    struct line *queue = calloc(size, sizeof *queue);
    int failed;

    if (queue == NULL) {
        return ENOMEM;
    }
    pthread_mutex_lock(&state.mutex);
    if (state.queue != NULL) {
        pthread_mutex_unlock(&state.mutex);
        free(queue);
        return EALREADY;
    }
    state.size = size;
    state.first = 0;
    state.count = 0;
    atomic_store(&state.stopping, false);
    atomic_store(&state.stuck, false);
    state.queue = queue;
    failed = pthread_create(&state.thread, NULL, drain, NULL);
    if (failed != 0) {
        state.queue = NULL;
        free(queue);
    }
    atomic_store(&queued, failed == 0);
    pthread_mutex_unlock(&state.mutex);
    return failed;
}

void log_stop_thread(void)
{
    struct line *queue;
    bool running;

    pthread_mutex_lock(&state.mutex);
    running = state.queue != NULL && !atomic_load(&state.stopping);
    atomic_store(&state.stopping, true);
    pthread_cond_signal(&state.waiting);
    pthread_mutex_unlock(&state.mutex);
    if (!running) {
        return;
    }
    pthread_join(state.thread, NULL);

    /* Lines that came between the thread's last look and now. */
    pthread_mutex_lock(&state.mutex);
    queue = state.queue;
    while (state.count > 0) {
        struct line line = queue[state.first];

        write_or_count(line.data, line.len);
        free(line.data);
        state.first = (state.first + 1) % state.size;
        state.count--;
    }
    state.queue = NULL;
    atomic_store(&queued, false);
    pthread_mutex_unlock(&state.mutex);
    free(queue);
}

uint64_t log_dropped(void)
{
    return atomic_load(&state.dropped);
}

bool log_wants(enum log_level level)
{
    return (int)level >= atomic_load(&state.least);
}

void log_event(enum log_level level, const char *event, ...)
{
    struct draft draft = {0};
    va_list args;

    if (!log_wants(level)) {
        return;
    }
    begin_line(&draft, level, event);
    va_start(args, event);
    for (int pairs = 0; pairs < PAIRS_MAX; pairs++) {
        const char *key = va_arg(args, const char *);

        if (key == NULL) {
            break;
        }
        append_pair(&draft, key, va_arg(args, const char *));
    }
    va_end(args);
    end_line(&draft);
    if (atomic_load(&queued) && enqueue(&draft.text)) {
        return;
    }
    write_or_count(draft.text.data, draft.text.len);
    report_dropped();
    buf_done(&draft.text);
}
