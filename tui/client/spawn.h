/* Development from a shell: start a command and talk to it as if it were core.
 * Called by main before the screen opens.
 * Touches processes; the server's TUI never comes here. */
#ifndef STOCKROOM_TUI_CLIENT_SPAWN_H
#define STOCKROOM_TUI_CLIENT_SPAWN_H

#include <stddef.h>

/* Start argv with one socket as its stdin and stdout. Returns our end (close it; the child then sees the end
 * of file), or -1 with errno. *ret_errors_fd: a file that gathers its stderr. */
int spawn_command(char *const *argv, int *ret_errors_fd);

/* The last line that the command wrote to stderr, clean, "" when there is none. */
void spawn_read_errors(int errors_fd, char *ret_text, size_t size);

#endif
