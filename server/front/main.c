/* stockroomd: the command line. Serving is front's; what needs the database is stockroomd-core's, which is
 * run in our place. Touches its arguments and the configuration's path. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/config.h"
#include "server/front/front.h"
#include "server/front/program.h"
#include "server/session/session.h"

#define DEFAULT_CONFIG "/etc/stockroom/stockroom.ini"

static int print_usage(FILE *stream)
{
    fputs("usage: stockroomd serve [-c FILE]           listen for SSH connections, in the foreground\n"
          "       stockroomd check-config [-c FILE]    say whether the configuration is right\n"
          "       stockroomd migrate [-c FILE]         make or update the database's tables\n"
          "       stockroomd user-add [-c FILE] NAME --role admin|owner|staff [--store CODE]...\n"
          "                                            add a user; the password is read from stdin\n"
          "       stockroomd --version | --help\n"
          "\n"
          "FILE is " DEFAULT_CONFIG " unless given.\n"
          "serve: SIGTERM and SIGINT end it when running commands are done, SIGHUP reads FILE again.\n",
          stream);
    return stream == stdout ? 0 : EX_USAGE;
}

/* What may follow `serve` and `check-config`: nothing, or -c FILE. */
static bool parse_file(int argc, char **argv, const char **ret_file)
{
    if (argc == 2) {
        *ret_file = DEFAULT_CONFIG;
        return true;
    }
    if (argc == 4 && strcmp(argv[2], "-c") == 0) {
        *ret_file = argv[3];
        return true;
    }
    return false;
}

static int serve(int argc, char **argv)
{
    const char *file;
    return parse_file(argc, argv, &file) ? front_serve(file) : print_usage(stderr);
}

static int check_config(int argc, char **argv)
{
    char message[CONFIG_TEXT_MAX];
    struct config config;
    const char *file;
    if (!parse_file(argc, argv, &file)) {
        return print_usage(stderr);
    }
    if (config_load(file, &config, message, sizeof message) != ERR_OK) {
        fprintf(stderr, "%s\n", message);
        return EX_USAGE;
    }
    config_done(&config);
    printf("%s: ok\n", file);
    return 0;
}

/* With our arguments; its exit status is ours. */
static int run_core(int argc, char **argv)
{
    char path[PATH_MAX];
    (void)argc;
    if (program_find(PROGRAM_CORE, path, sizeof path) == 0) {
        execv(path, argv);
    }
    fprintf(stderr, "stockroomd: " PROGRAM_CORE ": %s\n", strerror(errno));
    return EX_OSFILE;
}

static int print_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("stockroomd " STOCKROOM_VERSION " (libssh %s)\n", session_library_version());
    return 0;
}

static int print_help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return print_usage(stdout);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } verbs[] = {
        {"serve", serve},       {"check-config", check_config}, {"migrate", run_core},
        {"user-add", run_core}, {"--version", print_version},   {"--help", print_help},
    };
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(argv[1], verbs[i].name) == 0) {
            return verbs[i].run(argc, argv);
        }
    }
    return print_usage(stderr);
}
