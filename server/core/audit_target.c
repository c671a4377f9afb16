/* What a refused request reached for: the user, store, product or session that its words name.
 * Called by audit_refusals.c, on the main loop.
 * Pure; whatever was typed comes out short and printable. */
#include "server/core/audit_target.h"

#include <string.h>

#include "common/text.h"
#include "server/core/command.h"

/* Commands whose first word, or whose option, names what they are about. */
static const struct subject {
    const char *command; /* the whole name, or its first word */
    enum audit_kind kind;
    const char *option;   /* NULL: the first word */
    bool is_else_oneself; /* without the option the caller is meant */
} subjects[] = {
    {"user", AUDIT_USER, NULL, false},       {"store", AUDIT_STORE, NULL, false},
    {"product", AUDIT_PRODUCT, NULL, false}, {"session", AUDIT_SESSION, NULL, false},
    {"use", AUDIT_STORE, NULL, false},       {"watch", AUDIT_STORE, NULL, false},
    {"key", AUDIT_USER, "user", true},       {"passwd", AUDIT_USER, "user", true},
    {"signup", AUDIT_USER, "name", false},
};

static const struct subject *find_subject(const char *command)
{
    size_t len = strcspn(command, " ");

    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++) {
        if (strlen(subjects[i].command) == len && strncmp(subjects[i].command, command, len) == 0) {
            return &subjects[i];
        }
    }
    return NULL;
}

static const char *first_word(const struct args *args)
{
    return args->word_count > 0 ? args->words[0] : NULL;
}

static const char *find_text(const struct request *request, enum audit_kind *ret_kind)
{
    const struct args *args = &request->args;
    const struct subject *subject = find_subject(request->command->name);
    const char *text;

    if (subject != NULL) {
        text = subject->option != NULL ? args_option(args, subject->option) : first_word(args);
        *ret_kind = subject->kind;
        return text == NULL && subject->is_else_oneself ? request->who->user : text;
    }
    text = args_option(args, "store");
    if (text == NULL && request->err == ERR_UNKNOWN_STORE) {
        text = request->used_store;
    }
    if (text != NULL) {
        *ret_kind = AUDIT_STORE;
        return text;
    }
    text = args_option(args, "user");
    *ret_kind = text != NULL ? AUDIT_USER : AUDIT_NONE;
    return text != NULL ? text : first_word(args);
}

/* As much as there is room for, whole characters, a '?' for each that could do harm where it is shown. */
static void copy_clean(char *target, const char *text)
{
    size_t left = strlen(text);
    size_t len = 0;

    while (left > 0) {
        uint32_t point = 0;
        size_t taken = text_decode(text, left, &point);
        bool is_clean = taken > 0 && text_point_is_printable(point);
        size_t need = is_clean ? taken : 1;

        if (len + need > AUDIT_TARGET_MAX) {
            break;
        }
        if (is_clean) {
            memcpy(target + len, text, taken);
        } else {
            target[len] = '?';
        }
        len += need;
        text += taken > 0 ? taken : 1;
        left -= taken > 0 ? taken : 1;
    }
    target[len] = '\0';
}

void audit_find_target(const struct request *request, enum audit_kind *ret_kind,
                       char ret_target[static AUDIT_TARGET_MAX + 1])
{
    const char *text = find_text(request, ret_kind);

    copy_clean(ret_target, text != NULL ? text : "");
}
