/* stockroomd-core: the process with the database's credentials. Started by stockroomd (serve), or by an
 * administrator through it (migrate, user-add). Reads the command line, the configuration and its secrets;
 * core.c does the rest. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/log.h"
#include "common/log_journal.h"
#include "common/values.h"
#include "config/config.h"
#include "server/core/cli.h"
#include "server/core/core.h"

#define DEFAULT_CONFIG "/etc/stockroom/stockroom.ini"

static int print_usage(FILE *stream)
{
    fputs("usage: stockroomd-core serve [-c FILE] --control-fd N\n"
          "       stockroomd-core migrate [-c FILE]\n"
          "       stockroomd-core user-add [-c FILE] NAME --role ROLE [--store CODE]...\n"
          "       stockroomd-core --version | --help\n"
          "It is started by stockroomd; FILE is " DEFAULT_CONFIG " unless given.\n",
          stream);
    return stream == stdout ? 0 : EX_USAGE;
}

/* False: the words are wrong. */
static bool parse_serve(int argc, char **argv, const char **ret_file, int *ret_fd)
{
    *ret_file = DEFAULT_CONFIG;
    *ret_fd = -1;
    for (int i = 2; i < argc; i += 2) {
        int64_t fd;
        if (i + 1 == argc) {
            return false;
        }
        if (strcmp(argv[i], "-c") == 0) {
            *ret_file = argv[i + 1];
        } else if (strcmp(argv[i], "--control-fd") == 0 &&
                   values_parse_integer(argv[i + 1], 3, 1023, &fd, NULL) == ERR_OK) {
            *ret_fd = (int)fd;
        } else {
            return false;
        }
    }
    return *ret_fd >= 0;
}

static bool load_config(const char *file, struct config *ret_config)
{
    char message[CONFIG_TEXT_MAX];
    if (config_load(file, ret_config, message, sizeof message) != ERR_OK) {
        fprintf(stderr, "stockroomd-core: %s\n", message);
        return false;
    }
    if (config_load_secrets(ret_config, message, sizeof message) != ERR_OK) {
        fprintf(stderr, "stockroomd-core: %s\n", message);
        config_done(ret_config);
        return false;
    }
    return true;
}

static bool open_log(const struct config *config)
{
    const char *path = config->server.log;
    bool is_journal = strcmp(path, "journal") == 0;
    int fd = STDERR_FILENO;
    if (is_journal) {
        path = config->server.journal_socket;
        fd = log_journal_open(path);
    } else if (strcmp(path, "-") != 0) {
        fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    }
    if (fd < 0) {
        fprintf(stderr, "stockroomd-core: %s: %s\n", path, strerror(errno));
        return false;
    }
    log_init("core", fd, config->server.log_level);
    log_set_journal(is_journal);
    return true;
}

static int serve(int argc, char **argv)
{
    const char *file;
    int control_fd;
    struct config config;
    if (!parse_serve(argc, argv, &file, &control_fd)) {
        return print_usage(stderr);
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN); /* front rereads the configuration; core gets it when it starts */
    if (!load_config(file, &config)) {
        return EX_USAGE;
    }
    int status = open_log(&config) ? core_run(&config, control_fd) : EX_USAGE;
    config_done(&config);
    return status;
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0) {
        fputs("stockroomd-core: no source of random numbers\n", stderr);
        return EX_SOFTWARE;
    }
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "serve") == 0) {
        return serve(argc, argv);
    }
    if (strcmp(verb, "migrate") == 0) {
        return cli_migrate(argc, argv);
    }
    if (strcmp(verb, "user-add") == 0) {
        return cli_user_add(argc, argv);
    }
    if (strcmp(verb, "--version") == 0) {
        puts("stockroomd-core " STOCKROOM_VERSION);
        return 0;
    }
    return print_usage(strcmp(verb, "--help") == 0 ? stdout : stderr);
}
