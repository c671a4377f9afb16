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

enum view_place {
    PLACE_INVENTORY,
    PLACE_STORES,
    PLACE_HELP,
    PLACE_SIGNUP,
    PLACE_PASSWORD,
    PLACE_ACCOUNT,
    PLACE_LOCK,
    PLACES
};

struct app {
    struct screen *screen;
    struct feed *feed;
    const struct world *world;
    struct view *views[PLACES];
    enum view_place shown;
    enum view_place beneath; /* where help and the account go back to */
    enum view_place locked;  /* what the lock hides, and shows again */
    bool going;              /* the next key says where to */
    int lock_seconds;        /* 0: never */
    int64_t last_key_ms;
    bool dirty;
    bool done;
    bool timed_out; /* done, for want of a key, by somebody who could not unlock */
};

struct app *app_new(struct screen *screen, struct client *client, int lock_seconds, int64_t now_ms)
{
    static const struct view_ops *const kinds[PLACES] = {
        [PLACE_INVENTORY] = &view_inventory, [PLACE_STORES] = &view_stores,
        [PLACE_HELP] = &view_help,           [PLACE_SIGNUP] = &view_signup,
        [PLACE_PASSWORD] = &view_password,   [PLACE_ACCOUNT] = &view_account,
        [PLACE_LOCK] = &view_lock,
    };
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
    app->lock_seconds = lock_seconds;
    app->last_key_ms = now_ms;
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

/* While the screen is locked, what would be shown is what the lock hides. */
static void show(struct app *app, enum view_place place)
{
    if (app->shown == PLACE_LOCK && place != PLACE_LOCK) {
        app->locked = place;
        return;
    }
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

/* The screen's content goes for good, also where the terminal's image and ours have come apart. */
static void lock(struct app *app)
{
    struct feed_news news = {0};
    if (!app->world->user.has_password) {
        app->timed_out = true;
        app->done = true;
        return;
    }
    feed_reset_errand(app->feed, ERRAND_UNLOCK, &news);
    tell(app, &news);
    app->going = false;
    app->locked = app->shown;
    show(app, PLACE_LOCK);
    screen_forget(app->screen);
}

static void unlock(struct app *app, int64_t now_ms)
{
    if (app->shown == PLACE_LOCK) {
        app->shown = app->locked; /* past show(), which keeps the lock on the screen */
        app->last_key_ms = now_ms;
        show(app, app->locked);
        screen_forget(app->screen);
    }
}

/* Where to, when the password is changed: the account stays and says so. */
static void leave_password(struct app *app)
{
    enum view_place shown = app->shown == PLACE_LOCK ? app->locked : app->shown;
    if (shown == PLACE_PASSWORD) {
        show(app, PLACE_INVENTORY);
    }
}

/* What the feed did, and where that leads. */
static void take_news(struct app *app, const struct feed_news *news, int64_t now_ms)
{
    tell(app, news);
    switch (news->turn) {
    case TURN_NONE:
        break;
    case TURN_CHOOSE:
        show(app, PLACE_STORES);
        break;
    case TURN_SIGN_UP:
        show(app, PLACE_SIGNUP);
        break;
    case TURN_CHOOSE_PASSWORD:
        show(app, PLACE_PASSWORD);
        break;
    case TURN_PASSWORD_CHANGED:
        leave_password(app);
        break;
    case TURN_UNLOCKED:
        unlock(app, now_ms);
        break;
    }
}

void app_take_answers(struct app *app, int64_t now_ms)
{
    struct feed_news news;
    while (feed_take_answer(app->feed, now_ms, &news)) {
        take_news(app, &news, now_ms);
    }
    feed_settle(app->feed, &news);
    take_news(app, &news, now_ms);
}

static void ask_where(struct app *app, struct feed_news *news)
{
    cleanup(buf_done) struct buf text = {0};
    buf_append_text(&text, "Go to: ");
    keymap_append_legend(&text, SCOPE_GO, SCREEN_COLUMNS_MAX);
    buf_append_char(&text, '\0');
    feed_say(app->feed, text.data, news);
    app->going = true;
}

/* The key after that; any other key goes nowhere. */
static void go(struct app *app, const struct key_event *event)
{
    struct feed_news news = {0};
    app->going = false;
    switch (event->pasted ? ACTION_NONE : keymap_find_action(SCOPE_GO, event->key)) {
    case ACTION_GO_INVENTORY:
        show(app, app->world->store_code[0] != '\0' ? PLACE_INVENTORY : PLACE_STORES);
        break;
    case ACTION_GO_STORES:
        show(app, PLACE_STORES);
        break;
    case ACTION_GO_ACCOUNT:
        app->beneath = app->shown;
        feed_reset_errand(app->feed, ERRAND_PASSWORD, &news);
        tell(app, &news);
        show(app, PLACE_ACCOUNT);
        break;
    default:
        break;
    }
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
        show(app, app->shown == PLACE_HELP || app->shown == PLACE_ACCOUNT ? app->beneath : PLACE_INVENTORY);
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
    case WISH_GO:
        ask_where(app, &news);
        break;
    case WISH_SEND:
        feed_send(app->feed, wish->errand, wish->form, &news);
        break;
    }
    tell(app, &news);
}

void app_take_key(struct app *app, const struct key_event *event, int64_t now_ms)
{
    struct feed_news news = {0};
    struct wish wish = {.kind = WISH_NONE};
    struct view *view = app->views[app->shown];
    app->last_key_ms = now_ms;
    if (app->done) {
        return;
    }
    feed_clear_status(app->feed, &news);
    tell(app, &news);
    if (app->going) {
        go(app, event);
        return;
    }
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

/* -1: it is locked, or never will be. */
static int64_t lock_time_ms(const struct app *app)
{
    return app->lock_seconds > 0 && app->shown != PLACE_LOCK
               ? app->last_key_ms + (int64_t)app->lock_seconds * 1000
               : -1;
}

int64_t app_next_time_ms(const struct app *app)
{
    int64_t retry = feed_next_time_ms(app->feed);
    int64_t due = lock_time_ms(app);
    return retry < 0 ? due : due < 0 || retry < due ? retry : due;
}

void app_take_time(struct app *app, int64_t now_ms)
{
    struct feed_news news = {0};
    feed_take_time(app->feed, now_ms, &news);
    take_news(app, &news, now_ms);
    if (lock_time_ms(app) >= 0 && now_ms >= lock_time_ms(app)) {
        lock(app);
    }
}

bool app_is_done(const struct app *app, char *ret_reason, size_t size)
{
    if (app->timed_out) {
        snprintf(ret_reason, size, "Locked for %d seconds without a key: please log in again",
                 app->lock_seconds);
    } else if (app->done) {
        snprintf(ret_reason, size, "%s", "");
    }
    return app->done;
}
