/* What the commands that post stock movements share: their options and how they become a struct movement.
 * Called by prepare functions on the main loop.
 * Touches no database: the ledger writer decides. */
#include "server/core/commands/movement_args.h"

#include <string.h>
#include <time.h>

#include "common/text.h"

/* Clocks differ a little: what a till calls now may be the server's next minute. */
#define FUTURE_MICROS_MAX (INT64_C(5) * 60 * 1000000)

static enum err parse_at(const struct request *request, struct movement *movement, struct err_info *ret_info)
{
    const char *text = args_option(&request->args, "at");
    struct time_value value;
    struct timespec now;
    enum err err;

    if (text == NULL) {
        return ERR_OK;
    }
    err = values_parse_time(text, &value, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    if (value.kind != TIME_ABSOLUTE && value.kind != TIME_RELATIVE) {
        return err_set(ret_info, ERR_BAD_VALUE, "--at takes a point in time, '%s' is a whole day", text);
    }
    clock_gettime(CLOCK_REALTIME, &now);
    if (value.kind == TIME_ABSOLUTE &&
        value.micros > (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 + FUTURE_MICROS_MAX) {
        return err_set(ret_info, ERR_BAD_VALUE, "--at '%s' lies in the future", text);
    }
    if (value.kind == TIME_RELATIVE && value.micros < -((int64_t)now.tv_sec * 1000000)) {
        return err_set(ret_info, ERR_BAD_VALUE, "--at '%s' lies before 1970", text);
    }
    movement->has_at = true;
    movement->at_is_relative = value.kind == TIME_RELATIVE;
    movement->at_micros = value.micros;
    return ERR_OK;
}

static enum err parse_note(const struct request *request, struct movement *movement,
                           struct err_info *ret_info)
{
    const char *note = args_option(&request->args, "note");
    size_t len = note != NULL ? strlen(note) : 0;

    if (len > VALUES_NOTE_MAX) {
        return err_set(ret_info, ERR_BAD_VALUE, "a note has at most %d bytes, this one %zu", VALUES_NOTE_MAX,
                       len);
    }
    if (len > 0 && !text_is_printable(note, len)) {
        return err_set(ret_info, ERR_BAD_VALUE, "a note holds printable characters only");
    }
    movement->note = len > 0 ? note : NULL;
    return ERR_OK;
}

enum err movement_args_money(const struct request *request, const char *option, int64_t *ret_milli,
                             struct err_info *ret_info)
{
    const char *text = args_option(&request->args, option);

    if (text == NULL) {
        *ret_milli = -1;
        return ERR_OK;
    }
    return values_parse_money(text, ret_milli, ret_info);
}

enum err movement_args_begin(struct request *request, enum movement_type type, struct err_info *ret_info)
{
    struct movement *movement = arena_calloc(&request->arena, 1, sizeof *movement);
    enum err err = parse_note(request, movement, ret_info);

    movement->ref = args_option(&request->args, "ref");
    if (err == ERR_OK && movement->ref != NULL) {
        err = values_check_ref(movement->ref, ret_info);
    }
    if (err == ERR_OK) {
        err = parse_at(request, movement, ret_info);
    }
    if (err == ERR_OK) {
        err = request_resolve_store(request, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    movement->arena = &request->arena;
    movement->type = type;
    movement->store = request->store;
    movement->price_milli = -1;
    movement->cost_milli = -1;
    movement->user_id = request->who->user_id;
    movement->key_id = request->who->key_id;
    movement->owner = request;
    request->movement = movement;
    return ERR_OK;
}

enum err movement_args_prepare(struct request *request, enum movement_type type, struct err_info *ret_info)
{
    int64_t quantity_milli = 0;
    enum err err = values_check_sku(request->args.words[0], ret_info);

    if (err == ERR_OK) {
        err = type == MOVEMENT_COUNT
                  ? values_parse_counted(request->args.words[1], &quantity_milli, ret_info)
                  : values_parse_quantity(request->args.words[1], &quantity_milli, ret_info);
    }
    if (err == ERR_OK) {
        err = movement_args_begin(request, type, ret_info);
    }
    if (err == ERR_OK) {
        request->movement->product = request->args.words[0];
        request->movement->quantity_milli = quantity_milli;
    }
    return err;
}
