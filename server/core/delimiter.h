/* The delimiter of csv that people choose. Called by import and export when they begin. Pure. */
#ifndef STOCKROOM_SERVER_CORE_DELIMITER_H
#define STOCKROOM_SERVER_CORE_DELIMITER_H

#include "common/err.h"
#include "server/core/request.h"

#define OPTION_DELIMITER                                                                                     \
    {                                                                                                        \
        "delimiter", "C", "what parts the fields: a comma unless told, ';', '|' or tab", false, false        \
    }

/* --delimiter: a comma when it is not given. ERR_BAD_VALUE. */
enum err delimiter_parse(const struct args *args, char *ret_delimiter, struct err_info *ret_info);

#endif
