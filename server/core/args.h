/* Words into arguments and options, as a command's table wants them. Called by dispatch and batch for every
 * line. Pure. */
#ifndef STOCKROOM_SERVER_CORE_ARGS_H
#define STOCKROOM_SERVER_CORE_ARGS_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/err.h"
#include "server/core/command.h"
#include "server/core/request.h"

/* Sort the words after the command's name. Options may stand anywhere, `--` ends them; a word that begins
 * with one dash is an argument. Everything in ret_args lives in the arena or is borrowed from the words and
 * the table.
 * --format goes to *ret_format, which keeps its value when it is not given. ERR_USAGE with a reason. */
enum err args_parse(struct arena *arena, const struct command *command, char *const *words,
                    unsigned word_count, struct args *ret_args, enum format *ret_format,
                    struct err_info *ret_info);

/* The format that the words ask for, whatever else is wrong with them: so that even an error comes in it. */
void args_find_format(char *const *words, unsigned word_count, enum format *ret_format);

#endif
