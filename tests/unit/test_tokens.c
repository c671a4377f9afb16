/* Tests of server/core/tokens and token_key: what is made is taken, and nothing else is, however it was
 * signed. */
#include "server/core/tokens.h"

#include <fcntl.h>
#include <jwt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/core/token_key.h"
#include "tests/unit/unit.h"

enum { TTL = 3600, TTL_MOST = 7200, FORGED_MAX = 4096 };

#define NOW_SECONDS INT64_C(1772355600)
#define NOW_US      (NOW_SECONDS * 1000000)

static char directory[] = "/tmp/stockroom-tokens-XXXXXX";
static char key_path[96];
static char issuer[] = "stockroom";
static char audience[] = "stockroom";
static struct tokens *tokens;
static struct token_key key; /* the same, for forgers who have it */

static struct config make_config(char *path)
{
    struct config config = {0};

    config.tokens.key = path;
    config.tokens.issuer = issuer;
    config.tokens.audience = audience;
    config.tokens.ttl_most_seconds = TTL_MOST;
    return config;
}

static int set_up(void **state)
{
    struct err_info info;

    (void)state;
    if (sodium_init() < 0 || mkdtemp(directory) == NULL) {
        return -1;
    }
    snprintf(key_path, sizeof key_path, "%s/key", directory);
    struct config config = make_config(key_path);
    if (tokens_new(&config, &tokens, &info) != ERR_OK || token_key_load(key_path, &key, &info) != ERR_OK) {
        fprintf(stderr, "%s\n", info.message);
        return -1;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tokens_free(tokens);
    token_key_done(&key);
    unlink(key_path);
    return rmdir(directory);
}

static void make(char *ret_text)
{
    struct err_info info;
    int64_t expires_us;

    assert_int_equal(tokens_make(tokens, "ann", 7, NOW_US, TTL, ret_text, &expires_us, &info), ERR_OK);
    assert_int_equal(expires_us, NOW_US + INT64_C(1000000) * TTL);
}

static bool takes_at(const char *text, int64_t now_us)
{
    struct tokens_claims claims;

    return tokens_check(tokens, text, strlen(text), now_us, &claims);
}

static bool takes(const char *text)
{
    return takes_at(text, NOW_US);
}

static void test_round(void **state)
{
    char text[TOKENS_TEXT_MAX + 1];
    struct tokens_claims claims = {0};

    (void)state;
    make(text);
    assert_true(strlen(text) < 1000);
    assert_true(tokens_is_token(text, strlen(text)));
    assert_true(tokens_check(tokens, text, strlen(text), NOW_US, &claims));
    assert_string_equal(claims.user, "ann");
    assert_int_equal(claims.epoch, 7);
    assert_int_equal(claims.expires_us, NOW_US + INT64_C(1000000) * TTL);
}

static void test_times(void **state)
{
    char text[TOKENS_TEXT_MAX + 1];
    const int64_t second = 1000000;

    (void)state;
    make(text);
    assert_true(takes_at(text, NOW_US + (TTL - 1) * second));
    assert_false(takes_at(text, NOW_US + TTL * second));
    assert_false(takes_at(text, INT64_MAX));
    assert_true(takes_at(text, NOW_US - 60 * second)); /* another server's clock */
    assert_false(takes_at(text, NOW_US - 61 * second));
    assert_false(takes_at(text, 0));
}

/* Cut anywhere, with any letter changed or any byte added, it is no token of ours. */
static void test_changed(void **state)
{
    char text[TOKENS_TEXT_MAX + 1];
    char changed[TOKENS_TEXT_MAX + 3];
    static const char added[] = "A=. \n\x01";

    (void)state;
    make(text);
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        memcpy(changed, text, len + 1);
        changed[i] = '\0';
        assert_false(takes(changed));
        changed[i] = text[i] == 'A' ? 'B' : 'A';
        assert_false(takes(changed));
        struct tokens_claims claims;
        changed[i] = '\0'; /* in the middle, the length is the whole one's */
        assert_false(tokens_check(tokens, changed, len, NOW_US, &claims));
    }
    for (size_t i = 0; i < sizeof added - 1; i++) {
        snprintf(changed, sizeof changed, "%s%c", text, added[i]);
        assert_false(takes(changed));
        snprintf(changed, sizeof changed, "%c%s", added[i], text);
        assert_false(takes(changed));
    }
    assert_true(takes(text));
}

static void test_long(void **state)
{
    char text[TOKENS_TEXT_MAX + 1];
    char longer[5000];

    (void)state;
    make(text);
    memset(longer, 'A', sizeof longer);
    memcpy(longer, text, strlen(text));
    longer[sizeof longer - 1] = '\0';
    assert_true(tokens_is_token(longer, strlen(longer)));
    assert_false(takes(longer));
    longer[TOKENS_TEXT_MAX] = '\0';
    assert_false(takes(longer));
}

/* ------------------------------------------------------------------ forged with care */

static void encode(const char *text, char *ret_text, size_t size)
{
    sodium_bin2base64(ret_text, size, (const unsigned char *)text, strlen(text),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* What libjwt makes of these claims with this algorithm and key. */
static void forge(const char *claims, jwt_alg_t alg, const char *secret, char *ret_text)
{
    jwt_t *jwt = NULL;

    assert_int_equal(jwt_new(&jwt), 0);
    assert_int_equal(jwt_add_grants_json(jwt, claims), 0);
    assert_int_equal(
        jwt_set_alg(jwt, alg, (const unsigned char *)secret, secret != NULL ? (int)strlen(secret) : 0), 0);
    char *text = jwt_encode_str(jwt);
    assert_non_null(text);
    snprintf(ret_text, FORGED_MAX, "%s", text);
    free(text);
    jwt_free(jwt);
}

#define CLAIMS(iss, aud, sub, iat, exp, epoch)                                                               \
    "{\"iss\":" iss ",\"aud\":" aud ",\"sub\":" sub ",\"iat\":" iat ",\"exp\":" exp ",\"epoch\":" epoch "}"
#define GOOD_CLAIMS CLAIMS("\"stockroom\"", "\"stockroom\"", "\"ann\"", "1772355600", "1772359200", "7")

static bool takes_claims(const char *claims)
{
    char text[FORGED_MAX];

    forge(claims, JWT_ALG_ES256, key.private_pem, text);
    return takes(text);
}

static void test_algorithms(void **state)
{
    char text[FORGED_MAX];

    (void)state;
    forge(GOOD_CLAIMS, JWT_ALG_ES256, key.private_pem, text); /* so that the rest fails for its own reason */
    assert_true(takes(text));
    forge(GOOD_CLAIMS, JWT_ALG_NONE, NULL, text);
    assert_true(tokens_is_token(text, strlen(text)));
    assert_false(takes(text));
    forge(GOOD_CLAIMS, JWT_ALG_HS256, key.public_pem, text);
    assert_true(tokens_is_token(text, strlen(text)));
    assert_false(takes(text));
    forge(GOOD_CLAIMS, JWT_ALG_HS512, key.public_pem, text);
    assert_false(takes(text));
}

/* A header that says more, or says it otherwise, is refused although it promises ES256. */
static void test_headers(void **state)
{
    static const char *const headers[] = {
        "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"crit\":[\"exp\"]}",
        "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"1\"}",
        "{\"alg\":\"ES256\"}",
        "{\"alg\":\"es256\",\"typ\":\"JWT\"}",
        "{\"alg\":\"none\",\"alg\":\"ES256\",\"typ\":\"JWT\"}",
        "{\"alg\":\"ES256\",\"alg\":\"none\",\"typ\":\"JWT\"}",
        "{ \"alg\":\"ES256\",\"typ\":\"JWT\"}",
        "{}",
    };
    char good[FORGED_MAX];
    char part[FORGED_MAX];
    char text[2 * FORGED_MAX];

    (void)state;
    forge(GOOD_CLAIMS, JWT_ALG_ES256, key.private_pem, good);
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        encode(headers[i], part, sizeof part);
        snprintf(text, sizeof text, "%s%s", part, strchr(good, '.'));
        assert_false(takes(text));
    }
}

static void test_claims(void **state)
{
#define ISS "\"stockroom\""
#define SUB "\"ann\""
#define IAT "1772355600"
#define EXP "1772359200"
    static const char *const bad[] = {
        CLAIMS("\"other\"", ISS, SUB, IAT, EXP, "7"), /* not who we are */
        CLAIMS("7", ISS, SUB, IAT, EXP, "7"),
        CLAIMS(ISS, "\"other\"", SUB, IAT, EXP, "7"), /* not for us */
        CLAIMS(ISS, "[\"stockroom\"]", SUB, IAT, EXP, "7"),
        CLAIMS(ISS, ISS, "\"\"", IAT, EXP, "7"),
        CLAIMS(ISS, ISS, "\"Ann\\u0007\"", IAT, EXP, "7"),
        CLAIMS(ISS, ISS, "7", IAT, EXP, "7"),
        CLAIMS(ISS, ISS, "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", IAT,
               EXP, "7"),
        CLAIMS(ISS, ISS, SUB, "\"1772355600\"", EXP, "7"),
        CLAIMS(ISS, ISS, SUB, "1772355600.5", EXP, "7"),
        CLAIMS(ISS, ISS, SUB, "1772355661", EXP, "7"), /* from the future */
        CLAIMS(ISS, ISS, SUB, "-1", EXP, "7"),
        CLAIMS(ISS, ISS, SUB, IAT, "1772355600", "7"), /* over */
        CLAIMS(ISS, ISS, SUB, IAT, "1772362801", "7"), /* longer than any may last */
        CLAIMS(ISS, ISS, SUB, IAT, "9223372036854775807", "7"),
        CLAIMS(ISS, ISS, SUB, IAT, "null", "7"),
        CLAIMS(ISS, ISS, SUB, IAT, EXP, "\"7\""),
        CLAIMS(ISS, ISS, SUB, IAT, EXP, "-7"),
        CLAIMS(ISS, ISS, SUB, IAT, EXP, "7,\"nbf\":1772355700"),
        CLAIMS(ISS, ISS, SUB, IAT, EXP, "7,\"nbf\":\"now\""),
        "{\"aud\":" ISS ",\"sub\":" SUB ",\"iat\":" IAT ",\"exp\":" EXP ",\"epoch\":7}",
        "{\"iss\":" ISS ",\"sub\":" SUB ",\"iat\":" IAT ",\"exp\":" EXP ",\"epoch\":7}",
        "{\"iss\":" ISS ",\"aud\":" ISS ",\"iat\":" IAT ",\"exp\":" EXP ",\"epoch\":7}",
        "{\"iss\":" ISS ",\"aud\":" ISS ",\"sub\":" SUB ",\"exp\":" EXP ",\"epoch\":7}",
        "{\"iss\":" ISS ",\"aud\":" ISS ",\"sub\":" SUB ",\"iat\":" IAT ",\"epoch\":7}",
        "{\"iss\":" ISS ",\"aud\":" ISS ",\"sub\":" SUB ",\"iat\":" IAT ",\"exp\":" EXP "}",
        "{}",
    };

    (void)state;
    assert_true(takes_claims(GOOD_CLAIMS));
    assert_true(takes_claims(CLAIMS(ISS, ISS, SUB, IAT, "1772362800", "0,\"nbf\":1772355600")));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (takes_claims(bad[i])) {
            fail_msg("taken: %s", bad[i]);
        }
    }
}

static void test_other_key(void **state)
{
    char path[sizeof key_path + 8];
    struct tokens *other = NULL;
    struct err_info info;
    struct tokens_claims claims;
    char text[TOKENS_TEXT_MAX + 1];
    int64_t expires_us;

    (void)state;
    snprintf(path, sizeof path, "%s-other", key_path);
    struct config config = make_config(path);
    assert_int_equal(tokens_new(&config, &other, &info), ERR_OK);
    assert_int_equal(tokens_make(other, "ann", 7, NOW_US, TTL, text, &expires_us, &info), ERR_OK);
    assert_true(tokens_check(other, text, strlen(text), NOW_US, &claims));
    assert_false(takes(text));
    tokens_free(other);
    unlink(path);
}

static void test_is_token(void **state)
{
    static const char *const none[] = {"",          "eyJ",           "eyJhbGci",
                                       "a.b.c",     "eyJ.b",         "eyJ.b.c.d",
                                       "eyJ a.b.c", "eyJ.b.c\n",     "correct horse battery staple",
                                       "eyK.b.c",   "eyJ.b.\xc3\xa9"};

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_false(tokens_is_token(none[i], strlen(none[i])));
    }
    assert_false(tokens_is_token("eyJ.b.c\0", 8));
    assert_true(tokens_is_token("eyJ.b.c", 7));
    assert_true(tokens_is_token("eyJ..", 5));
}

/* ------------------------------------------------------------------ the key's file */

static void refuse_key(char *path, const char *expected)
{
    struct config config = make_config(path);
    struct tokens *made = NULL;
    struct err_info info;

    assert_int_equal(tokens_new(&config, &made, &info), ERR_USAGE);
    assert_null(made);
    assert_non_null(strstr(info.message, expected));
    assert_non_null(strstr(info.message, "[tokens] key"));
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void test_files(void **state)
{
    static const char p384[] = /* made for this test */
        "-----BEGIN PRIVATE KEY-----\n"
        "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCGmQ+OQFzzmKw/Gexo\n"
        "A6+r2Aw6uQ65SeZvkEa0TjBzEZv/vDWgGJ/Z0cThCMNf1oKhZANiAATBZmsoc20b\n"
        "jyVqMZnx+g/FI8ZDwqL/jmz/hbzXyhSxzixspo5lfVkzaxyhg1LSwVlVM8/ky8ge\n"
        "jjy+XFmpeQt3v+M6pEcv0U88bu7nsARnTs8qaZ4EdHwEnK3A+v4grlE=\n"
        "-----END PRIVATE KEY-----\n";
    char path[sizeof key_path + 8];
    struct stat status;

    (void)state;
    assert_int_equal(stat(key_path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    snprintf(path, sizeof path, "%s-file", key_path);
    write_file(path, key.private_pem, 0644);
    refuse_key(path, "is open to others");
    write_file(path, key.private_pem, 0620);
    refuse_key(path, "is open to others");
    write_file(path, key.public_pem, 0600);
    refuse_key(path, "holds no private key");
    write_file(path, p384, 0600);
    refuse_key(path, "is no P-256 key");
    write_file(path, "", 0600);
    refuse_key(path, "holds no private key");
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    refuse_key(path, "is not a file");
    rmdir(path);
    snprintf(path, sizeof path, "%s/none", key_path); /* in a directory that is none */
    refuse_key(path, "Not a directory");
}

static void test_too_long(void **state)
{
    static char long_issuer[800];
    struct config config = make_config(key_path);
    struct tokens *made = NULL;
    struct err_info info;

    (void)state;
    memset(long_issuer, 'i', sizeof long_issuer - 1);
    config.tokens.issuer = long_issuer;
    assert_int_equal(tokens_new(&config, &made, &info), ERR_USAGE);
    assert_null(made);
    assert_non_null(strstr(info.message, "issuer"));
    config.tokens.key = NULL; /* no tokens: nothing wrong with that */
    assert_int_equal(tokens_new(&config, &made, &info), ERR_OK);
    assert_null(made);
}

/* Of many that start at once each ends up with the same whole key. */
static void test_race(void **state)
{
    enum { SERVERS = 12 };
    char path[sizeof key_path + 8];
    char text[TOKENS_TEXT_MAX + 1];
    int pipes[2];

    (void)state;
    snprintf(path, sizeof path, "%s-race", key_path);
    assert_int_equal(pipe(pipes), 0);
    for (int i = 0; i < SERVERS; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct config config = make_config(path);
            struct tokens *made = NULL;
            struct err_info info;
            int64_t expires_us;
            char record[TOKENS_TEXT_MAX + 1] = "";
            bool ok = tokens_new(&config, &made, &info) == ERR_OK &&
                      tokens_make(made, "ann", 7, NOW_US, TTL, record, &expires_us, &info) == ERR_OK &&
                      write(pipes[1], record, sizeof record) == (ssize_t)sizeof record;
            _exit(ok ? 0 : 1);
        }
    }
    struct config config = make_config(path);
    struct tokens *made = NULL;
    struct err_info info;
    struct tokens_claims claims;
    assert_int_equal(tokens_new(&config, &made, &info), ERR_OK);
    for (int i = 0; i < SERVERS; i++) {
        assert_int_equal(read(pipes[0], text, sizeof text), sizeof text);
        assert_true(tokens_check(made, text, strlen(text), NOW_US, &claims));
    }
    for (int i = 0; i < SERVERS; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    tokens_free(made);
    close(pipes[0]);
    close(pipes[1]);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round),  cmocka_unit_test(test_times),      cmocka_unit_test(test_changed),
        cmocka_unit_test(test_long),   cmocka_unit_test(test_algorithms), cmocka_unit_test(test_headers),
        cmocka_unit_test(test_claims), cmocka_unit_test(test_other_key),  cmocka_unit_test(test_is_token),
        cmocka_unit_test(test_files),  cmocka_unit_test(test_too_long),   cmocka_unit_test(test_race),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
