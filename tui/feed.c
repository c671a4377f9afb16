/* Keeping the model current: see feed.h.
 * Called by the app.
 * Speaks to the server through the client only. */
#include "tui/feed.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/values.h"
#include "tui/model/label.h"

enum {
    PAGE_ROWS = 1000,
    LOOKUPS_MAX = 8, /* products asked for one by one, before everything is loaded again */
    RETRY_FIRST_MS = 1000,
    RETRY_LONGEST_MS = 30000
};

struct feed {
    struct client *client;
    struct world world;
    struct inventory *inventory;
    struct stores *stores;
    uint64_t user_request; /* 0: answered */
    uint64_t stores_request;
    uint64_t watch_request;
    uint64_t page_request;
    unsigned lookups;
    bool rows_came;      /* since the last feed_settle */
    bool reload_wanted;  /* once the load that runs is done */
    bool chosen;         /* the stores have been looked at: one was opened, or the user asked to choose */
    int64_t retry_at_ms; /* -1: nothing failed */
    int64_t retry_pause_ms;
};

struct feed *feed_new(struct client *client)
{
    struct feed *feed = calloc(1, sizeof(*feed));
    if (feed == NULL) {
        abort();
    }
    feed->client = client;
    feed->inventory = inventory_new(INVENTORY_ITEMS_MAX);
    feed->stores = stores_new();
    feed->world.inventory = feed->inventory;
    feed->world.stores = feed->stores;
    feed->retry_at_ms = -1;
    feed->retry_pause_ms = RETRY_FIRST_MS;
    return feed;
}

void feed_free(struct feed *feed)
{
    if (feed != NULL) {
        inventory_free(feed->inventory);
        stores_free(feed->stores);
        free(feed);
    }
}

const struct world *feed_world(const struct feed *feed)
{
    return &feed->world;
}

static void say(struct feed *feed, enum style style, const char *text, struct feed_news *news)
{
    label_clean(feed->world.status, sizeof(feed->world.status), text, strlen(text));
    feed->world.status_style = style;
    news->changes |= CHANGED_STATUS;
}

void feed_say(struct feed *feed, const char *text, struct feed_news *ret_news)
{
    say(feed, STYLE_NOTICE, text, ret_news);
}

void feed_clear_status(struct feed *feed, struct feed_news *ret_news)
{
    if (feed->world.status[0] != '\0') {
        say(feed, STYLE_PLAIN, "", ret_news);
    }
}

static void ask_stores(struct feed *feed, const char *after)
{
    char limit[32];
    char cursor[ANSWER_CURSOR_SIZE + 16];
    snprintf(limit, sizeof(limit), "--limit=%d", PAGE_ROWS);
    snprintf(cursor, sizeof(cursor), "--after=%s", after);
    const char *words[] = {"store", "list", limit, after[0] != '\0' ? cursor : NULL, NULL};
    feed->stores_request = client_request(feed->client, REQUEST_STORES, words);
}

void feed_start(struct feed *feed)
{
    static const char *const words[] = {"whoami", NULL};
    client_forget(feed->client, feed->user_request);
    client_forget(feed->client, feed->stores_request);
    feed->world.loading = true;
    feed->user_request = client_request(feed->client, REQUEST_USER, words);
    ask_stores(feed, "");
}

static void ask_page(struct feed *feed, const char *after)
{
    char store[STORE_CODE_SIZE + 16];
    char limit[32];
    char cursor[ANSWER_CURSOR_SIZE + 16];
    char search[FIELD_BYTES_MAX + 16];
    const char *words[8] = {"inventory", store, limit};
    size_t count = 3;
    snprintf(store, sizeof(store), "--store=%s", feed->world.store_code);
    snprintf(limit, sizeof(limit), "--limit=%d", PAGE_ROWS);
    snprintf(cursor, sizeof(cursor), "--after=%s", after);
    snprintf(search, sizeof(search), "--search=%s", feed->world.searched);
    if (feed->world.searched[0] != '\0') {
        words[count++] = search;
    }
    if (after[0] != '\0') {
        words[count++] = cursor;
    }
    feed->page_request = client_request(feed->client, REQUEST_PAGE, words);
    feed->world.loading = feed->page_request != 0; /* 0: the server has stopped reading; F5 tries again */
}

/* Everything comes again; what is on the screen stays until it has. */
static void load(struct feed *feed)
{
    client_forget(feed->client, feed->page_request);
    if (feed->world.truncated) {
        inventory_clear(feed->inventory); /* else rows that are gone would keep the place of others */
        feed->rows_came = true;
    }
    feed->world.truncated = false;
    feed->world.held = 0;
    feed->reload_wanted = false;
    inventory_begin_load(feed->inventory);
    ask_page(feed, "");
}

/* The watch comes first: what is posted while the pages come is then known. */
static void watch(struct feed *feed)
{
    char store[STORE_CODE_SIZE + 16];
    snprintf(store, sizeof(store), "--store=%s", feed->world.store_code);
    const char *words[] = {"watch", store, NULL};
    client_forget(feed->client, feed->watch_request);
    feed->watch_request = client_request(feed->client, REQUEST_WATCH, words);
}

static void learn_store_name(struct feed *feed)
{
    const struct store *store = stores_find(feed->stores, feed->world.store_code);
    snprintf(feed->world.store_name, sizeof(feed->world.store_name), "%s", store != NULL ? store->name : "");
}

void feed_open_store(struct feed *feed, const char *code, struct feed_news *ret_news)
{
    snprintf(feed->world.store_code, sizeof(feed->world.store_code), "%s", code);
    learn_store_name(feed);
    feed->world.searched[0] = '\0';
    feed->world.truncated = false;
    feed->world.live = LIVE_OFF;
    inventory_clear(feed->inventory);
    watch(feed);
    load(feed);
    ret_news->changes |= CHANGED_STORE | CHANGED_STATUS;
}

void feed_refresh(struct feed *feed, bool stores, struct feed_news *ret_news)
{
    if (feed->world.store_code[0] == '\0') {
        feed_start(feed);
    } else if (stores) {
        client_forget(feed->client, feed->stores_request);
        ask_stores(feed, "");
    } else {
        if (feed->world.live == LIVE_OFF) {
            watch(feed);
        }
        load(feed);
    }
    feed->retry_at_ms = -1;
    ret_news->changes |= CHANGED_ROWS | CHANGED_TITLE;
}

void feed_pause(struct feed *feed, struct feed_news *ret_news)
{
    if (feed->world.live == LIVE_ON) {
        feed->world.live = LIVE_PAUSED;
    } else if (feed->world.live == LIVE_PAUSED) {
        feed->world.live = LIVE_ON;
        if (feed->world.held > 0) {
            load(feed);
        }
    }
    ret_news->changes |= CHANGED_ROWS | CHANGED_TITLE;
}

void feed_search(struct feed *feed, const char *text, struct feed_news *ret_news)
{
    snprintf(feed->world.searched, sizeof(feed->world.searched), "%s", text);
    inventory_clear(feed->inventory);
    load(feed);
    ret_news->changes |= CHANGED_ROWS | CHANGED_TITLE;
}

/* Nobody yet, or somebody who must choose a password: nothing else is open to them. */
static bool is_held_up(const struct feed *feed)
{
    return feed->world.user.must_change_password || strcmp(feed->world.user.role, "signup") == 0;
}

/* Both first answers are in: one store opens by itself, of several the user chooses. */
static void choose_store(struct feed *feed, struct feed_news *news)
{
    if (feed->chosen || feed->user_request != 0 || feed->stores_request != 0 || is_held_up(feed)) {
        return;
    }
    feed->chosen = true;
    feed->world.loading = false;
    if (stores_count(feed->stores) == 1) {
        feed_open_store(feed, stores_at(feed->stores, 0)->code, news);
        return;
    }
    news->turn = TURN_CHOOSE;
    news->changes |= CHANGED_ROWS;
}

/* A request failed for good or for now. */
static void take_failure(struct feed *feed, const struct answer *answer, int64_t now_ms,
                         struct feed_news *news)
{
    char text[320];
    snprintf(text, sizeof(text), "%s: %s", answer->error, answer->message);
    if (answer->retryable) {
        feed->retry_at_ms = now_ms + feed->retry_pause_ms;
        feed->retry_pause_ms =
            feed->retry_pause_ms * 2 < RETRY_LONGEST_MS ? feed->retry_pause_ms * 2 : RETRY_LONGEST_MS;
    }
    say(feed, STYLE_ERROR, text, news);
    news->changes |= CHANGED_TITLE;
}

int64_t feed_next_time_ms(const struct feed *feed)
{
    return feed->retry_at_ms;
}

void feed_take_time(struct feed *feed, int64_t now_ms, struct feed_news *ret_news)
{
    if (feed->retry_at_ms >= 0 && now_ms >= feed->retry_at_ms) {
        feed_refresh(feed, false, ret_news);
    }
}

static void take_user(struct feed *feed, const struct answer *answer, int64_t now_ms, struct feed_news *news)
{
    if (!answer->is_end) {
        if (!answer_get_user(answer, &feed->world.user, feed->stores)) {
            say(feed, STYLE_ERROR, "The server's answer to whoami cannot be read", news);
        }
        news->changes |= CHANGED_TITLE;
        return;
    }
    if (!answer->ok) {
        feed->world.loading = false;
        take_failure(feed, answer, now_ms, news);
        return;
    }
    feed->user_request = 0;
    if (is_held_up(feed)) {
        feed->world.loading = false;
        news->turn = feed->world.user.must_change_password ? TURN_CHOOSE_PASSWORD : TURN_SIGN_UP;
    }
    choose_store(feed, news);
}

/* Staff may not be allowed to list stores: then whoami's codes have to do. */
static void take_stores(struct feed *feed, const struct answer *answer, int64_t now_ms,
                        struct feed_news *news)
{
    char code[STORE_CODE_SIZE];
    char name[STORE_NAME_SIZE];
    if (!answer->is_end) {
        if (!answer_get_store(answer, code, sizeof(code), name, sizeof(name))) {
            say(feed, STYLE_ERROR, "The server sent a store that cannot be read", news);
        } else if (!stores_put(feed->stores, code, name)) {
            say(feed, STYLE_ERROR, "There are more stores than can be listed here", news);
        }
        return;
    }
    if (!answer->ok && answer->retryable) {
        feed->world.loading = false;
        take_failure(feed, answer, now_ms, news);
        return;
    }
    if (answer->ok && answer->after[0] != '\0' && stores_count(feed->stores) < STORES_MAX) {
        ask_stores(feed, answer->after);
        return;
    }
    feed->stores_request = 0;
    if (feed->world.store_code[0] != '\0') {
        learn_store_name(feed);
    }
    news->changes |= CHANGED_ROWS | CHANGED_TITLE;
    choose_store(feed, news);
}

static void say_movement(struct feed *feed, const struct movement *movement, struct feed_news *news)
{
    cleanup(buf_done) struct buf text = {0};
    char clock[16];
    char type[sizeof(movement->type)];
    size_t i = 0;
    for (; movement->type[i] != '\0'; i++) {
        type[i] = (char)tolower((unsigned char)movement->type[i]);
    }
    type[i] = '\0';
    label_format_clock(movement->recorded_at, clock, sizeof(clock));
    buf_printf(&text, "%s%s%s %s ", clock, clock[0] != '\0' ? " " : "", type, movement->sku);
    if (movement->quantity_milli > 0) {
        buf_append_char(&text, '+');
    }
    values_append_quantity(&text, movement->quantity_milli);
    buf_printf(&text, " by %s \xe2\x86\x92 ", movement->user);
    values_append_quantity(&text, movement->balance_milli);
    buf_append_char(&text, '\0');
    say(feed, STYLE_NOTICE, text.data, news);
}

/* A movement of something that is not in the inventory: a product that is new to the store. */
static void look_up(struct feed *feed, const char *sku)
{
    char store[STORE_CODE_SIZE + 16];
    char product[ITEM_SKU_SIZE + 16];
    if (feed->world.truncated || feed->world.searched[0] != '\0') {
        return; /* not everything is here anyway */
    }
    snprintf(store, sizeof(store), "--store=%s", feed->world.store_code);
    snprintf(product, sizeof(product), "--product=%s", sku);
    const char *words[] = {"inventory", product, store, NULL};
    if (feed->lookups < LOOKUPS_MAX && client_request(feed->client, REQUEST_PRODUCT, words) != 0) {
        feed->lookups++;
    } else {
        feed->reload_wanted = true;
    }
}

static void take_movement(struct feed *feed, const struct answer *answer, struct feed_news *news)
{
    struct movement movement;
    if (!answer_get_movement(answer, &movement)) {
        say(feed, STYLE_ERROR, "The server sent a movement that cannot be read", news);
        return;
    }
    if (strcmp(movement.store, feed->world.store_code) != 0) {
        return;
    }
    if (feed->world.live == LIVE_PAUSED) {
        feed->world.held++;
        news->changes |= CHANGED_TITLE;
        return;
    }
    say_movement(feed, &movement, news);
    if (!inventory_apply(feed->inventory, &movement, client_last_request(feed->client))) {
        look_up(feed, movement.sku);
        return;
    }
    if (feed->rows_came) {
        return; /* feed_settle tells of all rows; until then views must not look any up */
    }
    news->changes |= CHANGED_ITEM;
    memcpy(news->sku, movement.sku, sizeof(news->sku));
}

static void take_watch(struct feed *feed, const struct answer *answer, int64_t now_ms, struct feed_news *news)
{
    if (!answer->is_end) {
        take_movement(feed, answer, news);
        return;
    }
    news->changes |= CHANGED_TITLE;
    if (!answer->ok) {
        feed->watch_request = 0;
        feed->world.live = LIVE_OFF;
        take_failure(feed, answer, now_ms, news);
    } else if (feed->world.live == LIVE_OFF) {
        feed->world.live = LIVE_ON;
    }
}

static void take_row(struct feed *feed, const struct answer *answer, struct feed_news *news)
{
    struct item_row row;
    if (!answer_get_item(answer, &row)) {
        say(feed, STYLE_ERROR, "The server sent an item that cannot be read", news);
        return;
    }
    if (row.store[0] != '\0' && strcmp(row.store, feed->world.store_code) != 0) {
        return; /* asked for while another store was open */
    }
    if (!inventory_put(feed->inventory, &row, answer->request)) {
        feed->world.truncated = true;
    }
    feed->rows_came = true;
}

/* Everything works: what failed before is forgotten, and what was said of it. */
static void end_trouble(struct feed *feed, struct feed_news *news)
{
    if (feed->retry_pause_ms > RETRY_FIRST_MS && feed->world.status_style == STYLE_ERROR) {
        say(feed, STYLE_PLAIN, "", news);
    }
    feed->retry_at_ms = -1;
    feed->retry_pause_ms = RETRY_FIRST_MS;
}

static void finish_load(struct feed *feed, struct feed_news *news)
{
    char text[128];
    feed->page_request = 0;
    feed->world.loading = false;
    if (feed->watch_request != 0) {
        end_trouble(feed, news);
    }
    feed->rows_came = true;
    inventory_end_load(feed->inventory, !feed->world.truncated);
    if (feed->world.truncated) {
        snprintf(text, sizeof(text), "Only the first %zu items are here: \\ and Enter search all of them",
                 inventory_count(feed->inventory));
        say(feed, STYLE_NOTICE, text, news);
    }
    news->changes |= CHANGED_TITLE;
}

static void take_page(struct feed *feed, const struct answer *answer, int64_t now_ms, struct feed_news *news)
{
    if (!answer->is_end) {
        take_row(feed, answer, news);
        return;
    }
    if (!answer->ok) {
        feed->page_request = 0;
        feed->world.loading = false;
        take_failure(feed, answer, now_ms, news);
        return;
    }
    if (answer->after[0] == '\0' || feed->world.truncated) {
        finish_load(feed, news);
    } else if (inventory_is_full(feed->inventory)) {
        feed->world.truncated = true;
        finish_load(feed, news);
    } else {
        ask_page(feed, answer->after);
    }
}

static void take_product(struct feed *feed, const struct answer *answer, struct feed_news *news)
{
    if (!answer->is_end) {
        take_row(feed, answer, news);
    } else {
        feed->lookups--;
    }
}

void feed_send(struct feed *feed, enum errand_kind kind, const struct form *form, struct feed_news *ret_news)
{
    if (errands_send(feed->world.errands, feed->client, kind, form)) {
        ret_news->changes |= CHANGED_ERRAND;
    }
}

void feed_reset_errand(struct feed *feed, enum errand_kind kind, struct feed_news *ret_news)
{
    errands_reset(feed->world.errands, kind);
    ret_news->changes |= CHANGED_ERRAND;
}

/* A new password may open everything that was held up. */
static void take_new_password(struct feed *feed, struct feed_news *news)
{
    bool was_held_up = is_held_up(feed);
    feed->world.user.has_password = true;
    feed->world.user.must_change_password = false;
    news->turn = TURN_PASSWORD_CHANGED;
    if (was_held_up) {
        feed_start(feed);
    }
}

static void take_errand(struct feed *feed, const struct answer *answer, struct feed_news *news)
{
    enum errand_kind kind;
    if (!errands_take(feed->world.errands, answer, &kind)) {
        return;
    }
    news->changes |= CHANGED_ERRAND;
    if (feed->world.errands[kind].state != ERRAND_DONE) {
        return;
    }
    if (kind == ERRAND_PASSWORD) {
        take_new_password(feed, news);
    } else if (kind == ERRAND_UNLOCK) {
        news->turn = TURN_UNLOCKED;
    }
}

bool feed_take_answer(struct feed *feed, int64_t now_ms, struct feed_news *ret_news)
{
    struct answer answer;
    enum request_kind kind;
    char reason[128];
    *ret_news = (struct feed_news){0};
    switch (client_next(feed->client, &answer, &kind, reason, sizeof(reason))) {
    case CLIENT_NOTHING:
        return false;
    case CLIENT_BAD:
        say(feed, STYLE_ERROR, reason, ret_news);
        return true;
    case CLIENT_ANSWER:
        break;
    }
    switch (kind) {
    case REQUEST_NONE:
        if (answer.request == 0 && !answer.is_stray && answer.is_end && !answer.ok) {
            take_failure(feed, &answer, now_ms, ret_news);
        }
        break;
    case REQUEST_USER:
        take_user(feed, &answer, now_ms, ret_news);
        break;
    case REQUEST_STORES:
        take_stores(feed, &answer, now_ms, ret_news);
        break;
    case REQUEST_WATCH:
        take_watch(feed, &answer, now_ms, ret_news);
        break;
    case REQUEST_PAGE:
        take_page(feed, &answer, now_ms, ret_news);
        break;
    case REQUEST_PRODUCT:
        take_product(feed, &answer, ret_news);
        break;
    case REQUEST_ERRAND:
        take_errand(feed, &answer, ret_news);
        break;
    }
    answer_done(&answer);
    return true;
}

void feed_settle(struct feed *feed, struct feed_news *ret_news)
{
    *ret_news = (struct feed_news){0};
    if (feed->reload_wanted && !feed->world.loading && feed->world.store_code[0] != '\0') {
        load(feed);
        ret_news->changes |= CHANGED_TITLE;
    }
    if (feed->rows_came) {
        feed->rows_came = false;
        ret_news->changes |= CHANGED_ROWS;
    }
}
