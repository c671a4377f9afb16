/* Cursors: where the next page of a long answer begins, as opaque text for clients.
 * Called by the commands that page.
 * A cursor is a hint and no secret: what a client makes up is checked like any other value. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_CURSOR_H
#define STOCKROOM_SERVER_CORE_COMMANDS_CURSOR_H

#include "common/arena.h"
#include "common/err.h"

enum { CURSOR_PARTS_MAX = 2 };

/* A cursor of some kind (a letter for each command) from the key of a page's last row: 1 or 2 texts without
 * newlines. */
const char *cursor_make(struct arena *arena, char kind, const char *const *parts, unsigned count);

/* The parts of a cursor that a client gave. ERR_BAD_VALUE: not a cursor of this kind with this many parts. */
enum err cursor_parse(struct arena *arena, char kind, const char *cursor, unsigned count,
                      const char **ret_parts, struct err_info *ret_info);

#endif
