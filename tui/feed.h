/* The feed: keeps the model the server's image. Asks who the user is, which stores there are, loads the
 * inventory page by page, watches it, and tries again what failed for a passing reason. Called by the app;
 * owns the model, borrows the client. Knows neither screen nor views. */
#ifndef STOCKROOM_TUI_FEED_H
#define STOCKROOM_TUI_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/client/client.h"
#include "tui/views/view.h"

struct feed;

/* Where the server's answers lead. */
enum feed_turn {
    TURN_NONE,
    TURN_CHOOSE,           /* there are several stores, or none: the user must see the list */
    TURN_SIGN_UP,          /* nobody yet: all that can be done is to sign up */
    TURN_CHOOSE_PASSWORD,  /* nothing goes before a new password is chosen */
    TURN_PASSWORD_CHANGED, /* it was; what could not be asked before is asked now */
    TURN_UNLOCKED
};

/* What a call changed, for the views. */
struct feed_news {
    unsigned changes;        /* enum changes */
    char sku[ITEM_SKU_SIZE]; /* with CHANGED_ITEM */
    enum feed_turn turn;
};

struct feed *feed_new(struct client *client);
void feed_free(struct feed *feed);

/* The model, as views see it: lives as long as the feed. */
const struct world *feed_world(const struct feed *feed);

/* Send the first requests. */
void feed_start(struct feed *feed);

/* Deal with one answer; false when none is waiting. Rows only become news in feed_settle, once for all of
 * them. */
bool feed_take_answer(struct feed *feed, int64_t now_ms, struct feed_news *ret_news);

/* After the answers that were waiting: what has come of the rows. */
void feed_settle(struct feed *feed, struct feed_news *ret_news);

/* The user's doings. Each sets ret_news->changes. */
void feed_open_store(struct feed *feed, const char *code, struct feed_news *ret_news);
void feed_refresh(struct feed *feed, bool stores, struct feed_news *ret_news);
void feed_pause(struct feed *feed, struct feed_news *ret_news);
void feed_search(struct feed *feed, const char *text, struct feed_news *ret_news);
void feed_send(struct feed *feed, enum errand_kind kind, const struct form *form, struct feed_news *ret_news);
void feed_reset_errand(struct feed *feed, enum errand_kind kind, struct feed_news *ret_news);
void feed_clear_status(struct feed *feed, struct feed_news *ret_news);

/* Say something in the status line, until the next key. */
void feed_say(struct feed *feed, const char *text, struct feed_news *ret_news);

/* When feed_take_time must be called; -1 for never. */
int64_t feed_next_time_ms(const struct feed *feed);
void feed_take_time(struct feed *feed, int64_t now_ms, struct feed_news *ret_news);

#endif
