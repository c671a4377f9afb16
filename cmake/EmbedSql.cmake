# Puts the SQL files into C. Included, it defines embed_sql_headers(DIR QUERIES MIGRATIONS); run by `cmake -P` with
# OUTPUT, QUERIES_LIST and MIGRATIONS_LIST it writes the texts. Texts are arrays of bytes, not string literals:
# C promises only 4,095 characters for those. Each list ends in an entry of NULLs, so that an empty one is C too.
cmake_policy(VERSION 3.25)

# NAME.sql: a C identifier in lower case.
function(embed_sql_query_name path ret_name)
  get_filename_component(name ${path} NAME_WE)
  if(NOT name MATCHES "^[a-z][a-z0-9_]*$")
    message(FATAL_ERROR "${path}: a query's name is made of a-z, 0-9 and _, and begins with a letter")
  endif()
  set(${ret_name} ${name} PARENT_SCOPE)
endfunction()

# NNNN_name.sql: four digits, each number once.
function(embed_sql_migration_name path ret_number ret_name)
  get_filename_component(name ${path} NAME_WE)
  if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
    message(FATAL_ERROR "${path}: a migration's name is NNNN_name, of a-z, 0-9 and _")
  endif()
  set(name ${CMAKE_MATCH_2})
  string(REGEX REPLACE "^0+(.)" "\\1" number ${CMAKE_MATCH_1})
  set(${ret_number} ${number} PARENT_SCOPE)
  set(${ret_name} ${name} PARENT_SCOPE)
endfunction()

function(embed_sql_headers dir queries migrations)
  set(entries "")
  foreach(path IN LISTS queries)
    embed_sql_query_name(${path} name)
    string(TOUPPER ${name} upper)
    string(APPEND entries "    SQL_QUERY_${upper},\n")
  endforeach()
  set(numbers "")
  foreach(path IN LISTS migrations)
    embed_sql_migration_name(${path} number name)
    if(number IN_LIST numbers)
      message(FATAL_ERROR "${path}: migration ${number} is there twice")
    endif()
    list(APPEND numbers ${number})
  endforeach()
  file(CONFIGURE OUTPUT ${dir}/queries.h @ONLY CONTENT
"/* The statements of sql/queries, embedded. Made by cmake/EmbedSql.cmake. */
#ifndef STOCKROOM_SQL_QUERIES_H
#define STOCKROOM_SQL_QUERIES_H

enum sql_query {
@entries@    SQL_QUERY_COUNT
};

struct sql_text {
    const char *name;
    const char *text;
};

/* One for each enum sql_query, and an entry of NULLs. */
extern const struct sql_text sql_queries[SQL_QUERY_COUNT + 1];

#endif
")
  file(CONFIGURE OUTPUT ${dir}/migrations.h @ONLY CONTENT
"/* The migrations of sql/migrations, embedded, in order. Made by cmake/EmbedSql.cmake. */
#ifndef STOCKROOM_SQL_MIGRATIONS_H
#define STOCKROOM_SQL_MIGRATIONS_H

struct sql_migration {
    int number;
    const char *name;
    const char *text;
};

/* sql_migrations_count of them, and an entry of NULLs. */
extern const struct sql_migration sql_migrations[];
extern const int sql_migrations_count;

#endif
")
endfunction()

# A file's bytes as the NUL-terminated array `name`.
function(embed_sql_array path name ret_code)
  file(READ ${path} hex HEX)
  string(REGEX REPLACE "(................................)" "\\1\n    " hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," code "${hex}")
  if(code MATCHES "0x00,")
    message(FATAL_ERROR "${path}: holds a NUL byte")
  endif()
  set(${ret_code} "static const unsigned char ${name}[] = {\n    ${code}0x00};\n\n" PARENT_SCOPE)
endfunction()

function(embed_sql_write output queries migrations)
  set(arrays "")
  set(query_entries "")
  set(migration_entries "")
  foreach(path IN LISTS queries)
    embed_sql_query_name(${path} name)
    embed_sql_array(${path} query_${name} array)
    string(APPEND arrays "${array}")
    string(APPEND query_entries "    {\"${name}\", (const char *)query_${name}},\n")
  endforeach()
  foreach(path IN LISTS migrations)
    embed_sql_migration_name(${path} number name)
    embed_sql_array(${path} migration_${number} array)
    string(APPEND arrays "${array}")
    string(APPEND migration_entries "    {${number}, \"${name}\", (const char *)migration_${number}},\n")
  endforeach()
  list(LENGTH migrations count)
  file(WRITE ${output}
"/* The texts of sql/queries and sql/migrations. Made by cmake/EmbedSql.cmake. */
#include <stddef.h>

#include \"sql/migrations.h\"
#include \"sql/queries.h\"

${arrays}const struct sql_text sql_queries[SQL_QUERY_COUNT + 1] = {
${query_entries}    {NULL, NULL}};

const struct sql_migration sql_migrations[] = {
${migration_entries}    {0, NULL, NULL}};

const int sql_migrations_count = ${count};
")
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  file(READ ${QUERIES_LIST} queries)
  file(READ ${MIGRATIONS_LIST} migrations)
  embed_sql_write(${OUTPUT} "${queries}" "${migrations}")
endif()
