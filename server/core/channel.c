/* A channel: its output, its ledger source, its watch, and the mode that runs in it. Called by its peer
 * (input, flow, end) and by the mode (output, exit). On the main loop only. */
#include "server/core/channel.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/cleanup.h"
#include "common/lexer.h"
#include "server/core/answer.h"
#include "server/core/command_log.h"
#include "server/core/core.h"
#include "server/core/modes.h"
#include "server/core/peer.h"
#include "server/core/watch.h"

enum { KEEP_BYTES = 4096 };

struct channel {
    struct core *core;
    struct peer *peer;
    uint32_t id;
    bool is_raw;
    bool is_terminal;  /* a command on a terminal: lines end in \r\n */
    bool is_over;      /* the exit status has been written */
    uint8_t data_type; /* what `data` holds: WIRE_OUTPUT or WIRE_ERROR_OUTPUT */
    struct buf data;   /* gathered during a turn, framed at its end */
    struct ledger_source *source;
    struct watch *watch;
    const struct channel_mode *mode;
    void *state;
};

static struct channel *channel_alloc(struct peer *peer, uint32_t id, bool is_raw)
{
    struct channel *channel = calloc(1, sizeof *channel);
    if (!channel) {
        abort();
    }
    channel->core = peer_core(peer);
    channel->peer = peer;
    channel->id = id;
    channel->is_raw = is_raw;
    channel->data_type = WIRE_OUTPUT;
    return channel;
}

static void start_mode(struct channel *channel, const struct channel_mode *mode, void *state)
{
    channel->mode = mode;
    channel->state = state;
}

/* The command line of an exec: `batch …`, or a command. */
static void start_exec(struct channel *channel, const char *command, size_t len)
{
    struct task *task = dispatch_new(channel, FORMAT_TEXT);
    struct words words;
    task->request.is_interactive = channel->is_terminal;
    command_log_start(&task->request);
    enum err err = lexer_split(&task->request.arena, command, len, &words, &task->request.error);
    if (err != ERR_OK) {
        task->request.err = err;
        command_log_answered(task);
        answer_trouble(channel_error_out(channel), err, task->request.error.message);
        dispatch_release(task);
        channel_exit(channel, err_exit_status(err));
    } else if (words.count > 0 && strcmp(words.texts[0], "batch") == 0) {
        start_mode(channel, &batch_mode, batch_start(channel, &words));
        dispatch_release(task);
    } else if (words.count > 0 && strcmp(words.texts[0], "import") == 0) {
        const struct channel_mode *mode = &batch_mode;
        void *state = import_start(channel, task, &words, &mode);
        start_mode(channel, mode, state);
    } else if (words.count > 0 && strcmp(words.texts[0], "export") == 0) {
        start_mode(channel, &export_mode, export_start(channel, task, &words));
    } else {
        start_mode(channel, &single_mode, single_start(channel, task, &words));
    }
}

struct channel *channel_new(struct peer *peer, uint32_t id, enum wire_open kind, const char *command,
                            size_t len)
{
    struct channel *channel = channel_alloc(peer, id, false);
    channel->is_terminal = kind == WIRE_OPEN_EXEC_TERMINAL;
    if (kind != WIRE_OPEN_SHELL) {
        start_exec(channel, command, len);
    } else {
        start_mode(channel, &batch_mode, batch_start(channel, NULL));
    }
    return channel;
}

struct channel *channel_new_raw(struct peer *peer)
{
    struct channel *channel = channel_alloc(peer, 0, true);
    start_mode(channel, &batch_mode, batch_start(channel, NULL));
    return channel;
}

void channel_free(struct channel *channel)
{
    if (channel->watch) {
        watch_free(channel->watch);
    }
    if (channel->state) {
        channel->mode->free(
            channel->state); /* before the source: what it gives back has no channel any more */
    }
    if (channel->source) {
        ledger_source_free(channel->source);
    }
    buf_done(&channel->data);
    free(channel);
}

void channel_input(struct channel *channel, const char *data, size_t len)
{
    if (channel->state && !channel->is_over) {
        channel->mode->input(channel->state, data, len);
    }
}

void channel_input_end(struct channel *channel)
{
    if (channel->state && !channel->is_over) {
        channel->mode->input_end(channel->state);
    }
}

bool channel_wants_input(const struct channel *channel)
{
    return channel->is_over || !channel->state || channel->mode->wants_input(channel->state);
}

void channel_drained(struct channel *channel)
{
    if (channel->is_over || channel_is_full(channel)) {
        return;
    }
    if (channel->state) {
        channel->mode->drained(channel->state);
    }
    if (channel->watch) {
        watch_wake(channel->watch);
    }
}

void channel_stop(struct channel *channel)
{
    if (channel->state && !channel->is_over) {
        channel->mode->stop(channel->state);
    }
}

bool channel_is_busy(const struct channel *channel)
{
    if (channel->is_over || !channel->state) {
        return false;
    }
    return (channel->watch && !channel->is_raw) || channel->mode->is_busy(channel->state);
}

/* Bytes into the peer's output, as frames of a bounded size. */
static void send_data(struct channel *channel, uint8_t type, const char *data, size_t len)
{
    struct buf *out = peer_output(channel->peer);
    if (channel->is_raw) {
        if (type == WIRE_OUTPUT) {
            buf_append(out, data, len);
        }
        return;
    }
    while (len > 0) {
        size_t part = len < WIRE_DATA_MAX ? len : WIRE_DATA_MAX;
        wire_put_data(out, type, channel->id, data, part);
        data += part;
        len -= part;
    }
}

/* The client's terminal is raw: what a tty's driver would do is ours to do. */
static void send_lines(struct channel *channel, uint8_t type, const char *data, size_t len)
{
    cleanup(buf_done) struct buf lines = {0};
    if (!channel->is_terminal) {
        send_data(channel, type, data, len);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '\n' && (i == 0 || data[i - 1] != '\r')) {
            buf_append_char(&lines, '\r');
        }
        buf_append_char(&lines, data[i]);
    }
    send_data(channel, type, lines.data, lines.len);
}

void channel_flush(struct channel *channel)
{
    if (channel->data.len > 0) {
        send_lines(channel, channel->data_type, channel->data.data, channel->data.len);
    }
    if (channel->data.cap > KEEP_BYTES) {
        buf_done(&channel->data);
    } else {
        buf_reset(&channel->data);
    }
}

struct core *channel_core(const struct channel *channel)
{
    return channel->core;
}

struct identity *channel_identity(const struct channel *channel)
{
    return peer_identity(channel->peer);
}

struct throttle_user *channel_throttle(const struct channel *channel)
{
    return peer_throttle(channel->peer);
}

bool channel_is_raw(const struct channel *channel)
{
    return channel->is_raw;
}

void channel_count_command(struct channel *channel)
{
    peer_count_command(channel->peer);
}

static struct buf *data_of_type(struct channel *channel, uint8_t type)
{
    if (channel->data_type != type) {
        channel_flush(channel); /* what was written first goes first */
        channel->data_type = type;
    }
    peer_touch(channel->peer);
    return &channel->data;
}

struct buf *channel_out(struct channel *channel)
{
    return data_of_type(channel, WIRE_OUTPUT);
}

struct buf *channel_error_out(struct channel *channel)
{
    return data_of_type(channel, WIRE_ERROR_OUTPUT);
}

void channel_write(struct channel *channel, const char *data, size_t len)
{
    channel_flush(channel);
    send_lines(channel, WIRE_OUTPUT, data, len);
    peer_touch(channel->peer);
}

size_t channel_pending(const struct channel *channel)
{
    return channel->data.len + peer_pending(channel->peer);
}

bool channel_is_full(const struct channel *channel)
{
    return channel_pending(channel) >= channel->core->config->limits.output_bytes;
}

struct ledger_source *channel_source(struct channel *channel, bool interactive, bool stop_on_error)
{
    if (!channel->source) {
        channel->source = ledger_source_new(channel->core->ledger, interactive, stop_on_error);
    }
    return channel->source;
}

void channel_watch(struct channel *channel, const struct request *request)
{
    if (channel->watch) {
        watch_free(channel->watch);
    }
    channel->watch = watch_new(channel, request);
}

void channel_request_done(struct channel *channel, struct request *request)
{
    channel->mode->request_done(channel->state, request);
}

void channel_exit(struct channel *channel, int status)
{
    struct buf *out = peer_output(channel->peer);
    channel_flush(channel);
    if (!channel->is_raw) {
        size_t frame = wire_frame_begin(out, WIRE_EXIT, channel->id);
        wire_put_u32(out, (uint32_t)status);
        wire_frame_end(out, frame);
    }
    channel->is_over = true;
    peer_end_channel(channel->peer);
}

void channel_update_reading(struct channel *channel)
{
    peer_update_reading(channel->peer);
}

void channel_watch_leaving(struct channel *channel)
{
    peer_watch_leaving(channel->peer);
}
