/* Cursors: base64url of a letter and the key of the last row, a line each.
 * Called by the commands that page.
 * Pure. */
#include "server/core/commands/cursor.h"

#include <sodium.h>
#include <string.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/text.h"

enum { CURSOR_BYTES_MAX = 512 };

const char *cursor_make(struct arena *arena, char kind, const char *const *parts, unsigned count)
{
    cleanup(buf_done) struct buf key = {0};
    size_t size;
    char *cursor;

    buf_append_char(&key, kind);
    for (unsigned i = 0; i < count; i++) {
        buf_append_char(&key, '\n');
        buf_append_text(&key, parts[i]);
    }
    size = sodium_base64_encoded_len(key.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    cursor = arena_alloc(arena, size);
    return sodium_bin2base64(cursor, size, (const unsigned char *)key.data, key.len,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

enum err cursor_parse(struct arena *arena, char kind, const char *cursor, unsigned count,
                      const char **ret_parts, struct err_info *ret_info)
{
    char *key = arena_alloc(arena, CURSOR_BYTES_MAX + 1);
    char *parts[CURSOR_PARTS_MAX] = {0};
    unsigned found = 0;
    size_t len = 0;

    if (sodium_base642bin((unsigned char *)key, CURSOR_BYTES_MAX, cursor, strlen(cursor), NULL, &len, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        len == 0 || key[0] != kind || memchr(key, '\0', len) != NULL) {
        goto bad;
    }
    key[len] = '\0';
    for (char *part = memchr(key, '\n', len); part != NULL; part = strchr(part, '\n')) {
        *part++ = '\0';
        if (found == CURSOR_PARTS_MAX) {
            goto bad;
        }
        parts[found++] = part;
    }
    if (found != count || key[1] != '\0') {
        goto bad;
    }
    for (unsigned i = 0; i < count; i++) {
        size_t part_len = strlen(parts[i]);

        if (part_len == 0 || !text_is_printable(parts[i], part_len)) {
            goto bad;
        }
        ret_parts[i] = parts[i];
    }
    return ERR_OK;
bad:
    return err_set(ret_info, ERR_BAD_VALUE, "'%.40s' is no cursor of this command", cursor);
}
