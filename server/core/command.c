/* Finding a command by the words of a line.
 * Called by dispatch on the main loop, and by `help`.
 * Reads the table only. */
#include "server/core/command.h"

#include <string.h>

/* Is name the first word, or the first two joined by a blank? Returns how many words it took, 0: no. */
static unsigned match_name(const char *name, const char *const *words, unsigned word_count)
{
    const char *blank = strchr(name, ' ');
    size_t first_len;

    if (blank == NULL) {
        return strcmp(name, words[0]) == 0 ? 1 : 0;
    }
    first_len = (size_t)(blank - name);
    if (word_count < 2 || strncmp(name, words[0], first_len) != 0 || words[0][first_len] != '\0') {
        return 0;
    }
    return strcmp(blank + 1, words[1]) == 0 ? 2 : 0;
}

const struct command *command_find(const char *const *words, unsigned word_count, unsigned *ret_used)
{
    if (word_count == 0) {
        return NULL;
    }
    /* The longest name wins: `transfer list` is not a transfer of the product `list`. */
    const struct command *found = NULL;
    unsigned found_used = 0;
    for (const struct command *const *entry = command_table; *entry != NULL; entry++) {
        unsigned used = match_name((*entry)->name, words, word_count);

        if (used == 0 && (*entry)->alias != NULL) {
            used = match_name((*entry)->alias, words, word_count);
        }
        if (used > found_used) {
            found = *entry;
            found_used = used;
        }
    }
    if (found != NULL) {
        *ret_used = found_used;
    }
    return found;
}
