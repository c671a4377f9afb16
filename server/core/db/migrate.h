/* Bringing a database to the program's schema, and checking that it is there.
 * Called by the command line (`migrate`) and, for the check, by core before it serves.
 * Touches schema_migrations and whatever the embedded migrations touch; never goes backwards. */
#ifndef STOCKROOM_SERVER_CORE_DB_MIGRATE_H
#define STOCKROOM_SERVER_CORE_DB_MIGRATE_H

#include <stdio.h>

#include "common/err.h"
#include "server/core/db/db.h"

struct sql_migration;

/* The migrations of a program: the embedded ones, or (in tests) others. Numbers count 1, 2, 3… */
struct migrate_set {
    const struct sql_migration *migrations;
    int count;
};

/* The ones embedded in this program. Static. */
const struct migrate_set *migrate_embedded(void);

/* Apply what is missing, each migration in a transaction of its own; db is the owner's. Only one runner works
 * at a time: a second one says so on `report` and waits. A line for each migration and a summary go to
 * `report`. Refused (ERR_INTERNAL, with a reason) when an applied migration's checksum or name differs from
 * the program's, or the database has more of them than the program. ERR_DATABASE_UNAVAILABLE: cannot connect,
 * or lost on the way; what was applied stays applied. Blocks as long as the migrations take. */
enum err migrate_run(struct db *db, const struct migrate_set *set, FILE *report, struct err_info *ret_info);

/* Is the database at exactly the program's version? ERR_DATABASE_UNAVAILABLE: it cannot be asked now.
 * ERR_INTERNAL: it is not; the message says how it differs and what to do. Leaves the connection usable. */
enum err migrate_check(struct db *db, struct err_info *ret_info);

#endif
