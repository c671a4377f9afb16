/* The options of `user set`, checked.
 * Called by user_set.c on the main loop.
 * Pure: what exists is the database's to say. */
#include <string.h>

#include "server/core/commands/user_set.h"

static enum err parse_role(const struct request *request, struct user_set *set, struct err_info *ret_info)
{
    const char *role = args_option(&request->args, "role");

    if (role == NULL) {
        return ERR_OK;
    }
    if (request->who->role != ROLE_ADMIN) {
        return err_set(ret_info, ERR_NOT_PERMITTED, "an owner changes stores only, no roles");
    }
    if (!identity_parse_role(role, &set->role)) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%.40s' is no role: admin, owner or staff", role);
    }
    set->sets_role = true;
    return ERR_OK;
}

static enum err parse_codes(struct request *request, const char *option, struct user_set_codes *codes,
                            struct err_info *ret_info)
{
    const char *code;

    codes->items = arena_calloc(&request->arena, request->args.option_count, sizeof *codes->items);
    while ((code = args_option_nth(&request->args, option, codes->count)) != NULL) {
        enum err err = values_check_store_code(code, ret_info);

        if (err != ERR_OK) {
            return err;
        }
        if (!identity_has_store(request->who, code)) {
            request->is_refusal = true;
            return err_set(ret_info, ERR_UNKNOWN_STORE, "no store %s", code);
        }
        codes->items[codes->count++] = code;
    }
    return ERR_OK;
}

static enum err refuse_contradictions(const struct user_set *set, struct err_info *ret_info)
{
    if (set->only.count > 0 && set->more.count + set->less.count > 0) {
        return err_set(ret_info, ERR_USAGE,
                       "--store names them all: leave --add-store and --remove-store out");
    }
    for (unsigned i = 0; i < set->more.count; i++) {
        for (unsigned k = 0; k < set->less.count; k++) {
            if (strcmp(set->more.items[i], set->less.items[k]) == 0) {
                return err_set(ret_info, ERR_USAGE, "%s is added and removed", set->more.items[i]);
            }
        }
    }
    return ERR_OK;
}

static enum err parse_stores(struct request *request, struct user_set *set, struct err_info *ret_info)
{
    enum err err = parse_codes(request, "store", &set->only, ret_info);

    if (err == ERR_OK) {
        err = parse_codes(request, "add-store", &set->more, ret_info);
    }
    if (err == ERR_OK) {
        err = parse_codes(request, "remove-store", &set->less, ret_info);
    }
    return err == ERR_OK ? refuse_contradictions(set, ret_info) : err;
}

static enum err parse_limit(struct request *request, const char *text, struct user_set *set,
                            struct err_info *ret_info)
{
    const char *value = strchr(text, '=');
    enum throttle_bucket bucket;
    struct user_set_limit *limit;

    if (value == NULL ||
        !throttle_parse_bucket(arena_strndup(&request->arena, text, (size_t)(value - text)), &bucket)) {
        return err_set(ret_info, ERR_BAD_VALUE,
                       "'%.60s' is no limit: read, write, scan, login or batch, as in scan=5/10", text);
    }
    limit = &set->limits[bucket];
    if (limit->kind != USER_SET_KEEP) {
        return err_set(ret_info, ERR_USAGE, "--limit %s is given twice", throttle_bucket_text(bucket));
    }
    if (strcmp(value + 1, "default") == 0) {
        limit->kind = USER_SET_DEFAULT;
        return ERR_OK;
    }
    limit->kind = USER_SET_OWN;
    return config_parse_rate(value + 1, &limit->rate, ret_info);
}

static enum err parse_limits(struct request *request, struct user_set *set, struct err_info *ret_info)
{
    const char *text;
    enum err err = ERR_OK;

    if (args_option(&request->args, "limit") != NULL && request->who->role != ROLE_ADMIN) {
        return err_set(ret_info, ERR_NOT_PERMITTED, "an owner changes stores only, no limits");
    }
    for (unsigned i = 0; err == ERR_OK && (text = args_option_nth(&request->args, "limit", i)) != NULL; i++) {
        err = parse_limit(request, text, set, ret_info);
    }
    return err;
}

enum err user_set_parse(struct request *request, struct user_set *ret_set, struct err_info *ret_info)
{
    enum err err = values_check_user_name(request->args.words[0], ret_info);

    if (err == ERR_OK && request->args.option_count == 0) {
        return err_set(ret_info, ERR_USAGE,
                       "nothing to change: give --role, --store, --add-store, --remove-store or --limit");
    }
    if (err == ERR_OK) {
        err = parse_role(request, ret_set, ret_info);
    }
    if (err == ERR_OK) {
        err = parse_stores(request, ret_set, ret_info);
    }
    return err == ERR_OK ? parse_limits(request, ret_set, ret_info) : err;
}
