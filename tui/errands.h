/* Errands: what a person asks of the server by a form, once: to sign up, to change a password, to be let back
 * to a locked screen. Fills in the command, sends it with its lines, keeps the server's words. Called by the
 * feed; borrows the client. Knows neither screen nor views. */
#ifndef STOCKROOM_TUI_ERRANDS_H
#define STOCKROOM_TUI_ERRANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/client/client.h"
#include "tui/widgets/form.h"

enum errand_kind { ERRAND_SIGNUP, ERRAND_PASSWORD, ERRAND_UNLOCK, ERRANDS };

enum errand_state { ERRAND_IDLE, ERRAND_SENT, ERRAND_FAILED, ERRAND_DONE };

/* Zero-initialised is idle. */
struct errand {
    enum errand_state state;
    uint64_t request;
    char text[257];   /* why it failed, in the server's words */
    char user[65];    /* of signup's answer */
    char store[65];   /* the same */
    char outcome[17]; /* the same: pending or active */
};

/* Send a form. False while the one before has no answer. */
bool errands_send(struct errand errands[ERRANDS], struct client *client, enum errand_kind kind,
                  const struct form *form);

/* Deal with an answer to one of them. True when that settles it: *ret_kind is which. */
bool errands_take(struct errand errands[ERRANDS], const struct answer *answer, enum errand_kind *ret_kind);

/* Forget how it ended: its form is about to be shown again. */
void errands_reset(struct errand errands[ERRANDS], enum errand_kind kind);

#endif
