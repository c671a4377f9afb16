/* The words that front, session, core and the TUI say to each other, and their encoding.
 *
 * Session <-> core, over a stream socket: frames of a 9-byte head (u32 payload length, u8 type, u32 channel,
 * little-endian) and a payload of fields. `channel` counts a connection's SSH channels 1, 2, 3…, one at a
 * time; it is 0 on the AUTH and GOODBYE frames. Frames of a channel that is no longer open are ignored.
 *
 * Front <-> core, front <-> session and front -> TUI, over SOCK_SEQPACKET sockets: one message a packet, u8
 * type and fields. Whoever reads trusts nothing: each field is checked, a bad message ends the sender.
 *
 * TUI <-> core: no frames, but the command language itself: lines in, JSON Lines out. */
#ifndef STOCKROOM_COMMON_WIRE_H
#define STOCKROOM_COMMON_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

enum {
    WIRE_HEAD_BYTES = 9,
    WIRE_PAYLOAD_MAX = 128 * 1024, /* an exec'd line of 64 KiB and its fields fit with room to spare */
    WIRE_DATA_MAX = 32 * 1024,     /* INPUT, OUTPUT, ERROR_OUTPUT carry at most this much */
    WIRE_MESSAGE_MAX = 512,        /* a SEQPACKET message */
    WIRE_USER_MAX = 64,            /* longer user names are refused before core hears of them */
    WIRE_PASSWORD_MAX = 1024,
    WIRE_KEY_BLOB_MAX = 8192,
    WIRE_TERM_MAX = 32,
    WIRE_SIZE_MAX = 500 /* columns; rows at most 200: larger is clamped */
};

/* Session -> core. */
enum wire_to_core {
    WIRE_AUTH_PASSWORD = 1, /* str user, str password */
    WIRE_AUTH_KEY = 2,      /* str user, str key type ("ssh-ed25519"…), str public key blob,
                               u8 proven: 0 asks whether the key would do, 1 says its signature was checked */
    WIRE_OPEN = 3,          /* u8 enum wire_open; str command (empty for a shell) */
    WIRE_INPUT = 4,         /* bytes of the client's stdin */
    WIRE_INPUT_END = 5,     /* the client's end of file */
    WIRE_CLOSE = 6,         /* the client closed the channel: forget it */
    WIRE_AUTH_NONE = 7      /* str user: asks to come in without a credential, as signup may */
};

enum wire_open {
    WIRE_OPEN_SHELL = 0, /* no terminal, no command: a batch with its defaults */
    WIRE_OPEN_EXEC = 1,
    WIRE_OPEN_EXEC_TERMINAL = 2 /* a command on a terminal: it may ask for what it needs */
};

/* Core -> session. */
enum wire_from_core {
    WIRE_AUTH_ANSWER =
        64,           /* u8 ok; str message for the client ("" for none). One for each AUTH_*, in order */
    WIRE_OUTPUT = 65, /* bytes for stdout */
    WIRE_ERROR_OUTPUT = 66, /* bytes for stderr */
    WIRE_EXIT = 67,         /* u32 exit status: send it, then EOF and close once all output has gone out */
    WIRE_GOODBYE = 68       /* str reason: tell the client in the disconnect message and leave */
};

/* Front -> core. Some carry a descriptor (SCM_RIGHTS): a socket, but for the log. */
enum wire_front_to_core {
    WIRE_CORE_SESSION = 1, /* u64 session, str source address ("192.0.2.7" or "2001:db8::1"), u16 port */
    WIRE_CORE_TUI = 2,     /* u64 session whose identity this TUI has */
    WIRE_CORE_DRAIN = 3,   /* stop: finish what runs, answer, exit */
    WIRE_CORE_LOG = 4, /* carries a descriptor: the log goes there from now on (core may not open files) */
    WIRE_CORE_STATS =
        5 /* a u64 for each of enum wire_stat, in order: what front has counted since its start */
};

/* What front counts, for `stats`. X(name in stats, help, is a gauge). */
#define WIRE_STAT_LIST(X)                                                                                    \
    X(connections, "connections accepted", false)                                                            \
    X(connections_refused, "connections refused at the door, for any reason", false)                         \
    X(connections_refused_full, "of these: too many connections in all", false)                              \
    X(connections_refused_source, "of these: too many from one source", false)                               \
    X(connections_refused_penalty, "of these: the source has a penalty", false)                              \
    X(connections_refused_proxy, "of these: no right PROXY header", false)                                   \
    X(penalties, "offences counted against sources", false)                                                  \
    X(sources_penalised, "sources that are refused now", true)                                               \
    X(sessions_crashed, "session processes that crashed or had to be killed", false)                         \
    X(sessions_late, "sessions that did not log in in time", false)                                          \
    X(processes, "session processes now", true)                                                              \
    X(processes_unauthenticated, "of these: not logged in", true)                                            \
    X(screens, "TUI processes now", true)                                                                    \
    X(core_starts, "times core was started", false)

enum wire_stat {
#define X(name, help, is_gauge) WIRE_STAT_##name,
    WIRE_STAT_LIST(X)
#undef X
        WIRE_STAT_COUNT
};

/* Core -> front. */
enum wire_core_to_front {
    WIRE_FRONT_READY = 64,         /* core takes sessions from now on */
    WIRE_FRONT_AUTHENTICATED = 65, /* u64 session: its login grace ends well */
    WIRE_FRONT_REFUSED = 66        /* u64 session: a credential was wrong (for penalties) */
};

/* Front -> session, session -> front. */
enum wire_session_control {
    WIRE_PING = 1,      /* u64 cookie, front to session… */
    WIRE_PONG = 2,      /* …and back, from the session's own loop */
    WIRE_START_TUI = 3, /* u16 columns, u16 rows, str TERM: a terminal session begins */
    WIRE_RESIZE = 4,    /* u16 columns, u16 rows: session to front, front to TUI */
    WIRE_DRAIN = 5,     /* front to session: say goodbye to the client and leave */
    WIRE_TUI_GONE = 6   /* u32 exit status of the TUI, front to session */
};

/* Reading fields: a cursor that fails once and for all. Check `failed` at the end, with wire_reader_end(). */
struct wire_reader {
    const char *next;
    size_t left;
    bool failed;
};

void wire_reader_init(struct wire_reader *reader, const void *data, size_t len);
uint8_t wire_get_u8(struct wire_reader *reader);
uint16_t wire_get_u16(struct wire_reader *reader);
uint32_t wire_get_u32(struct wire_reader *reader);
uint64_t wire_get_u64(struct wire_reader *reader);

/* A string (u32 length, bytes): borrowed from the payload, not NUL-terminated. Longer than max_len fails. */
const char *wire_get_str(struct wire_reader *reader, size_t max_len, size_t *ret_len);

/* A string copied into a fixed array, NUL-terminated; one that holds a NUL or does not fit fails. */
void wire_get_text(struct wire_reader *reader, char *ret_text, size_t size);

/* True when nothing failed and nothing is left over. */
bool wire_reader_end(const struct wire_reader *reader);

/* Writing fields. */
void wire_put_u8(struct buf *buf, uint8_t value);
void wire_put_u16(struct buf *buf, uint16_t value);
void wire_put_u32(struct buf *buf, uint32_t value);
void wire_put_u64(struct buf *buf, uint64_t value);
void wire_put_str(struct buf *buf, const char *text, size_t len);

/* Begin a frame; returns its place, to be given to wire_frame_end once the payload is appended. */
size_t wire_frame_begin(struct buf *buf, uint8_t type, uint32_t channel);
void wire_frame_end(struct buf *buf, size_t frame);

/* A frame whose payload is just bytes (INPUT, OUTPUT…). len at most WIRE_DATA_MAX. */
void wire_put_data(struct buf *buf, uint8_t type, uint32_t channel, const void *data, size_t len);

struct wire_frame {
    uint8_t type;
    uint32_t channel;
    const char *payload; /* borrowed from the bytes that were parsed */
    size_t len;
};

enum wire_parse {
    WIRE_PARSE_MORE,  /* not whole yet */
    WIRE_PARSE_FRAME, /* ret_frame is set; *ret_used bytes are spent */
    WIRE_PARSE_BAD    /* longer than WIRE_PAYLOAD_MAX: the peer is broken */
};

enum wire_parse wire_parse_frame(const char *data, size_t len, struct wire_frame *ret_frame,
                                 size_t *ret_used);

/* Send one message, with a descriptor when fd >= 0; never blocks.
 * Returns 0, or -1 with errno (EAGAIN: the queue is full). */
int wire_send_message(int socket_fd, const struct buf *message, int fd);

/* Receive one message of at most size bytes, and the descriptor it carried (else *ret_fd is -1; it is
 * close-on-exec; ret_fd NULL: any descriptor is closed). Never blocks.
 * Returns its length, 0 at the end, -1 with errno (EAGAIN: nothing there; EMSGSIZE: cut). */
long wire_receive_message(int socket_fd, void *data, size_t size, int *ret_fd);

#endif
