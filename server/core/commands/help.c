/* help: the commands, told from their table.
 * Answered on the main loop, from memory.
 * Knows no command by name but the ones that run others. */
#include <string.h>

#include "common/cleanup.h"
#include "server/core/commands/commands.h"
#include "server/core/throttle.h"

static const struct column columns[] = {
    {"command", COLUMN_TEXT, 0}, {"alias", COLUMN_TEXT, 0}, {"arguments", COLUMN_TEXT, 0},
    {"summary", COLUMN_TEXT, 0}, {"roles", COLUMN_LIST, 0}, {"options", COLUMN_LIST, 0},
};

static const char list_foot[] =
    "\n"
    "Every command takes --format text|csv|json. `help COMMAND` tells more about one.\n"
    "\n"
    "Many commands at once:  ssh … batch [OPTIONS] < FILE   a command a line, a result a line; `help batch`\n"
    "tells of --key, --atomic, --dry-run and the rest.\n"
    "\n"
    "Words are split by blanks; '…' and \"…\" quote, \\ escapes, # begins a comment. Times are RFC 3339, "
    "today,\n"
    "yesterday, -7d, -3h or -30m.\n"
    "Exit status: 0 all well, 1 refused (as when stock is missing) or lines failed, 64 wrong usage, 65 bad "
    "or unknown\n"
    "data, 69 database unavailable, 70 internal, 75 try again later, 77 not permitted.\n";

static const enum role roles[] = {ROLE_ADMIN, ROLE_OWNER, ROLE_STAFF, ROLE_SIGNUP};
enum { ROLE_COUNT = sizeof roles / sizeof roles[0] };

static const char *join_roles(struct arena *arena, unsigned allowed, char separator)
{
    cleanup(buf_done) struct buf list = {0};

    for (int i = 0; i < ROLE_COUNT; i++) {
        if ((allowed & roles[i]) != 0) {
            if (list.len > 0) {
                buf_append_char(&list, separator);
            }
            buf_append_text(&list, identity_role_text(roles[i]));
        }
    }
    return arena_strndup(arena, list.data, list.len);
}

/* Every command takes --format; one that knows more of them than most says so itself. */
static bool has_own_format(const struct command *command)
{
    for (const struct option_spec *option = command->options; option != NULL && option->name != NULL;
         option++) {
        if (strcmp(option->name, "format") == 0) {
            return true;
        }
    }
    return false;
}

static const char *join_options(struct arena *arena, const struct command *command)
{
    cleanup(buf_done) struct buf list = {0};

    for (const struct option_spec *option = command->options; option != NULL && option->name != NULL;
         option++) {
        buf_printf(&list, "--%s%s%s\n", option->name, option->value != NULL ? "=" : "",
                   option->value != NULL ? option->value : "");
    }
    if (!has_own_format(command)) {
        buf_append_text(&list, "--format=text|csv|json\n");
    }
    list.len--; /* the last newline */
    return arena_strndup(arena, list.data, list.len);
}

/* Is the command meant by the words? None mean all that the caller may run; one may be the first of two. */
static bool is_meant(const struct request *request, const struct command *command)
{
    const struct args *args = &request->args;
    size_t len;

    if (args->word_count == 0) {
        return (command->roles & request->who->role) != 0;
    }
    len = strlen(args->words[0]);
    if (args->word_count == 1) {
        return (command->alias != NULL && strcmp(command->alias, args->words[0]) == 0) ||
               (strncmp(command->name, args->words[0], len) == 0 &&
                (command->name[len] == '\0' || command->name[len] == ' '));
    }
    return strncmp(command->name, args->words[0], len) == 0 && command->name[len] == ' ' &&
           strcmp(command->name + len + 1, args->words[1]) == 0;
}

/* Is the one word its whole name? There may be others that begin with it. */
static bool is_called(const struct request *request, const struct command *command)
{
    return request->args.word_count == 1 && strcmp(command->name, request->args.words[0]) == 0;
}

static void add_row(struct request *request, const struct command *command)
{
    struct cell *row = table_add_row(&request->table);

    row[0].value = command->name;
    row[1].value = command->alias;
    row[2].value = command->arguments;
    row[3].value = command->summary;
    row[4].value = join_roles(&request->arena, command->roles, '\n');
    row[5].value = join_options(&request->arena, command);
}

static void append_padded(struct buf *out, const char *indent, const char *text, size_t width)
{
    size_t len = strlen(text);

    buf_printf(out, "%s%s%*s", indent, text, len < width ? (int)(width - len) : 0, "");
}

/* A line for each command: what one types, and what for. */
static void append_list(struct request *request, struct buf *out)
{
    size_t width = 0;

    for (const struct command *const *entry = command_table; *entry != NULL; entry++) {
        size_t len = strlen((*entry)->name) + 1 + strlen((*entry)->arguments);

        width = is_meant(request, *entry) && len > width ? len : width;
    }
    for (const struct command *const *entry = command_table; *entry != NULL; entry++) {
        if (is_meant(request, *entry)) {
            append_padded(out, "  ",
                          arena_printf(&request->arena, "%s %s", (*entry)->name, (*entry)->arguments), width);
            buf_printf(out, "  %s\n", (*entry)->summary);
        }
    }
}

static void append_paragraphs(struct buf *out, const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        buf_printf(out, "  %.*s\n", (int)len, text);
        text += len + (text[len] == '\n' ? 1 : 0);
    }
}

static const char *option_usage(struct arena *arena, const struct option_spec *option)
{
    return arena_printf(arena, "--%s%s%s", option->name, option->value != NULL ? " " : "",
                        option->value != NULL ? option->value : "");
}

static void append_options(struct request *request, const struct command *command, struct buf *out)
{
    static const struct option_spec format = {"format", "text|csv|json", "how the answer looks", false,
                                              false};
    size_t width = strlen(option_usage(&request->arena, &format));

    for (const struct option_spec *option = command->options; option != NULL && option->name != NULL;
         option++) {
        size_t len = strlen(option_usage(&request->arena, option));

        width = len > width && len <= 30 ? len : width;
    }
    buf_append_text(out, "\noptions:\n");
    for (const struct option_spec *option = command->options; option != NULL && option->name != NULL;
         option++) {
        append_padded(out, "  ", option_usage(&request->arena, option), width);
        buf_printf(out, "  %s%s\n", option->required ? "(required) " : "", option->help);
    }
    if (!has_own_format(command)) {
        append_padded(out, "  ", option_usage(&request->arena, &format), width);
        buf_printf(out, "  %s\n", format.help);
    }
}

static void append_command(struct request *request, const struct command *command, struct buf *out)
{
    buf_printf(out, "%s%s%s\n  %s\n", command->name, command->arguments[0] != '\0' ? " " : "",
               command->arguments, command->summary);
    if (command->alias != NULL) {
        buf_printf(out, "  also: %s\n", command->alias);
    }
    if (command->help != NULL) {
        buf_append_char(out, '\n');
        append_paragraphs(out, command->help);
    }
    append_options(request, command, out);
    buf_printf(out, "\nfor: %s\nclass: %s\n", join_roles(&request->arena, command->roles, ' '),
               throttle_bucket_text((enum throttle_bucket)command->cost));
}

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    const struct command *only = NULL;
    unsigned found = 0;

    table_init(&request->table, &request->arena, columns, sizeof columns / sizeof columns[0]);
    for (const struct command *const *entry = command_table; *entry != NULL; entry++) {
        if (is_meant(request, *entry)) {
            only = only == NULL || !is_called(request, only) ? *entry : only;
            found++;
            add_row(request, *entry);
        }
    }
    if (found == 0) {
        return err_set(ret_info, ERR_UNKNOWN_COMMAND, "no command %.60s%s%.60s", request->args.words[0],
                       request->args.word_count > 1 ? " " : "",
                       request->args.word_count > 1 ? request->args.words[1] : "");
    }
    if (request->format != FORMAT_TEXT) {
        return ERR_OK;
    }
    request->table.columns = NULL; /* people get text, not rows */
    if (found > 1 && is_called(request, only)) {
        append_command(request, only, &request->output);
        buf_append_text(&request->output, "\nsee also:\n");
    } else if (found == 1) {
        append_command(request, only, &request->output);
        return ERR_OK;
    }
    append_list(request, &request->output);
    if (request->args.word_count == 0) {
        buf_append_text(&request->output, list_foot);
    }
    return ERR_OK;
}

const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND]",
    .arguments_max = 2,
    .roles = ROLE_ANY | ROLE_SIGNUP,
    .cost = COST_READ,
    .always = true,
    .summary = "show the commands, or one of them",
    .help = "In csv and json a row for each command, with its options: what completion needs.\n"
            "  help sell\n"
            "  help --format json",
    .prepare = prepare,
};
