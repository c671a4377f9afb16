/* All commands, one file each in this folder; command_table.c puts them in order.
 * Included by the commands' own files and the table.
 * Declarations only. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_COMMANDS_H
#define STOCKROOM_SERVER_CORE_COMMANDS_COMMANDS_H

#include "server/core/command.h"

extern const struct command command_sell;
extern const struct command command_stock_in;
extern const struct command command_remove;
extern const struct command command_return;
extern const struct command command_count;
extern const struct command command_transfer;
extern const struct command command_receive;
extern const struct command command_reverse;
extern const struct command command_transfer_list;
extern const struct command command_inventory;
extern const struct command command_movements;
extern const struct command command_watch;
extern const struct command command_verify;
extern const struct command command_report_on_hand;
extern const struct command command_report_low_stock;
extern const struct command command_report_valuation;
extern const struct command command_report_sales;
extern const struct command command_report_top_sellers;
extern const struct command command_report_shrinkage;
extern const struct command command_report_dead_stock;
extern const struct command command_report_turnover;
extern const struct command command_report_variance;
extern const struct command command_product_add;
extern const struct command command_product_set;
extern const struct command command_product_show;
extern const struct command command_product_list;
extern const struct command command_product_retire;
extern const struct command command_store_add;
extern const struct command command_store_set;
extern const struct command command_store_list;
extern const struct command command_store_show;
extern const struct command command_store_close;
extern const struct command command_reorder;
extern const struct command command_user_add;
extern const struct command command_user_set;
extern const struct command command_user_show;
extern const struct command command_user_list;
extern const struct command command_user_approve;
extern const struct command command_user_disable;
extern const struct command command_user_enable;
extern const struct command command_key_add;
extern const struct command command_key_list;
extern const struct command command_key_remove;
extern const struct command command_passwd;
extern const struct command command_sessions;
extern const struct command command_session_end;
extern const struct command command_login;
extern const struct command command_logout;
extern const struct command command_unlock;
extern const struct command command_signup;
extern const struct command command_whoami;
extern const struct command command_use;
extern const struct command command_audit;
extern const struct command command_limits;
extern const struct command command_stats;
extern const struct command command_batch;
extern const struct command command_import;
extern const struct command command_export;
extern const struct command command_help;

#endif
