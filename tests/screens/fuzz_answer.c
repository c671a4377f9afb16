/* Fuzzing of the answers: whatever the server says, parsing and decoding end in a struct or a refusal.
 * Built with STOCKROOM_FUZZ; corpus/answer holds what it starts from. */
#include <stddef.h>
#include <stdint.h>

#include "tui/client/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct answer answer;
    struct item_row row;
    struct movement movement;
    struct user user;
    char reason[128];
    char code[STORE_CODE_SIZE];
    char name[STORE_NAME_SIZE];
    if (!answer_parse((const char *)data, size, &answer, reason, sizeof(reason))) {
        return 0;
    }
    struct stores *stores = stores_new();
    answer_get_item(&answer, &row);
    answer_get_movement(&answer, &movement);
    answer_get_store(&answer, code, sizeof(code), name, sizeof(name));
    answer_get_user(&answer, &user, stores);
    answer_get_text(&answer, "state", name, sizeof(name));
    stores_free(stores);
    answer_done(&answer);
    return 0;
}
