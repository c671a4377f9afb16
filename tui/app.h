/* The app: the one place that knows both the server's answers and the views. Answers change the model, the
 * views are told; keys go to the view on the screen, and what it wishes is done. Called by the main loop;
 * owns model and views, borrows screen and client. Touches no descriptor itself. */
#ifndef STOCKROOM_TUI_APP_H
#define STOCKROOM_TUI_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/client/client.h"
#include "tui/draw/screen.h"

struct app;

/* screen and client: borrowed. lock_seconds: without a key, after which the screen is locked; 0: never. Sends
 * the first requests. */
struct app *app_new(struct screen *screen, struct client *client, int lock_seconds, int64_t now_ms);
void app_free(struct app *app);

/* Deal with every answer that the client has read. now_ms: a clock that only rises. */
void app_take_answers(struct app *app, int64_t now_ms);

void app_take_key(struct app *app, const struct key_event *event, int64_t now_ms);

/* The screen has another size: everything is drawn anew. */
void app_take_size(struct app *app, int columns, int rows);

/* Is there something to draw? Then app_draw sends it. */
bool app_is_dirty(const struct app *app);
void app_draw(struct app *app);

/* When app_take_time must be called, -1 for never: when a failed request is tried again, or the lock is due.
 */
int64_t app_next_time_ms(const struct app *app);
void app_take_time(struct app *app, int64_t now_ms);

/* Is it time to leave? ret_reason (size bytes) then says why to people; "" when they know: they asked to. */
bool app_is_done(const struct app *app, char *ret_reason, size_t size);

#endif
