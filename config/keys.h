/* The keys of stockroom.ini: one table of their names, ranges and defaults, and how a value gets into its
 * field. Called by config.c only. Pure; knows nothing of files and lines. */
#ifndef STOCKROOM_CONFIG_KEYS_H
#define STOCKROOM_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

enum keys_kind {
    KEYS_NUMBER,    /* unsigned, from min to max */
    KEYS_TEXT,      /* char *, one line */
    KEYS_SECRET,    /* char *, wiped before it is freed, never quoted in a message */
    KEYS_USER,      /* char *, a system user's name */
    KEYS_LEVEL,     /* enum log_level */
    KEYS_PATHS,     /* struct config_list of paths */
    KEYS_ADDRESSES, /* struct config_list of HOST:PORT */
    KEYS_NETWORKS,  /* struct config_networks */
    KEYS_RATE,      /* struct config_rate: "50/100" or "none" */
    KEYS_SIGNUP,    /* enum config_signup */
};

struct keys_entry {
    const char *section;
    const char *name;
    enum keys_kind kind;
    size_t offset;       /* of the field in struct config */
    const char *initial; /* the default, as it would be written in the file; NULL: unset */
    int64_t min;
    int64_t max;
};

enum { KEYS_MAX = 128 };

/* The table, ended by an entry without a name. At most KEYS_MAX entries. */
extern const struct keys_entry keys_table[];

/* The place of a key in the table, -1 when there is none. */
int keys_find(const char *section, const char *name);

/* Whether any key is in this section; the name need not be NUL-terminated. */
bool keys_has_section(const char *section, size_t len);

/* Check a value and put it into its field, freeing what was there. ERR_BAD_VALUE: the field is as it was. */
enum err keys_set(struct config *config, const struct keys_entry *entry, const char *value,
                  struct err_info *ret_info);

/* Free a field's memory, if it has any, and leave it empty. */
void keys_clear(struct config *config, const struct keys_entry *entry);

#endif
