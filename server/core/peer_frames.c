/* A peer's input: frames from a session process that may be hostile. Part of peer.c's room; on the main loop
 * only. A frame that is malformed or out of order ends the peer: a healthy session never sends one. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/wire.h"
#include "server/core/access.h"
#include "server/core/control.h"
#include "server/core/peer_internal.h"
#include "server/core/stats.h"

/* Questions whether a key would do: more than any agent has keys. */
enum { QUESTIONS_MAX = 64 };

static void reply(struct peer *peer, bool ok, const char *message)
{
    struct buf *out = peer_output(peer);
    size_t frame = wire_frame_begin(out, WIRE_AUTH_ANSWER, 0);
    wire_put_u8(out, ok);
    wire_put_str(out, message, strlen(message));
    wire_frame_end(out, frame);
    peer_touch(peer);
}

/* The credential was right, but the session may be one too many. *ret_message: so, for the client. */
static bool has_room(const struct peer *peer, const struct identity *identity, const char **ret_message)
{
    static char message[PEER_REASON_MAX];
    unsigned most = peer->core->config->limits.sessions_per_account;
    if (identity->user_id == 0 || peers_count_user(peer->core->peers, identity->user_id) < most) {
        return true;
    }
    snprintf(message, sizeof message, "You have %u sessions already, as many as are allowed", most);
    stats_add(STATS_logins_refused, 1);
    log_warning("login.refused", "session", peer->number, "user", identity->user, "source", peer->source,
                "reason", message);
    *ret_message = message;
    return false;
}

static void let_in(struct peer *peer, struct identity *identity)
{
    peer_set_identity(peer, identity);
    access_admit(peer->core->access, identity);
    stats_add(STATS_logins, 1);
    log_info("session.open", "session", peer->number, "user", identity->user, "role",
             identity_role_text(identity->role), "method", identity_method_text(identity->method), "source",
             peer->source, "port", peer->port);
    control_send(peer->core->control, WIRE_FRONT_AUTHENTICATED, peer->session);
}

static void login_answered(void *argument, const struct login_answer *answer)
{
    struct peer *peer = argument;
    const char *message = answer->message;
    bool ok = answer->identity != NULL;
    peer->login = NULL;
    peer->login_is_pending = false;
    if (peer->login_is_question) {
        identity_unref(answer->identity);
    } else if (ok && !has_room(peer, answer->identity, &message)) {
        identity_unref(answer->identity);
        ok = false;
    } else if (ok) {
        let_in(peer, answer->identity);
    } else if (answer->is_offence) {
        control_send(peer->core->control, WIRE_FRONT_REFUSED, peer->session);
    }
    reply(peer, ok, message);
}

static bool read_credential(struct peer *peer, const struct wire_frame *frame,
                            struct login_credential *ret_credential)
{
    struct login_credential credential = {.source = peer->source, .session = peer->session};
    struct wire_reader reader;
    wire_reader_init(&reader, frame->payload, frame->len);
    credential.user = wire_get_str(&reader, WIRE_USER_MAX, &credential.user_len);
    if (frame->type == WIRE_AUTH_PASSWORD) {
        credential.password = wire_get_str(&reader, WIRE_PASSWORD_MAX, &credential.password_len);
    } else if (frame->type == WIRE_AUTH_KEY) {
        credential.key_type = wire_get_str(&reader, WIRE_USER_MAX, &credential.key_type_len);
        credential.key_blob = wire_get_str(&reader, WIRE_KEY_BLOB_MAX, &credential.key_blob_len);
        uint8_t proven = wire_get_u8(&reader);
        if (proven > 1) {
            return false;
        }
        credential.is_question = proven == 0;
    }
    *ret_credential = credential;
    return wire_reader_end(&reader);
}

/* Its session counts too, and ends sooner: one that comes this far has been taken over. */
static bool has_tries(struct peer *peer, bool is_question)
{
    if (is_question) {
        return peer->login_questions++ < QUESTIONS_MAX;
    }
    return peer->login_tries++ < peer->core->config->limits.auth_tries;
}

static bool take_auth(struct peer *peer, const struct wire_frame *frame)
{
    struct login_credential credential;
    if (peer->who || peer->login_is_pending || frame->channel != 0 ||
        !read_credential(peer, frame, &credential) || !has_tries(peer, credential.is_question)) {
        return false;
    }
    peer->login_is_question = credential.is_question;
    peer->login_is_pending = true;
    peer->login = login_start(peer->core, &credential, login_answered, peer);
    return true;
}

static bool take_open(struct peer *peer, const struct wire_frame *frame)
{
    struct wire_reader reader;
    size_t len;
    if (peer->channel || frame->channel <= peer->last_channel) {
        return false;
    }
    wire_reader_init(&reader, frame->payload, frame->len);
    uint8_t kind = wire_get_u8(&reader);
    const char *command = wire_get_str(&reader, WIRE_PAYLOAD_MAX, &len);
    if (!wire_reader_end(&reader) || kind > WIRE_OPEN_EXEC_TERMINAL) {
        return false;
    }
    peer->last_channel = frame->channel;
    if (!peer->dismissal) {
        peer->channel = channel_new(peer, frame->channel, (enum wire_open)kind, command, len);
    }
    return true;
}

static bool take_channel_frame(struct peer *peer, const struct wire_frame *frame)
{
    if (frame->channel == 0 || frame->channel > peer->last_channel) {
        return false;
    }
    if (frame->type != WIRE_INPUT && frame->len != 0) {
        return false;
    }
    if (frame->len > WIRE_DATA_MAX) {
        return false;
    }
    if (!peer->channel || peer->channel_ended || frame->channel != peer->last_channel) {
        return true;
    }
    if (frame->type == WIRE_INPUT) {
        channel_input(peer->channel, frame->payload, frame->len);
    } else if (frame->type == WIRE_INPUT_END) {
        channel_input_end(peer->channel);
    } else {
        channel_free(peer->channel);
        peer->channel = NULL;
    }
    return true;
}

static bool take_frame(struct peer *peer, const struct wire_frame *frame)
{
    switch (frame->type) {
    case WIRE_AUTH_PASSWORD:
    case WIRE_AUTH_KEY:
    case WIRE_AUTH_NONE:
        return take_auth(peer, frame);
    case WIRE_OPEN:
        return peer->who && take_open(peer, frame);
    case WIRE_INPUT:
    case WIRE_INPUT_END:
    case WIRE_CLOSE:
        return peer->who && take_channel_frame(peer, frame);
    default:
        return false;
    }
}

/* Use whole frames from data on; *ret_used tells how far it came. */
static bool take_frames(struct peer *peer, char *data, size_t len, size_t *ret_used)
{
    size_t used = 0;
    bool ok = true;
    peer->has_kept = false;
    while (ok && used < len) {
        struct wire_frame frame;
        size_t frame_len;
        if (peer->channel && !peer->channel_ended && !channel_wants_input(peer->channel)) {
            peer->has_kept = true;
            break;
        }
        enum wire_parse parse = wire_parse_frame(data + used, len - used, &frame, &frame_len);
        if (parse == WIRE_PARSE_MORE) {
            break;
        }
        ok = parse == WIRE_PARSE_FRAME && take_frame(peer, &frame);
        if (ok && frame.type == WIRE_AUTH_PASSWORD) {
            sodium_memzero(data + used, frame_len);
        }
        used += ok ? frame_len : 0;
    }
    *ret_used = used;
    return ok;
}

bool peer_take_bytes(struct peer *peer, char *data, size_t len)
{
    size_t used = 0;
    if (peer->in.len > 0) {
        buf_append(&peer->in, data, len);
        return peer_take_kept(peer);
    }
    bool ok = take_frames(peer, data, len, &used);
    if (ok && used < len) {
        buf_append(&peer->in, data + used, len - used);
    }
    return ok;
}

bool peer_take_kept(struct peer *peer)
{
    size_t used = 0;
    bool ok = take_frames(peer, peer->in.data, peer->in.len, &used);
    buf_consume(&peer->in, used);
    if (peer->in.len == 0) {
        buf_done(&peer->in); /* most peers are idle most of the time */
    }
    return ok;
}
