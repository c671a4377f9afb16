/* The harness: see harness.h.
 * Called by the screens' tests.
 * Touches the program's process and its sockets, and the golden files. */
#include "tests/screens/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <locale.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>
#include <wchar.h>

#include <cmocka.h>

#include "common/wire.h"
#include "tests/screens/fake_core.h"
#include "tests/screens/launch.h"

enum { DEADLINE_MS = 20000, POLL_MS = 5, CORE_FD = 3, CONTROL_FD = 4, ROWS_MAX = 200 };

struct harness {
    int columns;
    int rows;
    int terminal_fd;
    int core_fd;
    int control_fd;
    pid_t pid;
    bool ended;
    int exit_status;
    struct fake_core core;
    bool silent;
    bool on_pty;
    bool deaf;
    VTerm *vterm;
    VTermScreen *screen;
    bool alternate;
    bool cursor_visible;
    struct buf output; /* all that the terminal got */
    size_t mark;
    struct buf row_text;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int set_property(VTermProp property, VTermValue *value, void *user)
{
    struct harness *harness = user;
    if (property == VTERM_PROP_ALTSCREEN) {
        harness->alternate = value->boolean != 0;
    } else if (property == VTERM_PROP_CURSORVISIBLE) {
        harness->cursor_visible = value->boolean != 0;
    }
    return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = set_property};

struct harness *harness_start(const struct harness_options *options)
{
    struct harness *harness = calloc(1, sizeof(*harness));
    assert_non_null(harness);
    signal(SIGPIPE, SIG_IGN);
    setlocale(LC_ALL, "C.UTF-8");
    harness->columns = options->columns > 0 ? options->columns : 80;
    harness->rows = options->rows > 0 ? options->rows : 24;
    harness->core.options = *options;
    harness->silent = options->silent;
    harness->cursor_visible = true;
    harness->vterm = vterm_new(harness->rows, harness->columns);
    vterm_set_utf8(harness->vterm, 1);
    harness->screen = vterm_obtain_screen(harness->vterm);
    vterm_screen_set_callbacks(harness->screen, &callbacks, harness);
    vterm_screen_enable_altscreen(harness->screen, 1);
    vterm_screen_reset(harness->screen, 1);
    harness->on_pty = options->on_pty;
    harness->core.options.columns = harness->columns;
    harness->core.options.rows = harness->rows;
    struct launched launched = (options->on_pty ? launch_on_pty : launch_on_sockets)(&harness->core.options);
    harness->pid = launched.pid;
    harness->terminal_fd = launched.terminal_fd;
    harness->core_fd = launched.core_fd;
    harness->control_fd = launched.control_fd;
    return harness;
}

void harness_stop(struct harness *harness)
{
    if (!harness->ended) {
        kill(harness->pid, SIGKILL);
        waitpid(harness->pid, NULL, 0);
    }
    close(harness->terminal_fd);
    if (!harness->on_pty) {
        close(harness->core_fd);
        close(harness->control_fd);
    }
    vterm_free(harness->vterm);
    fake_core_done(&harness->core);
    buf_done(&harness->output);
    buf_done(&harness->row_text);
    free(harness);
}

static void send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = write(fd, bytes, len);
        assert_true(sent > 0);
        bytes += sent;
        len -= (size_t)sent;
    }
}

/* Read what is there; true when there was something. */
static bool take_terminal(struct harness *harness)
{
    char bytes[16384];
    struct pollfd wait = {.fd = harness->terminal_fd, .events = POLLIN};
    ssize_t len = poll(&wait, 1, 0) == 1 ? read(harness->terminal_fd, bytes, sizeof(bytes)) : 0;
    if (len <= 0) {
        return false;
    }
    buf_append(&harness->output, bytes, (size_t)len);
    vterm_input_write(harness->vterm, bytes, (size_t)len);
    return true;
}

static bool take_core(struct harness *harness)
{
    char bytes[16384];
    bool did = false;
    ssize_t len = recv(harness->core_fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (len > 0) {
        fake_core_take(&harness->core, bytes, (size_t)len);
        did = true;
    }
    if (!harness->silent && harness->core.output.len > 0) {
        ssize_t sent = send(harness->core_fd, harness->core.output.data, harness->core.output.len,
                            MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            buf_consume(&harness->core.output, (size_t)sent);
            did = true;
        }
    }
    return did;
}

/* Move bytes once, waiting a moment for the first. */
static bool pump(struct harness *harness, int wait_ms)
{
    struct pollfd waits[] = {
        {.fd = harness->deaf ? -1 : harness->terminal_fd, .events = POLLIN},
        {.fd = harness->core_fd, .events = POLLIN},
    };
    if (!harness->silent && harness->core.output.len > 0) {
        waits[1].events |= POLLOUT;
    }
    poll(waits, 2, wait_ms);
    bool did = !harness->deaf && take_terminal(harness);
    return (!harness->on_pty && take_core(harness)) || did;
}

void harness_go_deaf(struct harness *harness)
{
    harness->deaf = true;
}

bool harness_is_cooked(const struct harness *harness)
{
    struct termios modes; /* asked of the master, this is the terminal's */
    assert_int_equal(tcgetattr(harness->terminal_fd, &modes), 0);
    return (modes.c_lflag & (ICANON | ECHO | ISIG)) == (ICANON | ECHO | ISIG);
}

void harness_let_answer(struct harness *harness)
{
    harness->silent = false;
}

void harness_type_bytes(struct harness *harness, const char *bytes, size_t len)
{
    send_all(harness->terminal_fd, bytes, len);
}

void harness_type(struct harness *harness, const char *bytes)
{
    harness_type_bytes(harness, bytes, strlen(bytes));
}

void harness_push_bytes(struct harness *harness, const char *bytes, size_t len)
{
    buf_append(&harness->core.output, bytes, len);
}

void harness_push(struct harness *harness, const char *line)
{
    struct buf text = {0};
    const char *place = strstr(line, "$W");
    if (place != NULL) {
        buf_append(&text, line, (size_t)(place - line));
        buf_append_text(&text, harness->core.watch_tag);
        line = place + 2;
    }
    buf_append_text(&text, line);
    buf_append_char(&text, '\n');
    harness_push_bytes(harness, text.data, text.len);
    buf_done(&text);
}

void harness_resize(struct harness *harness, int columns, int rows)
{
    struct buf message = {0};
    if (!harness->on_pty) {
        harness_settle(harness);
    }
    harness->columns = columns < WIRE_SIZE_MAX ? columns : WIRE_SIZE_MAX;
    harness->rows = rows < ROWS_MAX ? rows : ROWS_MAX;
    vterm_set_size(harness->vterm, harness->rows, harness->columns);
    if (harness->on_pty) {
        launch_set_pty_size(harness->terminal_fd, harness->columns, harness->rows);
        return;
    }
    wire_put_u8(&message, WIRE_RESIZE);
    wire_put_u16(&message, (uint16_t)columns);
    wire_put_u16(&message, (uint16_t)rows);
    assert_int_equal(wire_send_message(harness->control_fd, &message, -1), 0);
    buf_done(&message);
}

const char *harness_row(struct harness *harness, int row)
{
    struct buf *text = &harness->row_text;
    size_t used = 0;
    buf_reset(text);
    for (int column = 0; column < harness->columns; column++) {
        VTermScreenCell cell;
        vterm_screen_get_cell(harness->screen, (VTermPos){.row = row, .col = column}, &cell);
        if (cell.chars[0] == (uint32_t)-1) {
            continue; /* the right half of a wide character */
        }
        int most = cell.chars[0] == 0 ? 1 : VTERM_MAX_CHARS_PER_CELL; /* libvterm sets none after a 0 */
        for (int i = 0; i < most && (i == 0 || cell.chars[i] != 0); i++) {
            uint32_t point = cell.chars[i] == 0 ? ' ' : cell.chars[i];
            char *place = buf_reserve(text, 8);
            int len = snprintf(place, 8, "%lc", (wint_t)point);
            text->len += len > 0 ? (size_t)len : 0;
            used = point != ' ' ? text->len : used;
        }
    }
    text->len = used;
    buf_append_char(text, '\0');
    return text->data;
}

bool harness_has_text(struct harness *harness, const char *text)
{
    for (int row = 0; row < harness->rows; row++) {
        if (strstr(harness_row(harness, row), text) != NULL) {
            return true;
        }
    }
    return false;
}

static void fail_with_picture(struct harness *harness, const char *what, const char *text)
{
    for (int row = 0; row < harness->rows; row++) {
        fprintf(stderr, "|%s\n", harness_row(harness, row));
    }
    for (size_t i = 0; i < harness->core.commands_count; i++) {
        fprintf(stderr, "core was sent: %s\n", harness->core.commands[i]);
    }
    fail_msg("%s: %s", what, text);
}

static void wait_presence(struct harness *harness, const char *text, bool wanted)
{
    int64_t deadline = now_ms() + DEADLINE_MS;
    while (harness_has_text(harness, text) != wanted) {
        if (now_ms() > deadline) {
            fail_with_picture(harness, wanted ? "never came" : "never went", text);
        }
        pump(harness, POLL_MS);
    }
}

void harness_wait_text(struct harness *harness, const char *text)
{
    wait_presence(harness, text, true);
}

void harness_wait_no_text(struct harness *harness, const char *text)
{
    wait_presence(harness, text, false);
}

size_t harness_count_commands(const struct harness *harness, const char *text)
{
    size_t count = 0;
    for (size_t i = 0; i < harness->core.commands_count; i++) {
        count += strstr(harness->core.commands[i], text) != NULL ? 1 : 0;
    }
    return count;
}

void harness_wait_command(struct harness *harness, const char *text)
{
    int64_t deadline = now_ms() + DEADLINE_MS;
    while (harness_count_commands(harness, text) == 0) {
        if (now_ms() > deadline) {
            fail_with_picture(harness, "core was never sent", text);
        }
        pump(harness, POLL_MS);
    }
}

static bool is_unread(int fd)
{
    int waiting = 0;
    return ioctl(fd, SIOCOUTQ, &waiting) == 0 && waiting > 0;
}

/* The program's state as the kernel has it: S sleeps, R runs, Z has ended. */
static char read_state(const struct harness *harness)
{
    char path[64];
    char text[512] = "";
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)harness->pid);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        if (fgets(text, sizeof(text), file) == NULL) {
            text[0] = '\0';
        }
        fclose(file);
    }
    const char *end = strrchr(text, ')');
    return end != NULL && strlen(end) > 2 ? end[2] : 'Z';
}

void harness_settle(struct harness *harness)
{
    int64_t deadline = now_ms() + DEADLINE_MS;
    for (;;) {
        bool unread = is_unread(harness->terminal_fd) || is_unread(harness->core_fd) ||
                      is_unread(harness->control_fd) || (!harness->silent && harness->core.output.len > 0);
        char state = read_state(harness);
        bool idle = (state == 'S' && !unread) || state == 'Z';
        if (!pump(harness, idle ? 0 : 1) && idle) {
            return;
        }
        if (now_ms() > deadline) {
            fail_with_picture(harness, "never settled", "");
        }
    }
}

void harness_mark(struct harness *harness)
{
    harness->mark = harness->output.len;
}

size_t harness_bytes(const struct harness *harness)
{
    return harness->output.len - harness->mark;
}

const char *harness_output(const struct harness *harness, size_t *ret_len)
{
    *ret_len = harness->output.len;
    return harness->output.data;
}

bool harness_output_has(const struct harness *harness, const char *bytes)
{
    return harness->output.len > 0 &&
           memmem(harness->output.data, harness->output.len, bytes, strlen(bytes)) != NULL;
}

/* One character for the looks of a cell. */
static char name_look(const VTermScreenCell *cell)
{
    bool red = VTERM_COLOR_IS_INDEXED(&cell->fg) && cell->fg.indexed.idx == 1;
    if (cell->attrs.reverse) {
        return 'R';
    }
    if (cell->chars[0] == 0 || cell->chars[0] == ' ') {
        return cell->attrs.underline ? 'U' : '.'; /* no one sees how bold or red a blank is */
    }
    if (red) {
        return cell->attrs.bold ? 'E' : 'r';
    }
    return cell->attrs.bold ? 'B' : cell->attrs.underline ? 'U' : '.';
}

static void draw_picture(struct harness *harness, struct buf *ret_picture)
{
    VTermPos cursor;
    vterm_state_get_cursorpos(vterm_obtain_state(harness->vterm), &cursor);
    buf_printf(ret_picture, "%dx%d", harness->columns, harness->rows);
    if (harness->cursor_visible) {
        buf_printf(ret_picture, " cursor %d,%d", cursor.row, cursor.col);
    }
    buf_append_char(ret_picture, '\n');
    for (int row = 0; row < harness->rows; row++) {
        buf_printf(ret_picture, "|%s\n", harness_row(harness, row));
    }
    for (int row = 0; row < harness->rows; row++) {
        size_t start = ret_picture->len;
        size_t used = start;
        for (int column = 0; column < harness->columns; column++) {
            VTermScreenCell cell;
            vterm_screen_get_cell(harness->screen, (VTermPos){.row = row, .col = column}, &cell);
            buf_append_char(ret_picture, name_look(&cell));
            used = name_look(&cell) != '.' ? ret_picture->len : used;
        }
        ret_picture->len = used;
        buf_append_char(ret_picture, '\n');
    }
}

void harness_check_golden(struct harness *harness, const char *name)
{
    char path[512];
    struct buf picture = {0};
    struct buf wanted = {0};
    harness_settle(harness);
    draw_picture(harness, &picture);
    snprintf(path, sizeof(path), "%s/%s.txt", STOCKROOM_GOLDEN, name);
    const char *update = getenv("UPDATE_GOLDEN");
    FILE *file = fopen(path, update != NULL && strcmp(update, "1") == 0 ? "w+" : "r");
    if (file == NULL) {
        fail_msg("%s: %s (UPDATE_GOLDEN=1 writes it)", path, strerror(errno));
    }
    if (update != NULL && strcmp(update, "1") == 0) {
        assert_int_equal(fwrite(picture.data, 1, picture.len, file), picture.len);
        rewind(file);
    }
    size_t len;
    do {
        len = fread(buf_reserve(&wanted, 4096), 1, 4096, file);
        wanted.len += len;
    } while (len > 0);
    fclose(file);
    if (wanted.len != picture.len || memcmp(wanted.data, picture.data, wanted.len) != 0) {
        fprintf(stderr, "wanted:\n%.*s\ngot:\n%.*s\n", (int)wanted.len, wanted.data, (int)picture.len,
                picture.data);
        fail_msg("the screen is not golden/%s.txt", name);
    }
    buf_done(&picture);
    buf_done(&wanted);
}

bool harness_is_alternate(const struct harness *harness)
{
    return harness->alternate;
}

bool harness_is_cursor_visible(const struct harness *harness)
{
    return harness->cursor_visible;
}

void harness_hang_up(struct harness *harness)
{
    shutdown(harness->terminal_fd, SHUT_RDWR);
}

void harness_close_core(struct harness *harness)
{
    shutdown(harness->core_fd, SHUT_RDWR);
}

void harness_signal(struct harness *harness, int signal_number)
{
    kill(harness->pid, signal_number);
}

int harness_wait_exit(struct harness *harness)
{
    int64_t deadline = now_ms() + DEADLINE_MS;
    int status = 0;
    while (waitpid(harness->pid, &status, WNOHANG) == 0) {
        if (now_ms() > deadline) {
            fail_with_picture(harness, "the program did not end", "");
        }
        pump(harness, POLL_MS);
    }
    while (take_terminal(harness)) {
    }
    harness->ended = true;
    harness->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return harness->exit_status;
}

long harness_count_sleeps(const struct harness *harness)
{
    char path[64];
    char line[256];
    long count = -1;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)harness->pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    static const char key[] = "voluntary_ctxt_switches:";
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0) {
            count = strtol(line + strlen(key), NULL, 10);
        }
    }
    fclose(file);
    return count;
}

bool harness_is_quiet(struct harness *harness, int wait_ms)
{
    struct pollfd wait = {.fd = harness->terminal_fd, .events = POLLIN};
    return poll(&wait, 1, wait_ms) == 0;
}

int harness_pid(const struct harness *harness)
{
    return (int)harness->pid;
}
