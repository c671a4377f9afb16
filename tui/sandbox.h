/* The sandbox of a TUI that the server started: from here on it reads and writes what is open, and nothing
 * else. Called once by main, after the terminal, the locale and the time zone were set up. Builds with
 * sanitizers leave it open, since those make calls of their own. */
#ifndef STOCKROOM_TUI_SANDBOX_H
#define STOCKROOM_TUI_SANDBOX_H

/* Close it. Returns 0 or an errno. */
int sandbox_enter(void);

#endif
