/* Writes stockroom-commands(7), the manual page of every command, from the table that `help` is told from.
 * Run by the build. Reads nothing but the table. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "server/core/command.h"

/* Text as roff takes it for itself: nothing in it is a request, an escape or a typographer's dash. */
static void put_text(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (i == 0 && (text[i] == '.' || text[i] == '\'')) {
            fputs("\\&", stdout);
        }
        switch (text[i]) {
        case '\\':
            fputs("\\e", stdout);
            break;
        case '-':
            fputs("\\-", stdout);
            break;
        case '\'':
            fputs("\\(aq", stdout);
            break;
        case '`':
            fputs("\\(ga", stdout);
            break;
        case '^':
            fputs("\\(ha", stdout);
            break;
        case '~':
            fputs("\\(ti", stdout);
            break;
        default:
            putchar(text[i]);
            break;
        }
    }
}

static void put_line(const char *text)
{
    put_text(text, strlen(text));
    putchar('\n');
}

/* Paragraphs are filled anew; lines that are indented are examples and stay as they are. */
static void put_help(const char *help)
{
    bool in_example = false;

    puts(".PP");
    while (*help != '\0') {
        size_t len = strcspn(help, "\n");
        bool is_example = strncmp(help, "  ", 2) == 0;

        if (is_example != in_example) {
            puts(is_example ? ".PP\n.RS 4\n.nf" : ".fi\n.RE\n.PP");
            in_example = is_example;
        }
        if (len == 0) {
            puts(".PP");
        } else {
            put_text(help + (is_example ? 2 : 0), len - (is_example ? 2 : 0));
            putchar('\n');
        }
        help += len + (help[len] == '\n' ? 1 : 0);
    }
    if (in_example) {
        puts(".fi\n.RE");
    }
}

static void put_options(const struct command *command)
{
    for (const struct option_spec *option = command->options; option != NULL && option->name != NULL;
         option++) {
        fputs(".TP\n\\fB\\-\\-", stdout);
        put_text(option->name, strlen(option->name));
        fputs("\\fR", stdout);
        if (option->value != NULL) {
            fputs(" \\fI", stdout);
            put_text(option->value, strlen(option->value));
            fputs("\\fR", stdout);
        }
        printf("\n%s", option->required ? "(required) " : "");
        put_line(option->help);
    }
}

static void put_roles(unsigned roles)
{
    static const enum role all[] = {ROLE_ADMIN, ROLE_OWNER, ROLE_STAFF, ROLE_SIGNUP};
    const char *separator = "";

    fputs(".PP\nFor: ", stdout);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if ((roles & all[i]) != 0) {
            printf("%s%s", separator, identity_role_text(all[i]));
            separator = ", ";
        }
    }
    puts(".");
}

static void put_command(const struct command *command)
{
    fputs(".SS \"", stdout);
    put_text(command->name, strlen(command->name));
    if (command->arguments[0] != '\0') {
        putchar(' ');
        put_text(command->arguments, strlen(command->arguments));
    }
    puts("\"");
    put_line(command->summary);
    if (command->alias != NULL) {
        fputs(".PP\nAlso: ", stdout);
        put_line(command->alias);
    }
    if (command->help != NULL) {
        put_help(command->help);
    }
    put_options(command);
    put_roles(command->roles);
}

int main(void)
{
    puts(".TH STOCKROOM\\-COMMANDS 7 \"\" \"Stockroom " STOCKROOM_VERSION "\" \"Stockroom\"\n"
         ".SH NAME\nstockroom\\-commands \\- what Stockroom is told over SSH\n"
         ".SH SYNOPSIS\n\\fBssh\\fR \\fINAME\\fR@\\fIHOST\\fR \\fICOMMAND\\fR [\\fIARGUMENT\\fR ...]\n"
         ".SH DESCRIPTION\nWithout a command the screens open. Every command takes\n"
         "\\fB\\-\\-format text|csv|json\\fR, unless it names other formats. The server\\(aqs own "
         "\\fBhelp\\fR shows the\n"
         "same as this page, for the caller\\(aqs role.\n"
         ".SH COMMANDS");
    for (const struct command *const *entry = command_table; *entry != NULL; entry++) {
        put_command(*entry);
    }
    puts(".SH \"EXIT STATUS\"\n"
         "0 all well, 1 refused or lines failed, 64 wrong usage, 65 bad or unknown data, 69 database\n"
         "unavailable, 70 internal, 75 try again later, 77 not permitted.\n"
         ".SH \"SEE ALSO\"\n.BR ssh (1)");
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
