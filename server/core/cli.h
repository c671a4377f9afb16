/* The administrator's subcommands of stockroomd-core: migrate and user-add.
 * Called by main() with the whole command line; argv[1] is the subcommand.
 * They talk to the database and the terminal, and need no running server. */
#ifndef STOCKROOM_SERVER_CORE_CLI_H
#define STOCKROOM_SERVER_CORE_CLI_H

/* migrate [-c FILE]: bring the database to this program's schema, with the owner's connection string. What
 * was done goes to stdout, why not to stderr. Returns the exit status: 0, 64 usage or configuration, 69 no
 * database, 70 refused. */
int cli_migrate(int argc, char **argv);

/* user-add [-c FILE] NAME --role ROLE [--store CODE]… [--password-file FILE | --no-password]: make a user,
 * with the server's connection string. Without the options the password is the first line of stdin, asked for
 * twice when that is a terminal. Returns the exit status: 0, 1 exists already, 64 usage or configuration, 65
 * bad value, 69, 70. */
int cli_user_add(int argc, char **argv);

#endif
