/* stockroom-tui: arguments, the terminal, and the one loop that waits for it and for the server.
 * Started by the server (descriptors) or from a shell (a command that speaks the language).
 * Everything that blocks or signals is here; what keys and answers mean is in app.c. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "common/values.h"
#include "common/wire.h"
#include "tui/app.h"
#include "tui/client/client.h"
#include "tui/client/spawn.h"
#include "tui/draw/screen.h"
#include "tui/sandbox.h"

enum {
    EXIT_LEFT = 0,
    EXIT_HUNG_UP = 1,
    EXIT_USAGE = 64,
    EXIT_NO_SERVER = 69,
    EXIT_NO_SCREEN = 70,
    KEYS_PER_TURN = 4096,
    LOCK_SECONDS_MAX = 7 * 24 * 3600,
    LEAVE_SECONDS = 1 /* restoring the terminal of a client that does not read takes no longer */
};

/* The descriptors that the loop waits for; -1 for none. */
struct program {
    int core_fd;
    int control_fd;
    int signal_fd;
    int errors_fd; /* stderr of a command of ours */
    int columns;
    int rows;
    int lock_seconds; /* without a key before the screen is locked; 0: never */
    char *const *command;
    struct screen *screen;
    struct client *client;
    struct app *app;
    bool leaving;
    int exit_status;
    char reason[320]; /* why we leave, for people; "" when they know */
};

enum wait { WAIT_TERMINAL, WAIT_CORE, WAIT_CONTROL, WAIT_SIGNAL, WAIT_OUTPUT, WAITS };

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int usage(FILE *stream, int exit_status)
{
    fputs("usage: stockroom-tui [--columns C --rows R] [--lock-seconds N] -- COMMAND [ARGUMENT...]\n"
          "       stockroom-tui --core-fd FD --control-fd FD --columns C --rows R [--lock-seconds N]\n"
          "\n"
          "Shows the inventory of a store, live. COMMAND speaks the command language on its stdin and\n"
          "stdout, for example: ssh -p 2222 NAME@HOST batch --format json\n"
          "The second form is the server's: the terminal is on descriptors 0 and 1.\n",
          stream);
    return exit_status;
}

static bool parse_number(const char *text, int least, int most, int *ret_number)
{
    int64_t value;
    if (values_parse_integer(text, least, most, &value, NULL) != ERR_OK) {
        return false;
    }
    *ret_number = (int)value;
    return true;
}

/* -1: go on; else the exit status. */
static int parse_arguments(struct program *program, int argc, char **argv)
{
    enum { CORE_FD = 1, CONTROL_FD, COLUMNS, ROWS, LOCK_SECONDS, HELP, VERSION };
    static const struct option options[] = {
        {"core-fd", required_argument, NULL, CORE_FD},
        {"control-fd", required_argument, NULL, CONTROL_FD},
        {"columns", required_argument, NULL, COLUMNS},
        {"rows", required_argument, NULL, ROWS},
        {"lock-seconds", required_argument, NULL, LOCK_SECONDS},
        {"help", no_argument, NULL, HELP},
        {"version", no_argument, NULL, VERSION},
        {NULL, 0, NULL, 0},
    };
    int option;
    bool good = true;
    while (good && (option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        switch (option) {
        case CORE_FD:
            good = parse_number(optarg, 0, 1023, &program->core_fd);
            break;
        case CONTROL_FD:
            good = parse_number(optarg, 0, 1023, &program->control_fd);
            break;
        case COLUMNS:
            good = parse_number(optarg, 0, 65535, &program->columns);
            break;
        case ROWS:
            good = parse_number(optarg, 0, 65535, &program->rows);
            break;
        case LOCK_SECONDS:
            good = parse_number(optarg, 0, LOCK_SECONDS_MAX, &program->lock_seconds);
            break;
        case HELP:
            return usage(stdout, EXIT_LEFT);
        case VERSION:
            puts("stockroom-tui " STOCKROOM_VERSION);
            return EXIT_LEFT;
        default:
            return usage(stderr, EXIT_USAGE);
        }
    }
    program->command = optind < argc ? argv + optind : NULL;
    if (!good || (program->command != NULL) == (program->core_fd >= 0)) {
        return usage(stderr, EXIT_USAGE);
    }
    return -1;
}

static void leave(struct program *program, int exit_status, const char *reason)
{
    if (!program->leaving) {
        program->leaving = true;
        program->exit_status = exit_status;
        snprintf(program->reason, sizeof(program->reason), "%s", reason);
    }
}

/* What later needs files is read now, before the sandbox: the locale's tables and the time zone. */
static void set_up_locale(void)
{
    mbstate_t state = {0};
    char bytes[MB_LEN_MAX];
    wchar_t point;
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0 && strcmp(nl_langinfo(CODESET), "ANSI_X3.4-1968") == 0 &&
        getenv("LC_ALL") == NULL) {
        setlocale(LC_CTYPE, "C.UTF-8"); /* nobody chose a locale: terminals of today speak UTF-8 */
    }
    tzset();
    mbrtowc(&point, "a", 1, &state);
    memset(&state, 0, sizeof(state));
    wcrtomb(bytes, L'a', &state);
}

/* Signals become readable: nothing runs in a handler. */
static bool set_up_signals(struct program *program)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGWINCH);
    signal(SIGPIPE, SIG_IGN);
    program->signal_fd =
        sigprocmask(SIG_BLOCK, &set, NULL) == 0 ? signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC) : -1;
    return program->signal_fd >= 0;
}

/* ncurses spins on a descriptor that would block. */
static void make_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && (flags & O_NONBLOCK) != 0) {
        fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    }
}

static void take_window_size(struct program *program)
{
    struct winsize size;
    if (program->control_fd < 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 &&
        size.ws_row > 0) {
        app_take_size(program->app, size.ws_col, size.ws_row);
    }
}

static void take_signals(struct program *program)
{
    struct signalfd_siginfo info;
    while (read(program->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGWINCH) {
            take_window_size(program);
        } else {
            leave(program, EXIT_HUNG_UP, "stopped");
        }
    }
}

/* Sizes from the server. A message that is none means its end. */
static void take_control(struct program *program)
{
    char data[WIRE_MESSAGE_MAX];
    for (;;) {
        long len = wire_receive_message(program->control_fd, data, sizeof(data), NULL);
        if (len < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        struct wire_reader reader;
        wire_reader_init(&reader, data, len > 0 ? (size_t)len : 0);
        uint8_t type = wire_get_u8(&reader);
        uint16_t columns = wire_get_u16(&reader);
        uint16_t rows = wire_get_u16(&reader);
        if (len <= 0 || type != WIRE_RESIZE || !wire_reader_end(&reader)) {
            leave(program, EXIT_NO_SERVER, "the server ended the session");
            return;
        }
        app_take_size(program->app, columns, rows);
    }
}

static void take_keys(struct program *program)
{
    int waiting = 0;
    struct key_event event;
    if (ioctl(STDIN_FILENO, FIONREAD, &waiting) == 0 && waiting == 0) {
        leave(program, EXIT_HUNG_UP, "the terminal is gone"); /* readable, with nothing to read: its end */
        return;
    }
    for (int i = 0; i < KEYS_PER_TURN; i++) {
        if (!screen_read_key(program->screen, &event)) {
            break;
        }
        app_take_key(program->app, &event, now_ms());
    }
}

static void take_core(struct program *program)
{
    bool open = client_read(program->client);
    app_take_answers(program->app, now_ms());
    if (!open) {
        leave(program, EXIT_NO_SERVER, "the connection to the server was lost");
    }
}

/* Draw only while the terminal takes it: a slow line gets fewer, later pictures, and never stops the loop. */
static void draw(struct program *program)
{
    struct pollfd terminal = {.fd = STDOUT_FILENO, .events = POLLOUT};
    if (app_is_dirty(program->app) && poll(&terminal, 1, 0) == 1 && (terminal.revents & POLLOUT) != 0) {
        app_draw(program->app);
    }
}

static int timeout_ms(const struct program *program)
{
    int64_t at = app_next_time_ms(program->app);
    int64_t left = at - now_ms();
    return at < 0 ? -1 : left < 0 ? 0 : left < INT_MAX ? (int)left : INT_MAX;
}

static void turn(struct program *program)
{
    struct pollfd waits[WAITS] = {
        [WAIT_TERMINAL] = {.fd = STDIN_FILENO, .events = POLLIN | POLLRDHUP},
        [WAIT_CORE] = {.fd = program->core_fd, .events = POLLIN},
        [WAIT_CONTROL] = {.fd = program->control_fd, .events = POLLIN},
        [WAIT_SIGNAL] = {.fd = program->signal_fd, .events = POLLIN},
        [WAIT_OUTPUT] = {.fd = app_is_dirty(program->app) ? STDOUT_FILENO : -1, .events = POLLOUT},
    };
    if (client_has_output(program->client)) {
        waits[WAIT_CORE].events |= POLLOUT;
    }
    if (poll(waits, WAITS, timeout_ms(program)) < 0) {
        return;
    }
    if (waits[WAIT_SIGNAL].revents != 0) {
        take_signals(program);
    }
    if (waits[WAIT_CONTROL].revents != 0) {
        take_control(program);
    }
    if (waits[WAIT_CORE].revents != 0) {
        take_core(program);
    }
    if ((waits[WAIT_TERMINAL].revents & POLLIN) != 0) {
        take_keys(program);
    } else if (waits[WAIT_TERMINAL].revents != 0) {
        leave(program, EXIT_HUNG_UP, "the terminal is gone");
    }
    app_take_time(program->app, now_ms());
    char reason[sizeof(program->reason)];
    if (app_is_done(program->app, reason, sizeof(reason))) {
        leave(program, EXIT_LEFT, reason);
    }
}

static void run(struct program *program)
{
    while (!program->leaving) {
        draw(program);
        if (!client_write(program->client)) {
            leave(program, EXIT_NO_SERVER, "the connection to the server was lost");
            break;
        }
        turn(program);
    }
}

static int fail(const char *what, int problem)
{
    fprintf(stderr, "stockroom-tui: %s%s%s\r\n", what, problem != 0 ? ": " : "",
            problem != 0 ? strerror(problem) : "");
    return EXIT_NO_SCREEN;
}

/* The terminal first, then a word for whoever reads it. Of an end that is not ours the server's session tells
 * the reason, which only it knows. */
static void say_goodbye(struct program *program)
{
    char errors[200] = "";
    if (program->control_fd >= 0 && program->exit_status != EXIT_LEFT) {
        return;
    }
    if (program->errors_fd >= 0 && program->exit_status == EXIT_NO_SERVER) {
        spawn_read_errors(program->errors_fd, errors, sizeof(errors));
    }
    if (program->reason[0] != '\0') {
        dprintf(STDOUT_FILENO, "\r\nstockroom: %s%s%s\r\n", program->reason, errors[0] != '\0' ? ": " : "",
                errors);
    }
}

static int serve(struct program *program)
{
    char reason[128] = "";
    const char *no_colour = getenv("NO_COLOR");
    const struct screen_options options = {
        .in_fd = STDIN_FILENO,
        .out_fd = STDOUT_FILENO,
        .term = getenv("TERM"),
        .columns = program->columns,
        .rows = program->rows,
        .colours = no_colour == NULL || no_colour[0] == '\0',
    };
    program->screen = screen_open(&options, reason, sizeof(reason));
    if (program->screen == NULL) {
        return fail(reason, 0);
    }
    int problem = program->command == NULL ? sandbox_enter() : 0;
    if (problem == 0) {
        program->client = client_new(program->core_fd, program->core_fd);
        program->app = app_new(program->screen, program->client, program->lock_seconds, now_ms());
        run(program);
    }
    alarm(LEAVE_SECONDS);
    app_free(program->app);
    client_free(program->client);
    screen_close(program->screen);
    if (problem != 0) {
        return fail("the sandbox cannot be closed", problem);
    }
    say_goodbye(program);
    return program->exit_status;
}

int main(int argc, char **argv)
{
    struct program program = {.core_fd = -1, .control_fd = -1, .signal_fd = -1, .errors_fd = -1};
    int exit_status = parse_arguments(&program, argc, argv);
    if (exit_status >= 0) {
        return exit_status;
    }
    set_up_locale();
    if (!set_up_signals(&program)) {
        return fail("signals", errno);
    }
    if (program.command != NULL) {
        program.core_fd = spawn_command(program.command, &program.errors_fd);
        if (program.core_fd < 0) {
            return fail(program.command[0], errno);
        }
    }
    make_blocking(STDIN_FILENO);
    make_blocking(STDOUT_FILENO);
    return serve(&program);
}
