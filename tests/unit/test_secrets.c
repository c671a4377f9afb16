/* Tests of config/secrets: connection strings and passwords from files of their own. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "tests/unit/unit.h"

static char directory[] = "/tmp/stockroom-secrets-XXXXXX";
static char dsn_file[64];
static char password_file[64];

static void write_secret(const char *path, const char *data, size_t len, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(write(fd, data, len), len);
    close(fd);
}

/* As config_load leaves it. */
static char *copy(const char *text)
{
    return text != NULL ? strdup(text) : NULL;
}

static struct config make_config(const char *dsn, const char *dsn_path, const char *password_path)
{
    struct config config = {0};

    config.database.dsn = copy(dsn);
    config.database.dsn_file = copy(dsn_path);
    config.database.password_file = copy(password_path);
    return config;
}

static void check_dsn(struct config config, const char *expected)
{
    char message[512] = "";

    if (config_load_secrets(&config, message, sizeof message) != ERR_OK) {
        fail_msg("%s", message);
    }
    assert_string_equal(config.database.dsn, expected);
    assert_string_equal(config.database.owner_dsn, expected);
    config_done(&config);
}

static void refuse(struct config config, const char *expected)
{
    char message[512] = "";

    assert_int_equal(config_load_secrets(&config, message, sizeof message), ERR_USAGE);
    assert_string_equal(message, expected);
    config_done(&config);
}

#define WRITE(path, text) write_secret(path, text, sizeof(text) - 1, 0600)

static void dsn_comes_from_the_configuration_or_a_file(void **state)
{
    (void)state;
    check_dsn(make_config("dbname=a", NULL, NULL), "dbname=a");
    WRITE(dsn_file, "dbname=b\n");
    check_dsn(make_config(NULL, dsn_file, NULL), "dbname=b");
    WRITE(dsn_file, "dbname=b");
    check_dsn(make_config(NULL, dsn_file, NULL), "dbname=b");
    WRITE(dsn_file, "dbname=b\r\n");
    check_dsn(make_config(NULL, dsn_file, NULL), "dbname=b");
    refuse(make_config(NULL, NULL, NULL), "[database] dsn: neither dsn nor dsn_file is given");
}

static void owner_has_a_dsn_of_its_own(void **state)
{
    struct config config = make_config("dbname=a", NULL, NULL);
    char message[512];

    (void)state;
    WRITE(dsn_file, "dbname=a user=owner\n");
    config.database.owner_dsn_file = copy(dsn_file);
    assert_int_equal(config_load_secrets(&config, message, sizeof message), ERR_OK);
    assert_string_equal(config.database.dsn, "dbname=a");
    assert_string_equal(config.database.owner_dsn, "dbname=a user=owner");
    config_done(&config);
}

static void password_is_quoted(void **state)
{
    (void)state;
    WRITE(password_file, "simple\n");
    check_dsn(make_config("dbname=a", NULL, password_file), "dbname=a password='simple'");
    WRITE(password_file, "it's a \\ = b\n");
    check_dsn(make_config("dbname=a", NULL, password_file), "dbname=a password='it\\'s a \\\\ = b'");
}

static void password_is_quoted_for_a_uri(void **state)
{
    (void)state;
    WRITE(password_file, "a&b=c %/?ä\n");
    check_dsn(make_config("postgresql://u@h/d", NULL, password_file),
              "postgresql://u@h/d?password=a%26b%3Dc%20%25%2F%3F%C3%A4");
    check_dsn(make_config("postgres://h/d?sslmode=require", NULL, password_file),
              "postgres://h/d?sslmode=require&password=a%26b%3Dc%20%25%2F%3F%C3%A4");
}

static void refuse_password(const char *data, size_t len, const char *reason)
{
    char expected[256];

    write_secret(password_file, data, len, 0600);
    snprintf(expected, sizeof expected, "[database] password_file: %s: %s", password_file, reason);
    refuse(make_config("dbname=a", NULL, password_file), expected);
}

static void bad_files_are_refused(void **state)
{
    char expected[256];
    char data[CONFIG_TEXT_MAX + 10];

    (void)state;
    memset(data, 'x', sizeof data);
    refuse_password("", 0, "is empty");
    refuse_password("\n", 1, "is empty");
    refuse_password("a\nb\n", 4, "is not one line of UTF-8 text");
    refuse_password("a\0b", 3, "is not one line of UTF-8 text");
    refuse_password("a\xff", 2, "is not one line of UTF-8 text");
    for (size_t len = CONFIG_TEXT_MAX + 1; len <= sizeof data; len++) {
        refuse_password(data, len, "is too long");
    }
    snprintf(expected, sizeof expected, "[database] dsn_file: %s: is not a file", directory);
    refuse(make_config(NULL, directory, NULL), expected);
    refuse(make_config(NULL, "/nonexistent/dsn", NULL),
           "[database] dsn_file: /nonexistent/dsn: No such file or directory");
}

static void longest_secret_fits(void **state)
{
    char data[CONFIG_TEXT_MAX + 1];
    struct config config = make_config(NULL, dsn_file, NULL);
    char message[512];

    (void)state;
    memset(data, 'x', sizeof data);
    data[CONFIG_TEXT_MAX] = '\n';
    write_secret(dsn_file, data, sizeof data, 0600);
    assert_int_equal(config_load_secrets(&config, message, sizeof message), ERR_OK);
    assert_int_equal(strlen(config.database.dsn), CONFIG_TEXT_MAX);
    config_done(&config);
}

static void open_files_are_refused(void **state)
{
    static const mode_t modes[] = {0604, 0602, 0666, 0644};
    char expected[256];

    (void)state;
    snprintf(expected, sizeof expected,
             "[database] dsn_file: %s: is open to everyone; it must be to its owner and group only (chmod o= "
             "FILE)",
             dsn_file);
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        write_secret(dsn_file, "dbname=a\n", 9, modes[i]);
        refuse(make_config(NULL, dsn_file, NULL), expected);
    }
    write_secret(dsn_file, "dbname=a\n", 9, 0640);
    check_dsn(make_config(NULL, dsn_file, NULL), "dbname=a");
}

static int make_directory(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL) {
        return -1;
    }
    snprintf(dsn_file, sizeof dsn_file, "%s/dsn", directory);
    snprintf(password_file, sizeof password_file, "%s/password", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(dsn_file);
    unlink(password_file);
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dsn_comes_from_the_configuration_or_a_file),
        cmocka_unit_test(owner_has_a_dsn_of_its_own),
        cmocka_unit_test(password_is_quoted),
        cmocka_unit_test(password_is_quoted_for_a_uri),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(longest_secret_fits),
        cmocka_unit_test(open_files_are_refused),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
