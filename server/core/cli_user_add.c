/* stockroomd user-add: a user made at the machine itself, as the first admin must be.
 * Called by main() of stockroomd-core.
 * Passwords come from a file or stdin, never from the command line, which other users of the machine can
 * read. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "server/core/cli.h"
#include "server/core/cli_common.h"
#include "server/core/commands/people_new.h"
#include "server/core/db/migrate.h"
#include "server/core/passwords.h"

enum { STORES_MAX = 100, LINE_SIZE = VALUES_PASSWORD_MAX + 2, KEY_INTERRUPT = 3 };

struct user_add {
    const char *config_path;
    const char *password_path;
    bool no_password;
    const char *role;
    const char *stores[STORES_MAX];
    struct people_new person;
    char password[LINE_SIZE];
};

static int print_usage(void)
{
    fprintf(stderr, "usage: stockroomd user-add [-c FILE] NAME --role admin|owner|staff [--store CODE]...\n"
                    "                           [--password-file FILE | --no-password]\n"
                    "The password is the first line of FILE or of stdin; on a terminal it is asked for.\n"
                    "Owners and staff have to choose another one when they first log in with it.\n");
    return EX_USAGE;
}

/* The value of option `name` at argv[*at], as "--name VALUE" or "--name=VALUE"; NULL: it is not this option,
 * or has no value. */
static const char *take_value(const char *name, int argc, char **argv, int *at)
{
    size_t len = strlen(name);

    if (strncmp(argv[*at], name, len) != 0) {
        return NULL;
    }
    if (argv[*at][len] == '=') {
        return argv[*at] + len + 1;
    }
    if (argv[*at][len] != '\0' || *at + 1 >= argc) {
        return NULL;
    }
    *at += 1;
    return argv[*at];
}

static bool add_store(struct user_add *add, const char *code)
{
    for (unsigned i = 0; i < add->person.store_count; i++) {
        if (strcmp(add->stores[i], code) == 0) {
            return true;
        }
    }
    if (add->person.store_count == STORES_MAX) {
        return false;
    }
    add->stores[add->person.store_count++] = code;
    return true;
}

static bool parse_words(int argc, char **argv, struct user_add *add)
{
    for (int i = 2; i < argc; i++) {
        const char *value;

        if ((value = take_value("-c", argc, argv, &i)) != NULL) {
            add->config_path = value;
        } else if ((value = take_value("--role", argc, argv, &i)) != NULL) {
            add->role = value;
        } else if ((value = take_value("--store", argc, argv, &i)) != NULL) {
            if (!add_store(add, value)) {
                return false;
            }
        } else if ((value = take_value("--password-file", argc, argv, &i)) != NULL) {
            add->password_path = value;
        } else if (strcmp(argv[i], "--no-password") == 0) {
            add->no_password = true;
        } else if (argv[i][0] == '-' || add->person.name != NULL) {
            return false;
        } else {
            add->person.name = argv[i];
        }
    }
    add->person.store_codes = add->stores;
    return add->person.name != NULL && add->role != NULL && !(add->no_password && add->password_path != NULL);
}

/* The first line of a descriptor, without its end; byte by byte, so that nothing after it is taken. */
static enum err read_line(int fd, char *ret_line, struct err_info *ret_info)
{
    size_t len = 0;

    for (;;) {
        ssize_t got = read(fd, ret_line + len, 1);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_set(ret_info, ERR_BAD_VALUE, "the password cannot be read: %s", strerror(errno));
        }
        if (got == 0 || ret_line[len] == '\n') {
            break;
        }
        if (ret_line[len] == '\0' || len == LINE_SIZE - 1) {
            return err_set(ret_info, ERR_BAD_VALUE, "a password has at most %d bytes, and no NUL",
                           VALUES_PASSWORD_MAX);
        }
        len++;
    }
    if (len > 0 && ret_line[len - 1] == '\r') {
        len--;
    }
    ret_line[len] = '\0';
    return ERR_OK;
}

static enum err ask(const char *prompt, char *ret_line, struct err_info *ret_info)
{
    struct termios before, silent;
    enum err err;

    if (tcgetattr(STDIN_FILENO, &before) != 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "the terminal does not answer: %s", strerror(errno));
    }
    silent = before;
    /* Without signals either, so that Ctrl-C does not leave the terminal mute: it arrives as a character. */
    silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    fprintf(stderr, "%s", prompt);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    err = read_line(STDIN_FILENO, ret_line, ret_info);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fprintf(stderr, "\n");
    if (err == ERR_OK && strchr(ret_line, KEY_INTERRUPT) != NULL) {
        return err_set(ret_info, ERR_USAGE, "given up");
    }
    return err;
}

static enum err ask_twice(char *ret_password, struct err_info *ret_info)
{
    char again[LINE_SIZE];
    enum err err = ask("Password: ", ret_password, ret_info);

    if (err == ERR_OK) {
        err = ask("Again: ", again, ret_info);
    }
    if (err == ERR_OK && strcmp(ret_password, again) != 0) {
        err = err_set(ret_info, ERR_BAD_VALUE, "the two passwords differ");
    }
    sodium_memzero(again, sizeof again);
    return err;
}

static enum err read_password(struct user_add *add, struct err_info *ret_info)
{
    enum err err;

    if (add->no_password) {
        return ERR_OK;
    }
    if (add->password_path != NULL) {
        cleanup(cleanup_close) int fd = open(add->password_path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

        if (fd < 0) {
            return err_set(ret_info, ERR_USAGE, "%.100s: %s", add->password_path, strerror(errno));
        }
        err = read_line(fd, add->password, ret_info);
    } else if (isatty(STDIN_FILENO)) {
        err = ask_twice(add->password, ret_info);
    } else {
        err = read_line(STDIN_FILENO, add->password, ret_info);
    }
    if (err == ERR_OK) {
        err = people_check_password(add->password, add->person.name, ret_info);
    }
    add->person.password = add->password;
    /* Whoever makes an admin here is that admin; an owner or a member of the staff is somebody else. */
    add->person.must_change_password = add->person.role != ROLE_ADMIN;
    return err;
}

static enum err make_user(const struct config *config, struct user_add *add, struct err_info *ret_info)
{
    struct db_settings settings = cli_db_settings(config, config->database.dsn, "stockroomd user-add");
    cleanup(arena_done) struct arena arena = {0};
    struct db *db;
    enum err err = people_hash(config, &add->person, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    db = db_new(&settings);
    err = migrate_check(
        db, ret_info); /* a database without the schema deserves a better answer than a failed query */
    if (err == ERR_OK) {
        err = db_ensure(db, ret_info);
    }
    if (err == ERR_OK) {
        err = people_add(db, &arena, NULL, "user-add", &add->person, ret_info);
    }
    db_free(db);
    return err;
}

int cli_user_add(int argc, char **argv)
{
    struct user_add add = {0};
    struct config config;
    struct err_info info;
    enum err err;

    if (!parse_words(argc, argv, &add)) {
        return print_usage();
    }
    if (!identity_parse_role(add.role, &add.person.role)) {
        err_set(&info, ERR_BAD_VALUE, "'%.40s' is no role: admin, owner or staff", add.role);
        return cli_fail(&info);
    }
    if (!cli_load_config(add.config_path, "user-add", &config)) {
        return EX_USAGE;
    }
    err = people_check_new(&add.person, &info);
    if (err == ERR_OK) {
        err = read_password(&add, &info);
    }
    if (err == ERR_OK) {
        err = make_user(&config, &add, &info);
    }
    sodium_memzero(add.password, sizeof add.password);
    config_done(&config);
    if (err != ERR_OK) {
        return cli_fail(&info);
    }
    printf("user %s added (%s)\n", add.person.name, add.role);
    return 0;
}
