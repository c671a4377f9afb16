/* Log lines for systemd's journal: its native protocol, a datagram each. Called by common/log, and by those
 * who open the socket. Knows nothing of queues. */
#ifndef STOCKROOM_COMMON_LOG_JOURNAL_H
#define STOCKROOM_COMMON_LOG_JOURNAL_H

#include "common/buf.h"
#include "common/log.h"

/* A socket that is connected to the journal at path, for log_init and log_redirect; never blocks. -1 with
 * errno. */
int log_journal_open(const char *path);

/* The fields that each datagram begins with, up to the value of MESSAGE, which is the line of JSON. */
void log_journal_begin(struct buf *datagram, enum log_level level);

/* STOCKROOM_KEY=value: the key in capitals, of the value its first len bytes, in which a '?' stands for each
 * character that is not printable. A field ends the line before it. */
void log_journal_add(struct buf *fields, const char *key, const char *value, size_t len);

#endif
