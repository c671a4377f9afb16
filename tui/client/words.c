/* Quoting: see words.h.
 * Called by the client.
 * Touches its buffer only. */
#include "tui/client/words.h"

#include <string.h>

void words_append(struct buf *buf, const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:/=";
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        buf_append_text(buf, word);
        return;
    }
    buf_append_char(buf, '"');
    for (; *word != '\0'; word++) {
        if (*word == '"' || *word == '\\') {
            buf_append_char(buf, '\\');
        }
        buf_append_char(buf, *word);
    }
    buf_append_char(buf, '"');
}
