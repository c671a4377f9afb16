/* A core that answers the few commands the TUI sends, out of made-up rows. Used by the harness only.
 * Bytes in, bytes out: the harness moves them. */
#ifndef STOCKROOM_TESTS_SCREENS_FAKE_CORE_H
#define STOCKROOM_TESTS_SCREENS_FAKE_CORE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "tests/screens/harness.h"

enum { FAKE_CORE_COMMANDS_MAX = 256, FAKE_CORE_ASKED_MAX = 3 };

/* The password of every user. */
#define FAKE_CORE_PASSWORD "old secret"

struct fake_core {
    struct harness_options options;
    struct buf input;
    struct buf output;
    char *commands[FAKE_CORE_COMMANDS_MAX]; /* every line it got */
    size_t commands_count;
    char watch_tag[24];
    unsigned lines;
    bool failed_once;
    bool has_new_password;            /* passwd went well */
    char *asking;                     /* the command that takes lines of its own: the next ones */
    char *asked[FAKE_CORE_ASKED_MAX]; /* these */
    size_t asked_count;
    size_t asked_wanted;
};

/* Take bytes from the TUI and answer the lines among them into output. */
void fake_core_take(struct fake_core *core, const char *bytes, size_t len);
void fake_core_done(struct fake_core *core);

#endif
