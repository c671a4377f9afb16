/* Tests that config/stockroom.ini documents every key, with the default that it really has. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/buf.h"
#include "config/config.h"
#include "config/keys.h"
#include "tests/unit/unit.h"

/* Keys without a default, whose example in the file is only that. */
static bool is_example(const struct keys_entry *entry)
{
    return entry->initial == NULL;
}

static void sample_is_valid(void **state)
{
    struct config config;
    char message[512] = "";

    (void)state;
    if (config_load(SAMPLE_FILE, &config, message, sizeof message) != ERR_OK) {
        fail_msg("%s", message);
    }
    assert_int_equal(config.server.host_keys.count, 1);
    assert_non_null(config.database.dsn);
    config_done(&config);
}

/* "key = value" or "#key = value": the key's place in the table, and its value; -1 for other lines. */
static int read_key(const char *section, char *line, const char **ret_value)
{
    char *name = line[0] == '#' ? line + 1 : line;
    char *equals = strstr(name, " = ");

    line[strcspn(line, "\n")] = '\0';
    if (equals == NULL || memchr(name, ' ', (size_t)(equals - name)) != NULL) {
        return -1;
    }
    *equals = '\0';
    *ret_value = equals + 3;
    return keys_find(section, name);
}

static void every_key_is_documented(void **state)
{
    FILE *file = fopen(SAMPLE_FILE, "re");
    bool seen[KEYS_MAX] = {false};
    char section[64] = "";
    char line[512];

    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        const char *value = NULL;
        int key;

        if (sscanf(line, "[%63[a-z]]", section) == 1) {
            continue;
        }
        key = read_key(section, line, &value);
        if (key < 0) {
            /* Only sentences may follow a # and a blank. */
            assert_true(line[0] == '\0' || line[0] == '\n' || strcmp(line, "#") == 0 ||
                        strncmp(line, "# ", 2) == 0);
            continue;
        }
        assert_false(seen[key]);
        seen[key] = true;
        if (!is_example(&keys_table[key])) {
            assert_string_equal(value, keys_table[key].initial);
        }
    }
    fclose(file);
    for (int i = 0; keys_table[i].name != NULL; i++) {
        if (!seen[i]) {
            fail_msg("[%s] %s is not documented", keys_table[i].section, keys_table[i].name);
        }
    }
}

/* The ranges stand in the text, as "MIN to MAX", somewhere above the key. */
static void every_range_is_documented(void **state)
{
    FILE *file = fopen(SAMPLE_FILE, "re");
    struct buf comment = {0};
    char section[64] = "";
    char line[512];

    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        const char *value = NULL;
        char range[64];
        int key;

        if (line[0] == '\n') {
            buf_reset(&comment);
        }
        buf_append_text(&comment, line);
        if (sscanf(line, "[%63[a-z]]", section) == 1) {
            continue;
        }
        key = read_key(section, line, &value);
        if (key >= 0 && keys_table[key].kind == KEYS_NUMBER) {
            snprintf(range, sizeof range, "%lld to %lld", (long long)keys_table[key].min,
                     (long long)keys_table[key].max);
            if (strstr(unit_text(&comment), range) == NULL) {
                fail_msg("[%s] %s: the range %s is not documented", section, keys_table[key].name, range);
            }
        }
    }
    fclose(file);
    buf_done(&comment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sample_is_valid),
        cmocka_unit_test(every_key_is_documented),
        cmocka_unit_test(every_range_is_documented),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
