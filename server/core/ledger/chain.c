#include "server/core/ledger/chain.h"

#include <sodium.h>
#include <string.h>

/* Text is at most a note of 500, a ref of 128 and a stocktake of 64 bytes; the rest is some 180. */
struct chain_encoder {
    unsigned char bytes[1024];
    size_t len;
};

static void chain_put(struct chain_encoder *encoder, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        encoder->bytes[encoder->len++] = (unsigned char)(value >> (8 * i));
    }
}

static void chain_put_optional(struct chain_encoder *encoder, const int64_t *value)
{
    chain_put(encoder, value != NULL, 1);
    if (value != NULL) {
        chain_put(encoder, (uint64_t)*value, 8);
    }
}

/* Longer text than the table allows is cut here, and then refused by the table's own check. */
static void chain_put_text(struct chain_encoder *encoder, const char *text, size_t max_len)
{
    size_t len = text == NULL ? 0 : strnlen(text, max_len);

    chain_put(encoder, text == NULL ? UINT32_MAX : len, 4);
    if (len > 0) {
        memcpy(encoder->bytes + encoder->len, text, len);
        encoder->len += len;
    }
}

void chain_next(const uint8_t *previous, size_t previous_len, const struct chain_row *row,
                uint8_t ret_hash[CHAIN_HASH_BYTES])
{
    struct chain_encoder encoder;

    encoder.len = 0;
    chain_put(&encoder, row->value == NULL ? 1 : 2, 1); /* the encoding's version */
    chain_put(&encoder, (uint32_t)row->store_id, 4);
    chain_put(&encoder, (uint32_t)row->product_id, 4);
    chain_put(&encoder, (uint64_t)row->seq, 8);
    chain_put(&encoder, (uint64_t)row->quantity_milli, 8);
    chain_put(&encoder, (uint64_t)row->balance_milli, 8);
    chain_put(&encoder, (uint64_t)row->occurred_micros, 8);
    chain_put(&encoder, (uint64_t)row->recorded_micros, 8);
    chain_put(&encoder, (uint32_t)row->user_id, 4);
    chain_put(&encoder, (uint16_t)row->type_id, 2);
    chain_put(&encoder, (uint16_t)row->reason_id, 2);
    chain_put(&encoder, (uint32_t)row->key_id, 4);
    chain_put_optional(&encoder, row->price_minor);
    chain_put_optional(&encoder, row->cost_minor);
    chain_put_optional(&encoder, row->reverses);
    chain_put_optional(&encoder, row->batch_id);
    chain_put_optional(&encoder, row->batch_line);
    chain_put_optional(&encoder, row->request_hash);
    chain_put_text(&encoder, row->ref, 128);
    chain_put_text(&encoder, row->note, 500);
    if (row->value != NULL) {
        chain_put_optional(&encoder, row->value);
        chain_put_text(&encoder, row->stocktake, 64);
        chain_put_optional(&encoder, row->transfer_store_id);
        chain_put_optional(&encoder, row->transfer_seq);
    }

    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, CHAIN_HASH_BYTES);
    crypto_generichash_update(&state, previous, previous_len);
    crypto_generichash_update(&state, encoder.bytes, encoder.len);
    crypto_generichash_final(&state, ret_hash, CHAIN_HASH_BYTES);
}
