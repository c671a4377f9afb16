/* The connection to core: commands out as tagged lines, answers in as JSON Lines, each matched to its
 * request. Called by the main loop (bytes) and the app (requests and answers); never by views. Touches the
 * two descriptors it is given, without blocking; everything it keeps is bounded. */
#ifndef STOCKROOM_TUI_CLIENT_CLIENT_H
#define STOCKROOM_TUI_CLIENT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/client/answer.h"

struct client;

enum {
    CLIENT_LINE_MAX = 512 * 1024, /* a longer answer is skipped and reported */
    CLIENT_PENDING_MAX = 32,
    CLIENT_WORDS_MAX = 16
};

/* What an answer belongs to. */
enum request_kind {
    REQUEST_NONE, /* an answer to nothing that we still wait for */
    REQUEST_USER,
    REQUEST_STORES,
    REQUEST_WATCH, /* its answers go on after its end */
    REQUEST_PAGE,
    REQUEST_PRODUCT,
    REQUEST_ERRAND
};

enum client_next {
    CLIENT_NOTHING, /* no whole line is there */
    CLIENT_ANSWER,  /* ret_answer is set: give it to answer_done */
    CLIENT_BAD      /* a line that could not be read: ret_reason says why */
};

/* Both descriptors are borrowed and made non-blocking; they may be the same. */
struct client *client_new(int in_fd, int out_fd);
void client_free(struct client *client);

/* Send a command: words up to a NULL, quoted as needed. Returns its number (they rise), or 0 when too much is
 * pending already. */
uint64_t client_request(struct client *client, enum request_kind kind, const char *const *words);

/* The same for a command that takes lines of its own, which follow it as they are: passwords, mostly, so they
 * are wiped once sent. lines: up to a NULL, printable text. */
uint64_t client_request_with_lines(struct client *client, enum request_kind kind, const char *const *words,
                                   const char *const *lines);

/* The number of the last request; 0 before the first. */
uint64_t client_last_request(const struct client *client);

/* Answers to it are of no interest any more. */
void client_forget(struct client *client, uint64_t request);

/* Is there something to write? Then poll for it and call client_write. False from client_write: the end. */
bool client_has_output(const struct client *client);
bool client_write(struct client *client);

/* Read what has arrived, at most 64 KiB. False at the end of the connection. */
bool client_read(struct client *client);

/* The next answer out of what was read, and what it belongs to. */
enum client_next client_next(struct client *client, struct answer *ret_answer, enum request_kind *ret_kind,
                             char *ret_reason, size_t size);

#endif
