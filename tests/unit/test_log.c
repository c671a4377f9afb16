/* Tests of common/log: lines are JSON whatever is in them, and no caller ever waits. */
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log_journal.h"
#include "common/text.h"
#include "tests/unit/unit.h"

enum { THREADS = 4, LINES_EACH = 500, TEST_SECONDS_MAX = 50 };

/* All that is in a pipe now, without waiting. */
static void read_pipe(int fd, struct buf *ret_text)
{
    for (;;) {
        ssize_t len = read(fd, buf_reserve(ret_text, 65536), 65536);

        if (len <= 0) {
            assert_true(len == 0 || errno == EAGAIN);
            return;
        }
        ret_text->len += (size_t)len;
    }
}

static void open_pipe(int fds[2], int write_flags)
{
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(fcntl(fds[1], F_SETFL, write_flags), 0);
}

static void close_pipe(int fds[2])
{
    log_init("test", STDERR_FILENO, LOG_LEVEL_ERROR);
    close(fds[0]);
    close(fds[1]);
}

/* Take the first line off text, parsed; NULL when there is none. */
static json_t *next_line(struct buf *text)
{
    char *end = text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;
    json_t *json;

    if (end == NULL) {
        assert_int_equal(text->len, 0);
        return NULL;
    }
    json = json_loadb(text->data, (size_t)(end - text->data), JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    assert_non_null(json);
    buf_consume(text, (size_t)(end - text->data) + 1);
    return json;
}

static const char *field(json_t *line, const char *key)
{
    return json_string_value(json_object_get(line, key));
}

static void line_has_its_fields(void **state)
{
    struct buf text = {0};
    json_t *line;
    int fds[2];

    (void)state;
    open_pipe(fds, 0);
    log_init("front", fds[1], LOG_LEVEL_INFO);
    log_info("session.open", "user", "staff1", "source", NULL, "empty", "");
    read_pipe(fds[0], &text);
    line = next_line(&text);
    assert_string_equal(field(line, "level"), "info");
    assert_string_equal(field(line, "process"), "front");
    assert_string_equal(field(line, "event"), "session.open");
    assert_string_equal(field(line, "user"), "staff1");
    assert_string_equal(field(line, "empty"), "");
    assert_true(json_is_null(json_object_get(line, "source")));
    assert_int_equal(json_integer_value(json_object_get(line, "pid")), getpid());
    assert_int_equal(strlen(field(line, "time")) > 19, 1);
    assert_int_equal(field(line, "time")[10], 'T');
    json_decref(line);
    assert_null(next_line(&text));
    buf_done(&text);
    close_pipe(fds);
}

static void levels_are_filtered(void **state)
{
    static const char *const expected[] = {"warning", "error"};
    struct buf text = {0};
    int fds[2];

    (void)state;
    open_pipe(fds, 0);
    log_init("core", fds[1], LOG_LEVEL_WARNING);
    log_debug("a");
    log_info("b");
    log_warning("c");
    log_error("d");
    read_pipe(fds[0], &text);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        json_t *line = next_line(&text);

        assert_string_equal(field(line, "level"), expected[i]);
        json_decref(line);
    }
    assert_null(next_line(&text));
    buf_done(&text);
    close_pipe(fds);
}

static void values_are_escaped_and_cut(void **state)
{
    struct buf text = {0};
    char value[2000];
    json_t *line;
    int fds[2];

    (void)state;
    open_pipe(fds, 0);
    log_init("core", fds[1], LOG_LEVEL_INFO);
    memset(value, 'x', sizeof value);
    memcpy(value + 510, "寿", 3);
    value[sizeof value - 1] = '\0';
    log_info("e", "a", "\n{\"b\":1}\x1b[2J\xe2\x80\xae\xff", "long", value);
    read_pipe(fds[0], &text);
    assert_true(text_is_printable(text.data, text.len - 1));
    line = next_line(&text);
    assert_string_equal(field(line, "a"), "\n{\"b\":1}\x1b[2J\xe2\x80\xae\xef\xbf\xbd");
    assert_int_equal(json_string_length(json_object_get(line, "long")), 510);
    json_decref(line);
    assert_null(next_line(&text));
    buf_done(&text);
    close_pipe(fds);
}

static void *log_many(void *name)
{
    for (int i = 0; i < LINES_EACH; i++) {
        char number[16];

        snprintf(number, sizeof number, "%d", i);
        log_info("line", "thread", (const char *)name, "number", number);
    }
    return NULL;
}

/* Read all of a file's lines; per thread they must come in order. Returns their number. */
static int count_in_order(FILE *file)
{
    int next[THREADS] = {0};
    int count = 0;
    char text[1024];

    rewind(file);
    while (fgets(text, sizeof text, file) != NULL) {
        json_t *line = json_loads(text, 0, NULL);
        int thread;

        assert_non_null(line);
        thread = field(line, "thread")[0] - '0';
        assert_int_equal(strtol(field(line, "number"), NULL, 10), next[thread]);
        next[thread]++;
        count++;
        json_decref(line);
    }
    return count;
}

static void run_threads(bool queued)
{
    static const char *const names[THREADS] = {"0", "1", "2", "3"};
    pthread_t threads[THREADS];
    uint64_t before = log_dropped();
    FILE *file = tmpfile();

    assert_non_null(file);
    fcntl(fileno(file), F_SETFL, O_APPEND);
    log_init("core", fileno(file), LOG_LEVEL_INFO);
    if (queued) {
        assert_int_equal(log_start_thread(THREADS * LINES_EACH), 0);
        assert_int_equal(log_start_thread(1), EALREADY);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, (void *)(uintptr_t)names[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    log_stop_thread();
    log_stop_thread();
    assert_int_equal(count_in_order(file), THREADS * LINES_EACH);
    assert_int_equal(log_dropped(), before);
    log_init("test", STDERR_FILENO, LOG_LEVEL_ERROR);
    fclose(file);
}

static void threads_write_at_once(void **state)
{
    (void)state;
    run_threads(false);
}

static void threads_write_through_the_queue(void **state)
{
    (void)state;
    run_threads(true);
}

/* Fill a pipe to the brim; returns the bytes. */
static size_t fill_pipe(int fd)
{
    static const char filler[4096];
    int flags = fcntl(fd, F_GETFL);
    size_t filled = 0;
    ssize_t len;

    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    while ((len = write(fd, filler, sizeof filler)) > 0) {
        filled += (size_t)len;
    }
    while (write(fd, filler, 1) == 1) {
        filled++;
    }
    assert_int_equal(fcntl(fd, F_SETFL, flags), 0);
    return filled;
}

/* The reader hangs: callers go on, what does not fit is counted, and the count is logged when the reader is
 * back. */
static void full_queue_drops_and_tells(void **state)
{
    enum { QUEUE = 4, LINES = 100 };
    struct buf text = {0};
    uint64_t before = log_dropped();
    uint64_t dropped;
    size_t filled;
    uint64_t told = 0;
    int seen = 0;
    json_t *line;
    int fds[2];

    (void)state;
    open_pipe(fds, 0);
    filled = fill_pipe(fds[1]);
    log_init("core", fds[1], LOG_LEVEL_INFO);
    assert_int_equal(log_start_thread(QUEUE), 0);
    for (int i = 0; i < LINES; i++) {
        log_info("line");
    }
    dropped = log_dropped() - before;
    assert_true(dropped >= LINES - QUEUE - 1);
    assert_true(dropped < LINES);
    read_pipe(fds[0], &text);
    log_stop_thread();
    read_pipe(fds[0], &text);
    buf_consume(&text, filled);
    while ((line = next_line(&text)) != NULL) {
        if (strcmp(field(line, "event"), "log.dropped") == 0) {
            told += (uint64_t)json_integer_value(json_object_get(line, "lines"));
            assert_string_equal(field(line, "level"), "warning");
        } else {
            seen++;
        }
        json_decref(line);
    }
    assert_int_equal(told, dropped);
    assert_int_equal((uint64_t)seen + dropped, LINES);
    assert_int_equal(log_dropped() - before, dropped);
    buf_done(&text);
    close_pipe(fds);
}

/* The reader never comes back: stopping still ends. */
static void stop_ends_though_nobody_reads(void **state)
{
    uint64_t before = log_dropped();
    int fds[2];

    (void)state;
    open_pipe(fds, O_NONBLOCK);
    fill_pipe(fds[1]);
    log_init("core", fds[1], LOG_LEVEL_INFO);
    assert_int_equal(log_start_thread(1000), 0);
    for (int i = 0; i < 1000; i++) {
        log_info("line");
    }
    log_stop_thread();
    assert_int_equal(log_dropped() - before, 1000);
    close_pipe(fds);
}

static void broken_descriptor_is_survived(void **state)
{
    uint64_t before = log_dropped();
    struct buf text = {0};
    json_t *line;
    int fds[2];

    (void)state;
    log_init("front", -1, LOG_LEVEL_INFO);
    log_info("lost");
    assert_int_equal(log_dropped() - before, 1);
    open_pipe(fds, 0);
    log_init("front", fds[1], LOG_LEVEL_INFO);
    log_info("found");
    read_pipe(fds[0], &text);
    line = next_line(&text);
    assert_string_equal(field(line, "event"), "found");
    json_decref(line);
    line = next_line(&text);
    assert_string_equal(field(line, "event"), "log.dropped");
    assert_int_equal(json_integer_value(json_object_get(line, "lines")) >= 1, 1);
    json_decref(line);
    buf_done(&text);
    close_pipe(fds);
}

/* A socket as journald's, at a path of its own. */
struct journal {
    char folder[32];
    struct sockaddr_un address;
    int fd;
};

static void journal_open(struct journal *journal)
{
    *journal = (struct journal){.folder = "/tmp/test-journal.XXXXXX", .address.sun_family = AF_UNIX};
    assert_non_null(mkdtemp(journal->folder));
    snprintf(journal->address.sun_path, sizeof journal->address.sun_path, "%s/socket", journal->folder);
    journal->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(journal->fd, (struct sockaddr *)&journal->address, sizeof journal->address), 0);
}

static void journal_close(struct journal *journal)
{
    close(journal->fd);
    unlink(journal->address.sun_path);
    rmdir(journal->folder);
}

/* The next datagram, NUL-terminated, or NULL. Static. */
static char *journal_read(const struct journal *journal)
{
    static char datagram[65536];
    ssize_t len = read(journal->fd, datagram, sizeof datagram - 1);

    if (len < 0) {
        assert_int_equal(errno, EAGAIN);
        return NULL;
    }
    datagram[len] = '\0';
    return datagram;
}

/* Returns the descriptor, for log_back. */
static int log_to_journal(const struct journal *journal)
{
    int fd = log_journal_open(journal->address.sun_path);

    assert_true(fd >= 0);
    log_init("core", fd, LOG_LEVEL_DEBUG);
    log_set_journal(true);
    return fd;
}

static void log_back(int fd)
{
    log_set_journal(false);
    log_init("test", STDERR_FILENO, LOG_LEVEL_ERROR);
    close(fd);
}

/* The value of a field, or NULL. Static. */
static const char *journal_field(const char *datagram, const char *name)
{
    static char value[8192];
    size_t len = strlen(name);

    for (const char *line = datagram; *line != '\0'; line = strchr(line, '\n') + 1) {
        if (strncmp(line, name, len) == 0 && line[len] == '=') {
            snprintf(value, sizeof value, "%.*s", (int)strcspn(line + len + 1, "\n"), line + len + 1);
            return value;
        }
    }
    return NULL;
}

static void journal_gets_fields(void **state)
{
    static const char *const priorities[] = {"7", "6", "4", "3"};
    struct journal journal;
    char value[2000];
    char *datagram;
    json_t *line;

    (void)state;
    journal_open(&journal);
    int fd = log_to_journal(&journal);
    memset(value, 'x', sizeof value);
    value[sizeof value - 1] = '\0';
    log_warning("session.open", "user-name", "a\nPRIORITY=0\n\x1b[2J\xe2\x80\xae\xff\xc3\xa4", "none", NULL,
                "long", value);
    datagram = journal_read(&journal);
    assert_non_null(datagram);
    assert_string_equal(journal_field(datagram, "PRIORITY"), "4");
    assert_string_equal(journal_field(datagram, "SYSLOG_IDENTIFIER"), "stockroomd");
    assert_string_equal(journal_field(datagram, "STOCKROOM_EVENT"), "session.open");
    assert_string_equal(journal_field(datagram, "STOCKROOM_PROCESS"), "core");
    assert_string_equal(journal_field(datagram, "STOCKROOM_USER_NAME"), "a?PRIORITY=0??[2J??\xc3\xa4");
    assert_null(journal_field(datagram, "STOCKROOM_NONE"));
    assert_int_equal(strlen(journal_field(datagram, "STOCKROOM_LONG")), 512);
    line = json_loads(journal_field(datagram, "MESSAGE"), JSON_REJECT_DUPLICATES, NULL);
    assert_string_equal(field(line, "event"), "session.open");
    assert_string_equal(field(line, "user-name"), "a\nPRIORITY=0\n\x1b[2J\xe2\x80\xae\xef\xbf\xbd\xc3\xa4");
    json_decref(line);
    for (int level = LOG_LEVEL_DEBUG; level <= (int)LOG_LEVEL_ERROR; level++) {
        log_event((enum log_level)level, "e", (char *)0);
        assert_string_equal(journal_field(journal_read(&journal), "PRIORITY"), priorities[level]);
    }
    assert_null(journal_read(&journal));
    log_back(fd);
    journal_close(&journal);
}

/* Without a thread a caller never waits for it; what was not taken is counted, and told when there is room.
 */
static void journal_that_takes_nothing(void **state)
{
    struct journal journal;
    uint64_t before = log_dropped();
    uint64_t taken = 0;
    char number[24];

    (void)state;
    journal_open(&journal);
    int fd = log_to_journal(&journal);
    for (int i = 0; i < 5; i++) {
        while (log_dropped() == before + (uint64_t)i) {
            log_info("e");
        }
    }
    while (journal_read(&journal) != NULL) {
        taken++;
    }
    assert_true(taken > 0);
    log_info("again");
    assert_string_equal(journal_field(journal_read(&journal), "STOCKROOM_EVENT"), "again");
    char *told = journal_read(&journal);
    assert_string_equal(journal_field(told, "STOCKROOM_EVENT"), "log.dropped");
    snprintf(number, sizeof number, "%llu", (unsigned long long)(log_dropped() - before));
    assert_string_equal(journal_field(told, "STOCKROOM_LINES"), number);
    log_back(fd);
    journal_close(&journal);
}

/* Another socket takes the place of the first; one that has gone costs lines and nothing else. */
static void journal_is_replaced(void **state)
{
    struct journal first, second;
    uint64_t before = log_dropped();

    (void)state;
    journal_open(&first);
    journal_open(&second);
    int fd = log_to_journal(&first);
    int other = log_journal_open(second.address.sun_path);
    assert_true(other >= 0);
    assert_int_equal(log_start_thread(100), 0);
    journal_close(&first);
    log_info("lost");
    log_stop_thread();
    assert_int_equal(log_dropped(), before + 1);
    assert_int_equal(log_redirect(other), 0);
    close(other);
    log_info("found");
    assert_string_equal(journal_field(journal_read(&second), "STOCKROOM_EVENT"), "found");
    log_back(fd);
    journal_close(&second);
    assert_int_equal(log_journal_open(second.address.sun_path), -1);
    assert_int_equal(errno, ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_has_its_fields),
        cmocka_unit_test(levels_are_filtered),
        cmocka_unit_test(values_are_escaped_and_cut),
        cmocka_unit_test(threads_write_at_once),
        cmocka_unit_test(threads_write_through_the_queue),
        cmocka_unit_test(full_queue_drops_and_tells),
        cmocka_unit_test(stop_ends_though_nobody_reads),
        cmocka_unit_test(broken_descriptor_is_survived),
        cmocka_unit_test(journal_gets_fields),
        cmocka_unit_test(journal_that_takes_nothing),
        cmocka_unit_test(journal_is_replaced),
    };

    /* A caller that waits is a failure, not a long test. */
    alarm(TEST_SECONDS_MAX);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
