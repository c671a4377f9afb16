/* What the tests of the reports share: stores in three time zones with three currencies, a history of a few
 * thousand movements made up from a fixed seed, and a comparison. Everything fails the test when it does not
 * come true. */
#ifndef STOCKROOM_TESTS_DATABASE_REPORTS_FIXTURE_H
#define STOCKROOM_TESTS_DATABASE_REPORTS_FIXTURE_H

#include "tests/database/ledger_fixture.h"

enum { REPORTS_STORES = 4, REPORTS_SQL_MAX = 8192 };

extern const char *const reports_store_codes[REPORTS_STORES];

/* cmocka's setups: the stores and products, and those with the history. The teardown is rig_teardown. */
int reports_arrange(void **state);
int reports_arrange_history(void **state);

/* Post movements through one source, and wait for their outcomes. */
void reports_post_all(struct server *server, struct movement **movements, size_t count);

/* The report's json must be these rows in this order: select gives the columns as they are named. */
void reports_check(const struct rig *rig, struct identity *who, const char *line, const char *select);

#endif
