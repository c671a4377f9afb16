/* How a client is told that it may not come in, so that it shows it to its user. Called by door.c. Pure. */
#ifndef STOCKROOM_SERVER_FRONT_REFUSAL_H
#define STOCKROOM_SERVER_FRONT_REFUSAL_H

#include "common/buf.h"

/* Append a refusal: the words as a line before SSH begins, for whoever only reads, and then once more as the
 * disconnect message of an SSH server, since OpenSSH shows that and not the line. words: printable ASCII. */
void refusal_append(struct buf *buf, const char *words);

#endif
