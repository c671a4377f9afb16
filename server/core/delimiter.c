/* The delimiter of csv that people choose. Called by import and export when they begin. Pure. */
#include "server/core/delimiter.h"

#include <string.h>

enum err delimiter_parse(const struct args *args, char *ret_delimiter, struct err_info *ret_info)
{
    const char *given = args_option(args, "delimiter");
    *ret_delimiter = ',';
    if (!given) {
        return ERR_OK;
    }
    if (strcmp(given, "tab") == 0) {
        *ret_delimiter = '\t';
        return ERR_OK;
    }
    if (strlen(given) != 1 || !strchr(",;|", given[0])) {
        return err_set(ret_info, ERR_BAD_VALUE, "--delimiter is a comma, ';', '|' or tab, not '%.20s'",
                       given);
    }
    *ret_delimiter = given[0];
    return ERR_OK;
}
