/* The connection to core: see client.h.
 * Called by the main loop and the app.
 * Touches its two descriptors only. */
#include "tui/client/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "tui/client/words.h"

enum { READ_BYTES = 64 * 1024, OUTPUT_BYTES_MAX = 64 * 1024 };

struct pending {
    uint64_t request;
    enum request_kind kind;
};

struct client {
    int in_fd;
    int out_fd;
    uint64_t last_request;
    struct pending pending[CLIENT_PENDING_MAX];
    struct buf input;
    size_t taken;   /* bytes of input that are spent */
    size_t scanned; /* bytes of input known to hold no line end, from taken on */
    bool skipping;  /* the rest of a line that was too long */
    struct buf output;
    bool holds_secrets; /* a password stands in the output, or stood there */
};

static void set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && (flags & O_NONBLOCK) == 0) {
        fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    }
}

struct client *client_new(int in_fd, int out_fd)
{
    struct client *client = calloc(1, sizeof(*client));
    if (client == NULL) {
        abort();
    }
    client->in_fd = in_fd;
    client->out_fd = out_fd;
    set_nonblocking(in_fd);
    set_nonblocking(out_fd);
    return client;
}

/* Passwords do not stay in memory once they are sent. */
static void wipe(struct client *client)
{
    if (client->holds_secrets) {
        explicit_bzero(client->output.data, client->output.cap);
        client->holds_secrets = false;
    }
}

void client_free(struct client *client)
{
    if (client != NULL) {
        buf_done(&client->input);
        wipe(client);
        buf_done(&client->output);
        free(client);
    }
}

static struct pending *find_pending(struct client *client, uint64_t request)
{
    for (size_t i = 0; i < CLIENT_PENDING_MAX; i++) {
        if (client->pending[i].request == request) {
            return &client->pending[i];
        }
    }
    return NULL;
}

/* Room is made first: growing later would leave a copy behind. */
static void append_secrets(struct client *client, const char *const *lines)
{
    size_t len = 0;
    for (size_t i = 0; lines[i] != NULL; i++) {
        len += strlen(lines[i]) + 1;
    }
    buf_reserve(&client->output, len);
    client->holds_secrets = true;
    for (size_t i = 0; lines[i] != NULL; i++) {
        buf_append_text(&client->output, lines[i]);
        buf_append_char(&client->output, '\n');
    }
}

uint64_t client_request(struct client *client, enum request_kind kind, const char *const *words)
{
    static const char *const no_lines[] = {NULL};
    return client_request_with_lines(client, kind, words, no_lines);
}

uint64_t client_request_with_lines(struct client *client, enum request_kind kind, const char *const *words,
                                   const char *const *lines)
{
    struct pending *free_place = find_pending(client, 0);
    if (free_place == NULL || client->output.len > OUTPUT_BYTES_MAX) {
        return 0;
    }
    free_place->request = ++client->last_request;
    free_place->kind = kind;
    buf_printf(&client->output, "@%llu", (unsigned long long)client->last_request);
    for (size_t i = 0; i < CLIENT_WORDS_MAX && words[i] != NULL; i++) {
        buf_append_char(&client->output, ' ');
        words_append(&client->output, words[i]);
    }
    buf_append_char(&client->output, '\n');
    if (lines[0] != NULL) {
        append_secrets(client, lines);
    }
    return client->last_request;
}

uint64_t client_last_request(const struct client *client)
{
    return client->last_request;
}

void client_forget(struct client *client, uint64_t request)
{
    struct pending *pending = request == 0 ? NULL : find_pending(client, request);
    if (pending != NULL) {
        *pending = (struct pending){0};
    }
}

bool client_has_output(const struct client *client)
{
    return client->output.len > 0;
}

bool client_write(struct client *client)
{
    while (client->output.len > 0) {
        ssize_t sent = write(client->out_fd, client->output.data, client->output.len);
        if (sent < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        buf_consume(&client->output, (size_t)sent);
    }
    wipe(client);
    return true;
}

bool client_read(struct client *client)
{
    buf_consume(&client->input, client->taken);
    client->taken = 0;
    char *place = buf_reserve(&client->input, READ_BYTES);
    ssize_t got = read(client->in_fd, place, READ_BYTES);
    if (got < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    client->input.len += (size_t)got;
    return got > 0;
}

/* A whole line out of the input; NULL when there is none. */
static const char *take_line(struct client *client, size_t *ret_len)
{
    size_t from = client->taken + client->scanned;
    const char *start = client->input.data + client->taken;
    const char *end =
        client->input.len > from ? memchr(client->input.data + from, '\n', client->input.len - from) : NULL;
    if (end == NULL) {
        client->scanned = client->input.len - client->taken;
        return NULL;
    }
    *ret_len = (size_t)(end - start);
    client->taken += *ret_len + 1;
    client->scanned = 0;
    return start;
}

/* Whose answer it is. An end settles its request, except that a watch goes on until it fails. */
static enum request_kind settle(struct client *client, const struct answer *answer)
{
    struct pending *pending = answer->request == 0 ? NULL : find_pending(client, answer->request);
    if (pending == NULL) {
        return REQUEST_NONE;
    }
    enum request_kind kind = pending->kind;
    if (answer->is_end && !(kind == REQUEST_WATCH && answer->ok)) {
        *pending = (struct pending){0};
    }
    return kind;
}

enum client_next client_next(struct client *client, struct answer *ret_answer, enum request_kind *ret_kind,
                             char *ret_reason, size_t size)
{
    size_t len;
    const char *line;
    while ((line = take_line(client, &len)) != NULL) {
        if (client->skipping) {
            client->skipping = false;
            continue;
        }
        if (len > 0 && line[len - 1] == '\r') {
            len--;
        }
        if (len == 0) {
            continue;
        }
        if (!answer_parse(line, len, ret_answer, ret_reason, size)) {
            return CLIENT_BAD;
        }
        *ret_kind = settle(client, ret_answer);
        return CLIENT_ANSWER;
    }
    if (client->scanned > CLIENT_LINE_MAX) {
        bool first = !client->skipping;
        client->skipping = true;
        client->taken = client->input.len;
        client->scanned = 0;
        snprintf(ret_reason, size, "the server sent a line that is too long");
        return first ? CLIENT_BAD : CLIENT_NOTHING;
    }
    return CLIENT_NOTHING;
}
