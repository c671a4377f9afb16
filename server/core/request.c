/* What commands ask of a request: its options, the store it means, how many rows it wants.
 * Called by the commands' prepare functions and steps.
 * Pure: whether a store exists is the database's to say. */
#include "server/core/request.h"

#include <string.h>

enum { LIMIT_USUAL = 1000, LIMIT_MAX = 10000 };

const char *args_option_nth(const struct args *args, const char *name, unsigned n)
{
    for (unsigned i = 0; i < args->option_count; i++) {
        if (strcmp(args->options[i].name, name) == 0 && n-- == 0) {
            return args->options[i].value;
        }
    }
    return NULL;
}

const char *args_option(const struct args *args, const char *name)
{
    return args_option_nth(args, name, 0);
}

bool args_flag(const struct args *args, const char *name)
{
    return args_option(args, name) != NULL;
}

enum err request_resolve_store(struct request *request, struct err_info *ret_info)
{
    const char *code = args_option(&request->args, "store");
    const struct identity *who = request->who;
    enum err err;

    if (code != NULL) {
        err = values_check_store_code(code, ret_info);
        if (err != ERR_OK) {
            return err;
        }
    } else if (request->used_store != NULL) {
        code = request->used_store;
    } else if (who->role != ROLE_ADMIN && who->store_count == 1) {
        code = who->store_codes[0];
    } else if (who->role != ROLE_ADMIN && who->store_count == 0) {
        return err_set(ret_info, ERR_USAGE, "you have no store yet");
    } else {
        return err_set(ret_info, ERR_USAGE, "which store? give --store CODE");
    }
    if (!identity_has_store(who, code)) {
        request->is_refusal = true;
        return err_set(ret_info, ERR_UNKNOWN_STORE, "no store %s", code);
    }
    request->store = code;
    return ERR_OK;
}

bool request_all_stores(const struct request *request)
{
    return args_flag(&request->args, "all-stores");
}

enum err request_limit(const struct request *request, int64_t *ret_limit, struct err_info *ret_info)
{
    const char *text = args_option(&request->args, "limit");

    if (text == NULL) {
        *ret_limit = LIMIT_USUAL;
        return ERR_OK;
    }
    return values_parse_integer(text, 1, LIMIT_MAX, ret_limit, ret_info);
}
