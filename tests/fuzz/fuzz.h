/* What a fuzz target is: one function, called by libFuzzer or by driver.c with bytes of any kind. It aborts
 * when the parser broke a promise. Called by nothing else. */
#ifndef STOCKROOM_TESTS_FUZZ_FUZZ_H
#define STOCKROOM_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Try one input. Always 0, as libFuzzer asks. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Abort, with the line, unless the promise holds; in every build. */
#define FUZZ_PROMISE(condition)                                                                              \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition);                  \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

#endif
