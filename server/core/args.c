/* Words into arguments and options: one pass over the words, a look-up of each option in the command's short
 * table. Called by dispatch and batch on the main loop. Pure. */
#include "server/core/args.h"

#include <string.h>

struct parser {
    const struct command *command;
    char *const *words;
    unsigned word_count;
    unsigned next;
    struct args args;
    enum format format;
    bool format_given;
    struct err_info *ret_info;
};

static bool parse_format(const char *text, enum format *ret_format)
{
    static const char *const names[] = {[FORMAT_TEXT] = "text", [FORMAT_CSV] = "csv", [FORMAT_JSON] = "json"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], text) == 0) {
            *ret_format = (enum format)i;
            return true;
        }
    }
    return false;
}

void args_find_format(char *const *words, unsigned word_count, enum format *ret_format)
{
    for (unsigned i = 0; i < word_count && strcmp(words[i], "--") != 0; i++) {
        if (strncmp(words[i], "--format", 8) != 0) {
            continue;
        }
        if (words[i][8] == '=') {
            parse_format(words[i] + 9, ret_format);
        } else if (words[i][8] == '\0' && i + 1 < word_count) {
            parse_format(words[i + 1], ret_format);
        }
    }
}

static const struct option_spec format_option = {"format", "text|csv|json", "how the answer looks", false,
                                                 false};

static const struct option_spec *find_option(const struct command *command, const char *name, size_t len)
{
    for (const struct option_spec *spec = command->options; spec && spec->name; spec++) {
        if (strncmp(spec->name, name, len) == 0 && spec->name[len] == '\0') {
            return spec;
        }
    }
    return len == 6 && memcmp(name, "format", 6) == 0 ? &format_option : NULL;
}

static enum err take_value(struct parser *parser, const struct option_spec *spec, const char *inlined,
                           const char **ret_value)
{
    if (!spec->value) {
        if (inlined) {
            return err_set(parser->ret_info, ERR_USAGE, "--%s takes no value", spec->name);
        }
        *ret_value = "";
    } else if (inlined) {
        *ret_value = inlined;
    } else if (parser->next < parser->word_count) {
        *ret_value = parser->words[parser->next++];
    } else {
        return err_set(parser->ret_info, ERR_USAGE, "--%s needs a value: --%s %s", spec->name, spec->name,
                       spec->value);
    }
    return ERR_OK;
}

static void keep_option(struct parser *parser, const struct option_spec *spec, const char *value)
{
    parser->args.options[parser->args.option_count++] = (struct args_option){spec->name, value};
}

static enum err take_format(struct parser *parser, const struct option_spec *spec, const char *value)
{
    if (parser->format_given) {
        return err_set(parser->ret_info, ERR_USAGE, "--format is given twice");
    }
    if (parse_format(value, &parser->format)) {
        ; /* as for every command */
    } else if (spec != &format_option) {
        keep_option(parser, spec, value); /* the command knows more of them */
    } else {
        return err_set(parser->ret_info, ERR_USAGE, "--format is text, csv or json, not '%.40s'", value);
    }
    parser->format_given = true;
    return ERR_OK;
}

static enum err take_option(struct parser *parser, const char *word)
{
    const char *name = word + 2;
    size_t len = strcspn(name, "=");
    const char *value = name[len] == '=' ? name + len + 1 : NULL;
    const struct option_spec *spec = find_option(parser->command, name, len);
    if (!spec) {
        return err_set(parser->ret_info, ERR_USAGE, "%s has no option '%.60s'; try: help %s",
                       parser->command->name, word, parser->command->name);
    }
    enum err err = take_value(parser, spec, value, &value);
    if (err != ERR_OK) {
        return err;
    }
    if (strcmp(spec->name, "format") == 0) {
        return take_format(parser, spec, value);
    }
    for (unsigned i = 0; !spec->repeats && i < parser->args.option_count; i++) {
        if (parser->args.options[i].name == spec->name) {
            return err_set(parser->ret_info, ERR_USAGE, "--%s is given twice", spec->name);
        }
    }
    keep_option(parser, spec, value);
    return ERR_OK;
}

static enum err take_words(struct parser *parser)
{
    bool options_ended = false;
    while (parser->next < parser->word_count) {
        const char *word = parser->words[parser->next++];
        if (options_ended || word[0] != '-' || word[1] != '-') {
            parser->args.words[parser->args.word_count++] = word;
        } else if (word[2] == '\0') {
            options_ended = true;
        } else {
            enum err err = take_option(parser, word);
            if (err != ERR_OK) {
                return err;
            }
        }
    }
    return ERR_OK;
}

static enum err check_complete(const struct parser *parser)
{
    const struct command *command = parser->command;
    const char *arguments = command->arguments ? command->arguments : "";
    unsigned count = parser->args.word_count;
    if (count < command->arguments_min || count > command->arguments_max) {
        return err_set(parser->ret_info, ERR_USAGE, "%s takes %s; try: help %s", command->name,
                       *arguments ? arguments : "no arguments", command->name);
    }
    for (const struct option_spec *spec = command->options; spec && spec->name; spec++) {
        if (spec->required && !args_flag(&parser->args, spec->name)) {
            return err_set(parser->ret_info, ERR_USAGE, "%s needs --%s %s", command->name, spec->name,
                           spec->value ? spec->value : "");
        }
    }
    return ERR_OK;
}

enum err args_parse(struct arena *arena, const struct command *command, char *const *words,
                    unsigned word_count, struct args *ret_args, enum format *ret_format,
                    struct err_info *ret_info)
{
    struct parser parser = {.command = command,
                            .words = words,
                            .word_count = word_count,
                            .format = *ret_format,
                            .ret_info = ret_info};
    parser.args.words = arena_alloc(arena, word_count * sizeof *parser.args.words);
    parser.args.options = arena_alloc(arena, word_count * sizeof *parser.args.options);
    enum err err = take_words(&parser);
    if (err == ERR_OK) {
        err = check_complete(&parser);
    }
    if (err == ERR_OK) {
        *ret_args = parser.args;
        *ret_format = parser.format;
    }
    return err;
}
