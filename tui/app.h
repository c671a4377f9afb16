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

/* screen and client: borrowed. Sends the first requests. */
struct app *app_new(struct screen *screen, struct client *client);
void app_free(struct app *app);

/* Deal with every answer that the client has read. now_ms: a clock that only rises. */
void app_take_answers(struct app *app, int64_t now_ms);

void app_take_key(struct app *app, const struct key_event *event, int64_t now_ms);

/* The screen has another size: everything is drawn anew. */
void app_take_size(struct app *app, int columns, int rows);

/* Is there something to draw? Then app_draw sends it. */
bool app_is_dirty(const struct app *app);
void app_draw(struct app *app);

/* When app_take_time must be called, -1 for never: only while a failed request waits to be tried again. */
int64_t app_next_time_ms(const struct app *app);
void app_take_time(struct app *app, int64_t now_ms);

/* Has the user asked to leave? */
bool app_is_done(const struct app *app);

#endif
