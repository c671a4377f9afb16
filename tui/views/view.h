/* What a view is: a vtable over the model's snapshot. Views draw, take keys and say what they wish; the app
 * does it. Called by the app. A view reads `struct world` and never touches the socket. Views are made once,
 * by open, and live until close. */
#ifndef STOCKROOM_TUI_VIEWS_VIEW_H
#define STOCKROOM_TUI_VIEWS_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/client/answer.h"
#include "tui/draw/screen.h"
#include "tui/errands.h"
#include "tui/keymap.h"
#include "tui/model/inventory.h"
#include "tui/model/stores.h"
#include "tui/widgets/field.h"

enum live { LIVE_OFF, LIVE_ON, LIVE_PAUSED };

/* The model as views see it. Owned and changed by the app only. */
struct world {
    const struct inventory *inventory;
    const struct stores *stores;
    struct user user;
    char store_code[STORE_CODE_SIZE]; /* "" while none is open */
    char store_name[STORE_NAME_SIZE];
    char searched[FIELD_BYTES_MAX +
                  1]; /* the inventory holds only what the server found for this; "" for all */
    bool loading;
    bool truncated; /* there are more items than the inventory may hold */
    enum live live;
    size_t held; /* movements that came while paused */
    char status[256];
    enum style status_style;
    struct errand errands[ERRANDS];
};

enum wish_kind {
    WISH_NONE,
    WISH_QUIT,
    WISH_HELP,
    WISH_BACK,
    WISH_STORES,
    WISH_OPEN_STORE, /* text: its code */
    WISH_REFRESH,
    WISH_PAUSE,
    WISH_SEARCH_SERVER, /* text: what for; "" for everything again */
    WISH_REDRAW,
    WISH_GO,  /* the next key says where */
    WISH_SEND /* errand and form */
};

struct wish {
    enum wish_kind kind;
    char text[FIELD_BYTES_MAX + 1];
    enum errand_kind errand;
    const struct form *form; /* the view's own */
};

/* What changed in the world. */
enum changes {
    CHANGED_ROWS = 1,   /* items or stores came, went or were replaced */
    CHANGED_ITEM = 2,   /* the quantity of one item */
    CHANGED_STATUS = 4, /* the status line */
    CHANGED_TITLE = 8,  /* anything else */
    CHANGED_STORE = 16, /* another store is open */
    CHANGED_ALL = 32,   /* the view comes back on the screen */
    CHANGED_ERRAND = 64 /* an errand was sent, or answered */
};

struct view;

struct view_ops {
    const char *name;
    unsigned scope; /* enum keymap_scope */
    /* world is borrowed and outlives the view. */
    struct view *(*open)(const struct world *world);
    /* Draw what is dirty, or everything after a change of the screen's size. */
    void (*draw)(struct view *view, struct screen *screen);
    /* ret_wish->kind is WISH_NONE at the call. */
    void (*key)(struct view *view, const struct key_event *event, struct wish *ret_wish);
    /* The world changed. Always called before the next draw or key. sku: of CHANGED_ITEM, else NULL. */
    void (*result)(struct view *view, unsigned changes, const char *sku);
    void (*close)(struct view *view);
};

/* Every view begins with this. */
struct view {
    const struct view_ops *ops;
    const struct world *world;
};

extern const struct view_ops view_inventory;
extern const struct view_ops view_stores;
extern const struct view_ops view_help;
extern const struct view_ops view_signup;
extern const struct view_ops view_password; /* a password must be chosen before anything else */
extern const struct view_ops view_account;
extern const struct view_ops view_lock;

/* Which view's keys the help explains, before it is shown. */
void view_help_explain(struct view *view, const struct view_ops *explained);

#endif
