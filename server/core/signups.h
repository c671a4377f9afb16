/* How often each address has tried to sign up: so many an hour, and no more. Asked by `signup` on the main
 * loop. Pure but for its table; time is what the caller says it is. */
#ifndef STOCKROOM_SERVER_CORE_SIGNUPS_H
#define STOCKROOM_SERVER_CORE_SIGNUPS_H

#include <stdbool.h>
#include <stdint.h>

/* Of more addresses the one whose hour is over next makes room. */
enum { SIGNUPS_SOURCES_MAX = 4096 };

struct signups;

/* per_source: attempts in the hour that begins with the first. */
struct signups *signups_new(unsigned per_source);
void signups_free(struct signups *signups); /* NULL is fine */

/* Count an attempt from an address (IPv6: from its /64). False: there were too many, and *ret_wait_seconds
 * (at least 1) tells when there may be more. */
bool signups_allow(struct signups *signups, const char *source, uint64_t now_ms, uint64_t *ret_wait_seconds);

#endif
