/* Who plays in the tests about users: an admin, two owners with three stores, and their staff. Included by
 * those tests; the identities are what a login would have made. */
#ifndef STOCKROOM_TESTS_DATABASE_PEOPLE_CAST_H
#define STOCKROOM_TESTS_DATABASE_PEOPLE_CAST_H

#include "tests/database/rig.h"

/* olga has S1 and S2, oskar S3; ann works in S1, bob in S3, both in S2 and S3. */
struct cast {
    struct identity *admin, *olga, *oskar, *ann;
};

static inline void cast_init(const struct rig *rig, struct cast *cast)
{
    rig_text(
        rig,
        "INSERT INTO stores (code, name) VALUES ('S1', 'One'), ('S2', 'Two'), ('S3', 'Three');"
        "INSERT INTO store_ledger (store_id) SELECT store_id FROM stores;"
        "INSERT INTO users (name, role) VALUES ('admin', 'admin'), ('olga', 'owner'), ('oskar', 'owner'), "
        "('ann', 'staff'), ('bob', 'staff'), ('both', 'staff');"
        "INSERT INTO user_stores SELECT u.user_id, s.store_id FROM users u, stores s WHERE (u.name, s.code) "
        "IN "
        "(('olga', 'S1'), ('olga', 'S2'), ('oskar', 'S3'), ('ann', 'S1'), ('bob', 'S3'), ('both', 'S2'), "
        "('both', 'S3'))");
    cast->admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    cast->olga = rig_who(rig, ROLE_OWNER, "olga", "S1 S2");
    cast->oskar = rig_who(rig, ROLE_OWNER, "oskar", "S3");
    cast->ann = rig_who(rig, ROLE_STAFF, "ann", "S1");
}

static inline void cast_done(struct cast *cast)
{
    identity_unref(cast->admin);
    identity_unref(cast->olga);
    identity_unref(cast->oskar);
    identity_unref(cast->ann);
}

#endif
