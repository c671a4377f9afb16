/* The log: one JSON object a line, with time, level, process and event, then the caller's pairs.
 * Called from every program of the server and any thread. Until log_start_thread() lines are written at once
 * (front and sessions stay that way); after it they go into a bounded queue that a thread drains: the caller
 * is never blocked, what does not fit is counted and the count is logged as soon as there is room. */
#ifndef STOCKROOM_COMMON_LOG_H
#define STOCKROOM_COMMON_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

/* Name the process ("front", "session", "core") and where lines go: an open descriptor, borrowed. Lines are
 * appended with one write each, so that processes may share a file. */
void log_init(const char *process, int fd, enum log_level least);

/* Send lines elsewhere, without losing or mixing one: fd takes the place of the descriptor that log_init was
 * given, under its number; the caller closes fd. Returns 0 or an errno. Any thread. */
int log_redirect(int fd);

/* The descriptor is a connected datagram socket of systemd's journal (log_journal.h), and the one that
 * log_redirect is given will be: each line goes as a datagram, with its pairs as fields. One that is not
 * taken is dropped, and counted; only the draining thread waits for it a while. After log_init, before the
 * first line. */
void log_set_journal(bool is_journal);

/* Start the draining thread; queue_lines bounds what waits. Returns 0 or an errno. */
int log_start_thread(unsigned queue_lines);

/* Drain and stop the thread; later lines are written at once again. */
void log_stop_thread(void);

/* Lines dropped because the queue was full, since the start. */
uint64_t log_dropped(void);

/* Would an event of this level be written? For those whose pairs are dear to make. */
bool log_wants(enum log_level level);

/* An event ("session.open") and pairs of key and value, both NUL-terminated text (a NULL value is written as
 * null). Values are cleaned and cut at 512 bytes; no secrets: the callers see to that. */
void log_event(enum log_level level, const char *event, ...) __attribute__((sentinel));

#define log_debug(...)   log_event(LOG_LEVEL_DEBUG, __VA_ARGS__, (char *)0)
#define log_info(...)    log_event(LOG_LEVEL_INFO, __VA_ARGS__, (char *)0)
#define log_warning(...) log_event(LOG_LEVEL_WARNING, __VA_ARGS__, (char *)0)
#define log_error(...)   log_event(LOG_LEVEL_ERROR, __VA_ARGS__, (char *)0)

#endif
