/* The app: see app.h.
 * Called by the main loop.
 * Owns model and views; what it says to the server stands in feed.c. */
#include "tui/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/values.h"
#include "tui/feed.h"
#include "tui/model/label.h"
#include "tui/views/view.h"

enum view_place { PLACE_INVENTORY, PLACE_STORES, PLACE_HELP, PLACES };

struct app {
    struct screen *screen;
    struct feed *feed;
    const struct world *world;
    struct view *views[PLACES];
    enum view_place shown;
    enum view_place beneath; /* where help goes back to */
    bool dirty;
    bool done;
};

struct app *app_new(struct screen *screen, struct client *client)
{
    static const struct view_ops *const kinds[PLACES] = {&view_inventory, &view_stores, &view_help};
    struct app *app = calloc(1, sizeof(*app));
    if (app == NULL) {
        abort();
    }
    app->screen = screen;
    app->feed = feed_new(client);
    app->world = feed_world(app->feed);
    for (size_t i = 0; i < PLACES; i++) {
        app->views[i] = kinds[i]->open(app->world);
        app->views[i]->ops->result(app->views[i], CHANGED_ALL, NULL);
    }
    app->shown = PLACE_INVENTORY;
    app->dirty = true;
    feed_start(app->feed);
    return app;
}

void app_free(struct app *app)
{
    if (app == NULL) {
        return;
    }
    for (size_t i = 0; i < PLACES; i++) {
        app->views[i]->ops->close(app->views[i]);
    }
    feed_free(app->feed);
    free(app);
}

static void show(struct app *app, enum view_place place)
{
    app->shown = place;
    app->views[place]->ops->result(app->views[place], CHANGED_ALL, NULL);
    app->dirty = true;
}

/* Tell every view, hidden ones too: they keep positions in the model. */
static void tell(struct app *app, const struct feed_news *news)
{
    if (news->changes == 0) {
        return;
    }
    for (size_t i = 0; i < PLACES; i++) {
        app->views[i]->ops->result(app->views[i], news->changes, news->sku[0] != '\0' ? news->sku : NULL);
    }
    app->dirty = true;
}

/* What the feed did, and where that leads. */
static void take_news(struct app *app, const struct feed_news *news)
{
    tell(app, news);
    if (news->must_choose) {
        show(app, PLACE_STORES);
    }
}

void app_take_answers(struct app *app, int64_t now_ms)
{
    struct feed_news news;
    while (feed_take_answer(app->feed, now_ms, &news)) {
        take_news(app, &news);
    }
    feed_settle(app->feed, &news);
    take_news(app, &news);
}

static void grant(struct app *app, const struct wish *wish)
{
    struct feed_news news = {0};
    switch (wish->kind) {
    case WISH_NONE:
        return;
    case WISH_QUIT:
        app->done = true;
        return;
    case WISH_HELP:
        app->beneath = app->shown;
        view_help_explain(app->views[PLACE_HELP], app->views[app->shown]->ops);
        show(app, PLACE_HELP);
        return;
    case WISH_BACK:
        show(app, app->shown == PLACE_HELP ? app->beneath : PLACE_INVENTORY);
        return;
    case WISH_STORES:
        show(app, PLACE_STORES);
        return;
    case WISH_OPEN_STORE:
        feed_open_store(app->feed, wish->text, &news);
        show(app, PLACE_INVENTORY);
        break;
    case WISH_REFRESH:
        feed_refresh(app->feed, app->shown == PLACE_STORES, &news);
        break;
    case WISH_PAUSE:
        feed_pause(app->feed, &news);
        break;
    case WISH_SEARCH_SERVER:
        feed_search(app->feed, wish->text, &news);
        break;
    case WISH_REDRAW:
        screen_forget(app->screen);
        app->dirty = true;
        return;
    }
    tell(app, &news);
}

void app_take_key(struct app *app, const struct key_event *event, int64_t now_ms)
{
    struct feed_news news = {0};
    struct wish wish = {.kind = WISH_NONE};
    struct view *view = app->views[app->shown];
    (void)now_ms;
    if (app->done) {
        return;
    }
    feed_clear_status(app->feed, &news);
    tell(app, &news);
    view->ops->key(view, event, &wish);
    app->dirty = true;
    grant(app, &wish);
}

void app_take_size(struct app *app, int columns, int rows)
{
    screen_resize(app->screen, columns, rows);
    show(app, app->shown);
}

bool app_is_dirty(const struct app *app)
{
    return app->dirty;
}

void app_draw(struct app *app)
{
    struct view *view = app->views[app->shown];
    app->dirty = false;
    view->ops->draw(view, app->screen);
    screen_flush(app->screen);
}

int64_t app_next_time_ms(const struct app *app)
{
    return feed_next_time_ms(app->feed);
}

void app_take_time(struct app *app, int64_t now_ms)
{
    struct feed_news news = {0};
    feed_take_time(app->feed, now_ms, &news);
    take_news(app, &news);
}

bool app_is_done(const struct app *app)
{
    return app->done;
}
