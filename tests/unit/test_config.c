/* Tests of config/: what is read, and each kind of complaint with its line. */
#include "config/config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/buf.h"
#include "tests/unit/unit.h"

static char path[64];
static int file = -1;

/* Make the file hold these bytes. */
static void write_file(const char *data, size_t len)
{
    assert_int_equal(ftruncate(file, 0), 0);
    assert_int_equal(pwrite(file, data, len, 0), len);
}

static void load(const char *data, size_t len, struct config *ret_config)
{
    char message[512] = "";

    write_file(data, len);
    if (config_load(path, ret_config, message, sizeof message) != ERR_OK) {
        fail_msg("%s", message);
    }
}

static void load_text(const char *text, struct config *ret_config)
{
    load(text, strlen(text), ret_config);
}

static void refuse_bytes(const char *data, size_t len, const char *expected)
{
    struct config config = {.limits = {.sessions = 77}};
    char message[512] = "";
    char whole[600];

    write_file(data, len);
    assert_int_equal(config_load(path, &config, message, sizeof message), ERR_BAD_VALUE);
    snprintf(whole, sizeof whole, "%s:%s", path, expected);
    assert_string_equal(message, whole);
    assert_int_equal(config.limits.sessions, 77);
}

static void refuse(const char *text, const char *expected)
{
    refuse_bytes(text, strlen(text), expected);
}

static void defaults(void **state)
{
    struct config config;

    (void)state;
    load_text("", &config);
    assert_int_equal(config.server.listen.count, 2);
    assert_string_equal(config.server.listen.items[0], "0.0.0.0:2222");
    assert_string_equal(config.server.listen.items[1], "[::]:2222");
    assert_int_equal(config.server.host_keys.count, 0);
    assert_string_equal(config.server.user, "stockroom");
    assert_string_equal(config.server.log, "-");
    assert_int_equal(config.server.log_level, LOG_LEVEL_INFO);
    assert_int_equal(config.server.log_queue_lines, 8192);
    assert_int_equal(config.server.drain_seconds, 10);
    assert_int_equal(config.limits.sessions, 10000);
    assert_int_equal(config.limits.login_grace_seconds, 30);
    assert_int_equal(config.limits.auth_tries, 6);
    assert_int_equal(config.limits.output_bytes, 65536);
    assert_null(config.database.dsn);
    assert_null(config.database.dsn_file);
    assert_int_equal(config.database.workers, 4);
    assert_int_equal(config.ledger.lines_per_transaction, 4000);
    assert_int_equal(config.ledger.stores_per_transaction, 0);
    assert_int_equal(config.passwords.memory_kib, 19456);
    assert_int_equal(config.passwords.passes, 2);
    config_done(&config);
    config_done(&config);
}

static void keys_are_read(void **state)
{
    struct config config;

    (void)state;
    load_text("; a comment\n"
              "# another\r\n"
              "[server]\r\n"
              "listen = 127.0.0.1:2200\t[::1]:2201 localhost:22\r\n"
              "  host_keys=/a/key /b/key ; of both types\n"
              "user = nobody\n"
              "log = /var/log/stockroom.log\n"
              "log_level = debug\n"
              "\n"
              "[limits]\n"
              "sessions = 5\n"
              "[server]\n"
              "drain_seconds = 0\n"
              "[database]\n"
              "dsn = host=/run/x dbname=y password='a = b;c'\n"
              "[passwords]\n"
              "passes = 16",
              &config);
    assert_int_equal(config.server.listen.count, 3);
    assert_string_equal(config.server.listen.items[1], "[::1]:2201");
    assert_int_equal(config.server.host_keys.count, 2);
    assert_string_equal(config.server.host_keys.items[1], "/b/key");
    assert_string_equal(config.server.user, "nobody");
    assert_string_equal(config.server.log, "/var/log/stockroom.log");
    assert_int_equal(config.server.log_level, LOG_LEVEL_DEBUG);
    assert_int_equal(config.server.drain_seconds, 0);
    assert_int_equal(config.limits.sessions, 5);
    assert_string_equal(config.database.dsn, "host=/run/x dbname=y password='a = b;c'");
    assert_int_equal(config.passwords.passes, 16);
    config_done(&config);
}

static void byte_order_mark_is_skipped(void **state)
{
    struct config config;

    (void)state;
    load_text("\xef\xbb\xbf[limits]\nsessions = 5\n", &config);
    assert_int_equal(config.limits.sessions, 5);
    config_done(&config);
}

static void long_values_arrive_whole(void **state)
{
    struct buf text = {0};
    struct config config;

    (void)state;
    buf_append_text(&text, "[database]\ndsn = ");
    for (int i = 0; i < CONFIG_TEXT_MAX; i++) {
        buf_append_char(&text, (char)('a' + i % 26));
    }
    buf_append_text(&text, "\nworkers = 9\n");
    load(text.data, text.len, &config);
    assert_int_equal(strlen(config.database.dsn), CONFIG_TEXT_MAX);
    assert_memory_equal(config.database.dsn, text.data + 17, CONFIG_TEXT_MAX);
    assert_int_equal(config.database.workers, 9);
    config_done(&config);
    buf_done(&text);
}

static void long_values_are_refused(void **state)
{
    struct buf text = {0};
    struct config config;

    (void)state;
    buf_append_text(&text, "[database]\ndsn = ");
    for (int i = 0; i < CONFIG_TEXT_MAX + 1; i++) {
        buf_append_char(&text, 'x');
    }
    refuse_bytes(text.data, text.len, "2: [database] dsn: has 1025 bytes; at most 1024");
    for (int i = 0; i < 5000; i++) {
        buf_append_char(&text, 'x');
    }
    refuse_bytes(text.data, text.len, "2: the line is longer than 4094 bytes");
    buf_reset(&text);
    buf_append_text(&text, "\n# ");
    for (int i = 0; i < 4091; i++) {
        buf_append_char(&text, 'x');
    }
    buf_append_text(&text, "x\n");
    /* One byte short of it. */
    load(text.data, text.len, &config);
    config_done(&config);
    buf_consume(&text, 1);
    buf_append_text(&text, "# ");
    for (int i = 0; i < 4093; i++) {
        buf_append_char(&text, 'x');
    }
    refuse_bytes(text.data, text.len, "2: the line is longer than 4094 bytes");
    buf_done(&text);
}

static void structure_is_checked(void **state)
{
    (void)state;
    refuse("sessions = 5\n", "1: sessions: is in no section");
    refuse("\n[nowhere]\n", "2: [nowhere]: unknown section");
    refuse("[limits]\nsession = 5\n", "2: [limits] session: unknown key");
    refuse("[server]\nsessions = 5\n", "2: [server] sessions: unknown key");
    refuse("[Limits]\n", "1: [Limits]: unknown section");
    refuse("[limits]\nsessions = 5\n\nsessions = 5\n", "4: [limits] sessions: given before, in line 2");
    refuse("[limits]\nsessions = 5\n[server]\nuser = a\n[limits]\nsessions = 6\n",
           "6: [limits] sessions: given before, in line 2");
    refuse("[limits]\nsessions\n", "2: is not a [section], a key = value or a comment");
    refuse("[limits\nsessions = 5\n", "1: is not a [section], a key = value or a comment");
    /* An earlier fault that inih passes over is told rather than a later one. */
    refuse("[limits]\nbroken\nsessions = x\n", "2: is not a [section], a key = value or a comment");
    refuse("[limits]\nsessions = x\nbroken\n", "2: [limits] sessions: 'x' is not a whole number");
    /* An indented line is a line, not more of the value above. */
    refuse("[database]\ndsn = a\n  dbname=b\n", "3: [database] dbname: unknown key");
}

static void bytes_are_checked(void **state)
{
    (void)state;
    refuse_bytes("[limits]\nsessions = 5\0x\n", 23, "2: the line is not UTF-8 or holds a control character");
    refuse("[server]\nlog = /a\xff\n", "2: the line is not UTF-8 or holds a control character");
    refuse("[server]\nlog = /a\x1b[2J\n", "2: the line is not UTF-8 or holds a control character");
    refuse("[server]\nlog = /a\xe2\x80\xae\n", "2: the line is not UTF-8 or holds a control character");
    refuse("# \x01\n", "1: the line is not UTF-8 or holds a control character");
}

static void numbers_are_checked(void **state)
{
    (void)state;
    refuse("[limits]\nsessions = 0\n", "2: [limits] sessions: '0' is not from 1 to 100000");
    refuse("[limits]\nsessions = 100001\n", "2: [limits] sessions: '100001' is not from 1 to 100000");
    refuse("[limits]\nsessions = -1\n", "2: [limits] sessions: '-1' is not from 1 to 100000");
    refuse("[limits]\nsessions = 5k\n", "2: [limits] sessions: '5k' is not a whole number");
    refuse("[limits]\nsessions = 4294967297\n", "2: [limits] sessions: '4294967297' is not from 1 to 100000");
    refuse("[limits]\nsessions = 99999999999999999999\n",
           "2: [limits] sessions: '99999999999999999999' is too large a number");
    refuse("[limits]\nsessions =\n",
           "2: [limits] sessions: has no value; leave the key out to have its default");
    refuse("[passwords]\nmemory_kib = 8191\n",
           "2: [passwords] memory_kib: '8191' is not from 8192 to 1048576");
}

static void refuse_listen(const char *value, const char *reason)
{
    char text[600];
    char expected[600];

    snprintf(text, sizeof text, "[server]\nlisten = %s\n", value);
    snprintf(expected, sizeof expected, "2: [server] listen: %s", reason);
    refuse(text, expected);
}

static void addresses_are_checked(void **state)
{
    (void)state;
    refuse_listen("2222", "'2222' is not HOST:PORT");
    refuse_listen("127.0.0.1", "'127.0.0.1' is not HOST:PORT");
    refuse_listen("a:0", "'a:0' has no port from 1 to 65535");
    refuse_listen("a:65536", "'a:65536' has no port from 1 to 65535");
    refuse_listen("a:", "'a:' has no port from 1 to 65535");
    refuse_listen("a:-1", "'a:-1' has no port from 1 to 65535");
    refuse_listen("a:ssh", "'a:ssh' has no port from 1 to 65535");
    refuse_listen(":22", "':22' is not HOST:PORT (IPv6 addresses need brackets)");
    refuse_listen("::1:22", "'::1:22' is not HOST:PORT (IPv6 addresses need brackets)");
    refuse_listen("127.0.0.256:22", "'127.0.0.256:22' is not HOST:PORT (IPv6 addresses need brackets)");
    refuse_listen("a_b:22", "'a_b:22' is not HOST:PORT (IPv6 addresses need brackets)");
    refuse_listen("[::g]:22", "'[::g]:22' is not an IPv6 address in brackets and a port");
    refuse_listen("[]:22", "'[]:22' is not an IPv6 address in brackets and a port");
    refuse_listen("[127.0.0.1]:22", "'[127.0.0.1]:22' is not an IPv6 address in brackets and a port");
    refuse_listen("a:1 a:1", "'a:1' is there twice");
    refuse_listen("a:1 a:2 a:3 a:4 a:5 a:6 a:7 a:8 a:9", "more than 8 entries");
}

static void words_are_checked(void **state)
{
    (void)state;
    refuse("[server]\nlog_level = verbose\n",
           "2: [server] log_level: 'verbose' is not one of debug, info, warning, error");
    refuse("[server]\nuser = -x\n", "2: [server] user: '-x' is not the name of a system user");
    refuse("[server]\nuser = a:b\n", "2: [server] user: 'a:b' is not the name of a system user");
    refuse("[server]\nuser = a b\n", "2: [server] user: 'a b' is not the name of a system user");
    refuse("[server]\nuser = a12345678901234567890123456789012\n",
           "2: [server] user: 'a12345678901234567890123456789012' is not the name of a system user");
}

static void pairs_are_checked(void **state)
{
    (void)state;
    refuse("[database]\ndsn = a\n\ndsn_file = /b\n",
           "4: [database] dsn_file: dsn is given too; one of them must go");
    refuse("[database]\nowner_dsn_file = /b\nowner_dsn = a\n",
           "3: [database] owner_dsn_file: owner_dsn is given too; one of them must go");
    refuse("[ledger]\nqueue_lines = 5\n",
           "2: [limits] atomic_lines: 10000 do not fit into the 5 of [ledger] queue_lines");
}

static void endless_files_are_refused(void **state)
{
    struct buf text = {0};

    (void)state;
    for (int i = 0; i < 200000; i++) {
        buf_append_char(&text, '\n');
    }
    refuse_bytes(text.data, text.len, "100000: more than 99999 lines");
    buf_done(&text);
}

static void files_that_are_none_are_refused(void **state)
{
    struct config config;
    char message[512];

    (void)state;
    assert_int_equal(config_load("/nonexistent/stockroom.ini", &config, message, sizeof message), ERR_USAGE);
    assert_string_equal(message, "/nonexistent/stockroom.ini: cannot be opened: No such file or directory");
    assert_int_equal(config_load("/", &config, message, sizeof message), ERR_BAD_VALUE);
    assert_string_equal(message, "/:1: cannot be read: Is a directory");
}

/* A short buffer for the message is not overrun. */
static void messages_fit(void **state)
{
    struct config config;
    char message[600];

    (void)state;
    write_file("[limits]\nsessions = x\n", 22);
    for (unsigned size = 1; size < 100; size++) {
        memset(message, '#', sizeof message);
        assert_int_equal(config_load(path, &config, message, size), ERR_BAD_VALUE);
        assert_true(strlen(message) < size);
        assert_int_equal(message[size], '#');
    }
}

static void database_is_forgotten(void **state)
{
    struct config config;

    (void)state;
    load_text("[database]\ndsn = password=secret\nowner_dsn = x\npassword_file = /y\n", &config);
    config_forget_secrets(&config);
    assert_null(config.database.dsn);
    assert_null(config.database.owner_dsn);
    assert_null(config.database.password_file);
    assert_string_equal(config.server.user, "stockroom");
    config_done(&config);
}

static int open_file(void **state)
{
    (void)state;
    file = memfd_create("stockroom.ini", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    return file < 0;
}

static int close_file(void **state)
{
    (void)state;
    return close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(keys_are_read),
        cmocka_unit_test(byte_order_mark_is_skipped),
        cmocka_unit_test(long_values_arrive_whole),
        cmocka_unit_test(long_values_are_refused),
        cmocka_unit_test(structure_is_checked),
        cmocka_unit_test(bytes_are_checked),
        cmocka_unit_test(numbers_are_checked),
        cmocka_unit_test(addresses_are_checked),
        cmocka_unit_test(words_are_checked),
        cmocka_unit_test(pairs_are_checked),
        cmocka_unit_test(endless_files_are_refused),
        cmocka_unit_test(files_that_are_none_are_refused),
        cmocka_unit_test(messages_fit),
        cmocka_unit_test(database_is_forgotten),
    };

    return cmocka_run_group_tests(tests, open_file, close_file);
}
