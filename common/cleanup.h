/* Scope-bound release of locals: `cleanup(buf_done) struct buf out = {0};`. Used everywhere. */
#ifndef STOCKROOM_COMMON_CLEANUP_H
#define STOCKROOM_COMMON_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

/* Call function with the variable's address when the variable leaves its scope. */
#define cleanup(function) __attribute__((cleanup(function)))

static inline void cleanup_free(void *address)
{
    free(*(void **)address);
}

static inline void cleanup_close(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

#endif
