/* What the administrator's subcommands share: reading the configuration, saying what went wrong.
 * Called by cli_migrate.c and cli_user_add.c.
 * Never prints a connection string. */
#ifndef STOCKROOM_SERVER_CORE_CLI_COMMON_H
#define STOCKROOM_SERVER_CORE_CLI_COMMON_H

#include <stdbool.h>

#include "common/err.h"
#include "config/config.h"
#include "server/core/db/db.h"

/* Load the configuration (NULL: the usual file) with its secrets, and let warnings go to stderr. False: said
 * why; else config_done() is the caller's. */
bool cli_load_config(const char *path, const char *process, struct config *ret_config);

/* How the subcommands connect. dsn is borrowed. */
struct db_settings cli_db_settings(const struct config *config, const char *dsn, const char *name);

/* Print "stockroomd: CODE: MESSAGE" on stderr; returns the exit status. */
int cli_fail(const struct err_info *info);

#endif
