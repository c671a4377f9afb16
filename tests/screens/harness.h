/* A terminal and a server for stockroom-tui, both in the test's process: libvterm on one socket, a fake core
 * with scripted rows on another. The program under test is the real one, started as the server starts it.
 * Used by the screens' tests. Waits are on conditions with a deadline, never for a time. */
#ifndef STOCKROOM_TESTS_SCREENS_HARNESS_H
#define STOCKROOM_TESTS_SCREENS_HARNESS_H

#include <stdbool.h>
#include <stddef.h>

struct harness;

struct harness_options {
    int columns;                  /* 0: 80 */
    int rows;                     /* 0: 24 */
    const char *term;             /* NULL: xterm-256color */
    const char *more_environment; /* one NAME=VALUE, or NULL */
    size_t items;                 /* generated rows of the inventory of every store */
    const char *const *rows_json; /* NULL-terminated rows that come before the generated ones */
    size_t page_rows;             /* rows of one answer at most; 0: as many as asked */
    const char *stores;           /* codes separated by blanks; NULL: S001 */
    const char *fail_once;        /* a command's name: its first answer is `busy` */
    const char *user_json;        /* the fields of whoami's row; NULL: staff1 with a password */
    int lock_seconds;             /* --lock-seconds; 0: without */
    bool on_pty;                  /* as from a shell: a real terminal, and the fake core as a command */
    bool silent;                  /* the core does not answer before harness_let_answer */
};

/* Start the program; it is stopped, and everything freed, by harness_stop. Fails the test when it cannot. */
struct harness *harness_start(const struct harness_options *options);
void harness_stop(struct harness *harness);

void harness_let_answer(struct harness *harness);

/* Stop reading the terminal, as a client on a dead line does. */
void harness_go_deaf(struct harness *harness);

/* Keys, or anything else that a terminal may send. */
void harness_type(struct harness *harness, const char *bytes);
void harness_type_bytes(struct harness *harness, const char *bytes, size_t len);

/* A line from core, with the tag of the last watch in place of "$W". */
void harness_push(struct harness *harness, const char *line);
void harness_push_bytes(struct harness *harness, const char *bytes, size_t len);

void harness_resize(struct harness *harness, int columns, int rows);

/* Wait until the screen holds (or no longer holds) a text, or fail with a picture of the screen. */
void harness_wait_text(struct harness *harness, const char *text);
void harness_wait_no_text(struct harness *harness, const char *text);
bool harness_has_text(struct harness *harness, const char *text);

/* Wait until the core was sent a line that contains the text. */
void harness_wait_command(struct harness *harness, const char *text);
size_t harness_count_commands(const struct harness *harness, const char *text);

/* Wait until the program has read all that it was sent and sleeps. Not on a pty, which does not tell. */
void harness_settle(struct harness *harness);

/* Count bytes to the terminal from here; then how many there were. */
void harness_mark(struct harness *harness);
size_t harness_bytes(const struct harness *harness);

/* Every byte that the terminal ever got. */
const char *harness_output(const struct harness *harness, size_t *ret_len);
bool harness_output_has(const struct harness *harness, const char *bytes);

/* A row of the screen as text without trailing blanks; valid until the next call. */
const char *harness_row(struct harness *harness, int row);

/* Compare text and attributes with golden/NAME.txt; with UPDATE_GOLDEN=1 write it. */
void harness_check_golden(struct harness *harness, const char *name);

bool harness_is_alternate(const struct harness *harness);
bool harness_is_cursor_visible(const struct harness *harness);

/* Close the terminal's or the core's end. */
void harness_hang_up(struct harness *harness);
void harness_close_core(struct harness *harness);
void harness_signal(struct harness *harness, int signal_number);

/* Wait until the program has ended; its exit status, or 128 + signal. */
int harness_wait_exit(struct harness *harness);

/* How often the program was put to sleep of its own will so far. */
long harness_count_sleeps(const struct harness *harness);

/* Is nothing sent to the terminal while we wait this long for it? */
bool harness_is_quiet(struct harness *harness, int wait_ms);

int harness_pid(const struct harness *harness);

/* On a pty: are echo and line editing on, as a shell leaves them? */
bool harness_is_cooked(const struct harness *harness);

#endif
