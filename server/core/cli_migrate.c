/* stockroomd migrate: the database's schema, brought to the program's.
 * Called by main() of stockroomd-core.
 * Uses the owner's connection string, which the server itself never does. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "server/core/cli.h"
#include "server/core/cli_common.h"
#include "server/core/db/migrate.h"

int cli_migrate(int argc, char **argv)
{
    const char *path = NULL;
    struct config config;
    struct db_settings settings;
    struct err_info info;
    struct db *db;
    enum err err;

    if (argc == 4 && strcmp(argv[2], "-c") == 0) {
        path = argv[3];
    } else if (argc != 2) {
        fprintf(stderr, "usage: stockroomd migrate [-c FILE]\n");
        return EX_USAGE;
    }
    if (!cli_load_config(path, "migrate", &config)) {
        return EX_USAGE;
    }
    settings = cli_db_settings(
        &config, config.database.owner_dsn != NULL ? config.database.owner_dsn : config.database.dsn,
        "stockroomd migrate");
    db = db_new(&settings);
    err = migrate_run(db, migrate_embedded(), stdout, &info);
    db_free(db);
    config_done(&config);
    return err == ERR_OK ? 0 : cli_fail(&info);
}
