/* Fuzzing of the keys: whatever a terminal sends, only code points and known keys come out, and fields stay
 * clean. Built with STOCKROOM_FUZZ; corpus/keys holds what it starts from. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/text.h"
#include "tui/draw/keys.h"
#include "tui/widgets/field.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct keys keys = {0};
    struct field field = {0};
    struct key_event event;
    for (size_t i = 0; i < size; i++) {
        keys_feed(&keys, data[i]);
        if (data[i] % 7 == 0) {
            keys_feed(&keys, KEYS_END_OF_INPUT);
        }
        while (keys_next(&keys, &event)) {
            field_key(&field, &event, keymap_find_action(SCOPE_FIELD, event.key));
        }
        if (field.len > FIELD_BYTES_MAX || field.cursor > field.len ||
            !text_is_printable(field.text, field.len)) {
            abort();
        }
    }
    return 0;
}
