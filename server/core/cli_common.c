/* What the administrator's subcommands share: reading the configuration, saying what went wrong.
 * Called by cli_migrate.c and cli_user_add.c.
 * Never prints a connection string. */
#include "server/core/cli_common.h"

#include <stdio.h>
#include <unistd.h>

#include "common/log.h"

#define CONFIG_PATH "/etc/stockroom/stockroom.ini"

bool cli_load_config(const char *path, const char *process, struct config *ret_config)
{
    char message[CONFIG_TEXT_MAX];

    log_init(process, STDERR_FILENO, LOG_LEVEL_WARNING);
    if (config_load(path != NULL ? path : CONFIG_PATH, ret_config, message, sizeof message) != ERR_OK) {
        fprintf(stderr, "stockroomd: %s\n", message);
        return false;
    }
    if (config_load_secrets(ret_config, message, sizeof message) != ERR_OK) {
        fprintf(stderr, "stockroomd: %s\n", message);
        config_done(ret_config);
        return false;
    }
    return true;
}

struct db_settings cli_db_settings(const struct config *config, const char *dsn, const char *name)
{
    return (struct db_settings){
        .dsn = dsn,
        .application_name = name,
        .connect_timeout_seconds = config->database.connect_timeout_seconds,
        .statement_timeout_ms = config->database.statement_timeout_ms,
        .lock_timeout_ms = 0,
        .retry_seconds = config->database.retry_seconds,
    };
}

int cli_fail(const struct err_info *info)
{
    fprintf(stderr, "stockroomd: %s: %s\n", err_text(info->code), info->message);
    return err_exit_status(info->code);
}
