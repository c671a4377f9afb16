/* The fake core on stdin and stdout: what `ssh … batch --format json` would be. One argument: how many items.
 * Started by stockroom-tui in screens.shell.
 * Touches its two descriptors only. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/screens/fake_core.h"

int main(int argc, char **argv)
{
    struct fake_core core = {.options = {.items = argc > 1 ? strtoul(argv[1], NULL, 10) : 0}};
    char bytes[4096];
    ssize_t len;
    if (core.options.items == 0) {
        fputs("some noise first\nssh: Permission denied\x1b[2J (publickey)\n", stderr);
        return 255;
    }
    while ((len = read(STDIN_FILENO, bytes, sizeof(bytes))) > 0) {
        fake_core_take(&core, bytes, (size_t)len);
        while (core.output.len > 0) {
            ssize_t sent = write(STDOUT_FILENO, core.output.data, core.output.len);
            if (sent <= 0) {
                return 1;
            }
            buf_consume(&core.output, (size_t)sent);
        }
    }
    fake_core_done(&core);
    return 0;
}
