/* Our other programs: where they are, and running them by descriptor. Called by front.c, core_process, tui
 * and main.c. */
#ifndef STOCKROOM_SERVER_FRONT_PROGRAM_H
#define STOCKROOM_SERVER_FRONT_PROGRAM_H

#include <stddef.h>

#define PROGRAM_CORE "stockroomd-core"
#define PROGRAM_TUI  "stockroom-tui"

/* The path of a program: beside our own executable, else where it is installed. Returns 0, or -1 with errno.
 */
int program_find(const char *name, char *ret_path, size_t size);

/* The same, opened for program_run: whoever runs it need not be able to go to where it lies. -1 with errno.
 */
int program_open(const char *name);

/* Become the program. Returns only on failure, with errno. */
void program_run(int program_fd, char *const *arguments, char *const *environment);

#endif
