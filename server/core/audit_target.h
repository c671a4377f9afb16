/* What a refused request reached for, as the audit trail names it. Called by audit_refusals.c. Pure. */
#ifndef STOCKROOM_SERVER_CORE_AUDIT_TARGET_H
#define STOCKROOM_SERVER_CORE_AUDIT_TARGET_H

#include "server/core/audit.h"
#include "server/core/request.h"

enum { AUDIT_TARGET_MAX = 128 };

/* The user, store, product or session that the request's words name: at most AUDIT_TARGET_MAX bytes of
 * printable text, "" when they name none. The request has a command; its arguments may be missing. */
void audit_find_target(const struct request *request, enum audit_kind *ret_kind,
                       char ret_target[static AUDIT_TARGET_MAX + 1]);

#endif
