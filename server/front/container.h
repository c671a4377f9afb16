/* From a member to the structure it is embedded in. Used by the rooms of front, whose watches, children and
 * list links live inside what they belong to. Touches nothing. */
#ifndef STOCKROOM_SERVER_FRONT_CONTAINER_H
#define STOCKROOM_SERVER_FRONT_CONTAINER_H

#include <stddef.h>

#define CONTAINER_OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
