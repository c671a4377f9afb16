/* Public keys as users bring them: real ones of each type, and every way of being wrong that a hostile line
 * may try. Pure; the reference for fingerprints is ssh-keygen. Blobs are cut and bent byte by byte: none but
 * the whole, exact key may pass. */
#include "tests/database/rig.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "common/arena.h"
#include "server/core/commands/public_key.h"
#include "tests/database/sample_keys.h"

static void accept_key(const char *line, const char *type, const char *fingerprint, const char *comment)
{
    struct arena arena = {0};
    struct public_key key;
    struct err_info info;

    if (public_key_parse(&arena, line, &key, &info) != ERR_OK) {
        fail_msg("%s: %s", line, info.message);
    }
    assert_string_equal(key.type, type);
    assert_string_equal(key.fingerprint, fingerprint);
    assert_string_equal(key.comment, comment);
    arena_done(&arena);
}

static void refuse_key(const char *line, const char *part)
{
    struct arena arena = {0};
    struct public_key key;
    struct err_info info;

    assert_int_equal(public_key_parse(&arena, line, &key, &info), ERR_BAD_VALUE);
    if (strstr(info.message, part) == NULL) {
        fail_msg("%s: no '%s' in '%s'", line, part, info.message);
    }
    arena_done(&arena);
}

static void test_each_type(void **state)
{
    (void)state;
    accept_key(KEY_ED25519, "ssh-ed25519", FINGERPRINT_ED25519, "ann@till");
    accept_key(KEY_ECDSA256, "ecdsa-sha2-nistp256", FINGERPRINT_ECDSA256, "ec256");
    accept_key(KEY_ECDSA384, "ecdsa-sha2-nistp384", FINGERPRINT_ECDSA384, "ec384");
    accept_key(KEY_ECDSA521, "ecdsa-sha2-nistp521", FINGERPRINT_ECDSA521, "ec521");
    accept_key(KEY_RSA2048, "ssh-rsa", FINGERPRINT_RSA2048, "rsa");
}

static void test_comments_and_blanks(void **state)
{
    char line[512], key[256];

    (void)state;
    snprintf(key, sizeof key, "%s", KEY_ED25519);
    key[strlen(key) - strlen(" ann@till")] = '\0';
    accept_key(key, "ssh-ed25519", FINGERPRINT_ED25519, "");
    snprintf(line, sizeof line, "  \t%s  till 3, by the door \t", key);
    accept_key(line, "ssh-ed25519", FINGERPRINT_ED25519, "till 3, by the door");
    snprintf(line, sizeof line, "%s bad\x1b[0m", key);
    refuse_key(line, "comment");
    snprintf(line, sizeof line, "%s %0201d", key, 0);
    refuse_key(line, "comment");
}

static void test_what_is_not_taken_is_named(void **state)
{
    (void)state;
    refuse_key("", "TYPE BASE64");
    refuse_key("   ", "TYPE BASE64");
    refuse_key(KEY_RSA1024, "1024");
    refuse_key("ssh-dss AAAAB3NzaC1kc3MAAACB", "no type of key");
    refuse_key("ssh-ed25519-cert-v01@openssh.com AAAA", "certificates");
    refuse_key("ssh-rsa-cert-v01@openssh.com AAAA", "certificates");
    refuse_key("sk-ssh-ed25519@openssh.com AAAA", "hardware");
    refuse_key("sk-ecdsa-sha2-nistp256@openssh.com AAAA", "hardware");
    refuse_key("command=\"rm -rf /\" " KEY_ED25519, "options");
    refuse_key("restrict " KEY_ED25519, "options");
    refuse_key("cert-authority " KEY_ED25519, "options");
    refuse_key("-----BEGIN OPENSSH PRIVATE KEY-----", "public key");
    refuse_key("ssh-ed25519", "damaged");
    refuse_key("ssh-ed25519 ", "damaged");
    refuse_key("ssh-ed25519 AAAA====", "damaged");
    refuse_key("ssh-ed25519 AAAA*AAA", "damaged");
    refuse_key("SSH-ED25519 AAAA", "no type of key");
}

static void test_inside_must_match_outside(void **state)
{
    char line[1024];

    (void)state;
    snprintf(line, sizeof line, "ssh-rsa %s", strchr(KEY_ED25519, ' ') + 1);
    refuse_key(line, "inside");
    snprintf(line, sizeof line, "ecdsa-sha2-nistp384 %s", strchr(KEY_ECDSA256, ' ') + 1);
    refuse_key(line, "inside");
}

static size_t decode(const char *line, unsigned char *blob, size_t size)
{
    const char *text = strchr(line, ' ') + 1;
    size_t len = 0;

    assert_int_equal(sodium_base642bin(blob, size, text, strcspn(text, " "), NULL, &len, NULL,
                                       sodium_base64_VARIANT_ORIGINAL),
                     0);
    return len;
}

/* Cut at each byte, and with one byte more. */
static void test_cut_and_lengthened(void **state)
{
    static const char *const keys[][2] = {{"ssh-ed25519", KEY_ED25519},
                                          {"ecdsa-sha2-nistp256", KEY_ECDSA256},
                                          {"ecdsa-sha2-nistp384", KEY_ECDSA384},
                                          {"ecdsa-sha2-nistp521", KEY_ECDSA521},
                                          {"ssh-rsa", KEY_RSA2048}};
    unsigned char blob[1024];
    struct err_info info;

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        size_t len = decode(keys[i][1], blob, sizeof blob - 1);

        blob[len] = 0;
        assert_int_equal(public_key_check_blob(keys[i][0], blob, len, &info), ERR_OK);
        assert_int_equal(public_key_check_blob(keys[i][0], blob, len + 1, &info), ERR_BAD_VALUE);
        for (size_t cut = 0; cut < len; cut++) {
            /* A copy of just that size, so that a sanitizer sees what reads past it. */
            unsigned char *exact = malloc(cut + 1);

            assert_non_null(exact);
            memcpy(exact, blob, cut);
            assert_int_equal(public_key_check_blob(keys[i][0], cut == 0 ? exact + 1 : exact, cut, &info),
                             ERR_BAD_VALUE);
            free(exact);
        }
    }
}

/* Every length field set to what overflows, is huge, or is off by one. */
static void test_lengths_that_lie(void **state)
{
    static const unsigned char lies[][4] = {
        {0xff, 0xff, 0xff, 0xff}, {0x7f, 0xff, 0xff, 0xff}, {0x80, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 1}};
    unsigned char blob[1024], bent[1024];
    struct err_info info;
    size_t len = decode(KEY_ED25519, blob, sizeof blob);
    size_t fields[] = {0, 4 + 11};

    (void)state;
    for (size_t field = 0; field < 2; field++) {
        for (size_t lie = 0; lie < sizeof lies / sizeof lies[0]; lie++) {
            memcpy(bent, blob, len);
            memcpy(bent + fields[field], lies[lie], 4);
            assert_int_equal(public_key_check_blob("ssh-ed25519", bent, len, &info), ERR_BAD_VALUE);
        }
        memcpy(bent, blob, len);
        bent[fields[field] + 3]++;
        assert_int_equal(public_key_check_blob("ssh-ed25519", bent, len, &info), ERR_BAD_VALUE);
        bent[fields[field] + 3] = (unsigned char)(bent[fields[field] + 3] - 2);
        assert_int_equal(public_key_check_blob("ssh-ed25519", bent, len, &info), ERR_BAD_VALUE);
    }
}

static size_t put_string(unsigned char *out, const void *data, size_t len)
{
    out[0] = 0;
    out[1] = (unsigned char)(len >> 16);
    out[2] = (unsigned char)(len >> 8);
    out[3] = (unsigned char)len;
    memcpy(out + 4, data, len);
    return 4 + len;
}

static enum err check_rsa(const unsigned char *e, size_t e_len, const unsigned char *n, size_t n_len)
{
    unsigned char blob[4096];
    struct err_info info;
    size_t len = put_string(blob, "ssh-rsa", 7);

    len += put_string(blob + len, e, e_len);
    len += put_string(blob + len, n, n_len);
    return public_key_check_blob("ssh-rsa", blob, len, &info);
}

static void test_rsa_numbers(void **state)
{
    static const unsigned char e[] = {1, 0, 1}, one[] = {1}, even[] = {1, 0, 0}, zero[] = {0},
                               padded[] = {0, 1, 0, 1};
    static const unsigned char negative[] = {0x81};
    unsigned char n[2049 + 1];

    (void)state;
    memset(n, 0xff, sizeof n);
    n[0] = 0;
    assert_int_equal(check_rsa(e, 3, n, 257), ERR_OK);  /* 2,048 bits */
    assert_int_equal(check_rsa(e, 3, n, 2049), ERR_OK); /* 16,384 */
    assert_int_equal(check_rsa(e, 3, n, 2050), ERR_BAD_VALUE);
    assert_int_equal(check_rsa(e, 3, n + 1, 256), ERR_BAD_VALUE); /* negative */
    n[1] = 0x7f;
    assert_int_equal(check_rsa(e, 3, n + 1, 256), ERR_BAD_VALUE); /* 2,047 */
    assert_int_equal(check_rsa(e, 3, n, 257), ERR_BAD_VALUE);     /* not canonical */
    n[1] = 0xff;
    assert_int_equal(check_rsa(one, 1, n, 257), ERR_BAD_VALUE);
    assert_int_equal(check_rsa(even, 3, n, 257), ERR_BAD_VALUE);
    assert_int_equal(check_rsa(zero, 1, n, 257), ERR_BAD_VALUE);
    assert_int_equal(check_rsa(zero, 0, n, 257), ERR_BAD_VALUE);
    assert_int_equal(check_rsa(padded, 4, n, 257), ERR_BAD_VALUE);
    assert_int_equal(check_rsa(negative, 1, n, 257), ERR_BAD_VALUE);
    assert_int_equal(check_rsa(n + 1, 20, n, 257), ERR_BAD_VALUE);
    n[256] = 0xfe;
    assert_int_equal(check_rsa(e, 3, n, 257), ERR_BAD_VALUE); /* an even modulus */
}

static void test_ecdsa_points(void **state)
{
    unsigned char blob[256];
    struct err_info info;
    size_t len = decode(KEY_ECDSA256, blob, sizeof blob);

    (void)state;
    blob[len - 65] = 2; /* compressed */
    assert_int_equal(public_key_check_blob("ecdsa-sha2-nistp256", blob, len, &info), ERR_BAD_VALUE);
    blob[len - 65] = 4;
    assert_int_equal(public_key_check_blob("ecdsa-sha2-nistp256", blob, len, &info), ERR_OK);
    blob[4 + 19 + 4 + 5] = '3'; /* another curve's name */
    assert_int_equal(public_key_check_blob("ecdsa-sha2-nistp256", blob, len, &info), ERR_BAD_VALUE);
}

static void test_longer_than_any_key(void **state)
{
    static char line[20000];

    (void)state;
    memset(line, 'A', sizeof line - 1);
    memcpy(line, "ssh-rsa ", 8);
    refuse_key(line, "damaged");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_type),
        cmocka_unit_test(test_comments_and_blanks),
        cmocka_unit_test(test_what_is_not_taken_is_named),
        cmocka_unit_test(test_inside_must_match_outside),
        cmocka_unit_test(test_cut_and_lengthened),
        cmocka_unit_test(test_lengths_that_lie),
        cmocka_unit_test(test_rsa_numbers),
        cmocka_unit_test(test_ecdsa_points),
        cmocka_unit_test(test_longer_than_any_key),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("database.public_key", tests, NULL, NULL);
}
