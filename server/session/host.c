/* What the server shows of itself: host keys and algorithms. In front, before any client. */
#include <stdlib.h>
#include <string.h>

#include "server/session/session_internal.h"

/* Only what is modern, in OpenSSH's order of taste. No compression: it has been the way in before. */
static const struct {
    enum ssh_bind_options_e option;
    const char *value;
} host_options[] = {
    {SSH_BIND_OPTIONS_KEY_EXCHANGE, "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256"},
    {SSH_BIND_OPTIONS_CIPHERS_C_S,
     "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes128-ctr"},
    {SSH_BIND_OPTIONS_CIPHERS_S_C,
     "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes128-ctr"},
    {SSH_BIND_OPTIONS_HMAC_C_S,
     "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512"},
    {SSH_BIND_OPTIONS_HMAC_S_C,
     "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512"},
    {SSH_BIND_OPTIONS_PUBKEY_ACCEPTED_KEY_TYPES,
     "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256"},
    {SSH_BIND_OPTIONS_BANNER, "stockroom"},
};

/* Which signature algorithms the loaded keys can give, for SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS. */
static const char *host_key_algorithms(enum ssh_keytypes_e type)
{
    switch (type) {
    case SSH_KEYTYPE_ED25519:
        return "ssh-ed25519";
    case SSH_KEYTYPE_ECDSA_P256:
        return "ecdsa-sha2-nistp256";
    case SSH_KEYTYPE_ECDSA_P384:
        return "ecdsa-sha2-nistp384";
    case SSH_KEYTYPE_ECDSA_P521:
        return "ecdsa-sha2-nistp521";
    case SSH_KEYTYPE_RSA:
        return "rsa-sha2-512,rsa-sha2-256";
    default:
        return NULL;
    }
}

static enum err host_load_key(ssh_bind bind, const char *path, struct buf *algorithms,
                              struct err_info *ret_info)
{
    ssh_key key = NULL;

    if (ssh_pki_import_privkey_file(path, NULL, NULL, NULL, &key) != SSH_OK) {
        return err_set(ret_info, ERR_USAGE, "host key %s cannot be read (or has a passphrase)", path);
    }
    const char *names = host_key_algorithms(ssh_key_type(key));
    if (names == NULL) {
        ssh_key_free(key);
        return err_set(ret_info, ERR_USAGE, "host key %s: use ed25519, ecdsa or rsa", path);
    }
    if (ssh_bind_options_set(bind, SSH_BIND_OPTIONS_IMPORT_KEY, key) != SSH_OK) { /* takes the key */
        return err_set(ret_info, ERR_USAGE, "host key %s: %s", path, ssh_get_error(bind));
    }
    if (algorithms->len > 0) {
        buf_append_char(algorithms, ',');
    }
    buf_append_text(algorithms, names);
    return ERR_OK;
}

static enum err host_set_options(ssh_bind bind, const char *algorithms, struct err_info *ret_info)
{
    int no = 0;
    int rsa_min_bits = 2048;

    /* Not the machine's libssh configuration: what is offered is decided here. */
    ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no);
    ssh_bind_options_set(bind, SSH_BIND_OPTIONS_RSA_MIN_SIZE, &rsa_min_bits);
    for (size_t i = 0; i < sizeof(host_options) / sizeof(host_options[0]); i++) {
        if (ssh_bind_options_set(bind, host_options[i].option, host_options[i].value) != SSH_OK) {
            return err_set(ret_info, ERR_INTERNAL, "libssh refuses %s: %s", host_options[i].value,
                           ssh_get_error(bind));
        }
    }
    if (ssh_bind_options_set(bind, SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS, algorithms) != SSH_OK) {
        return err_set(ret_info, ERR_INTERNAL, "libssh refuses %s: %s", algorithms, ssh_get_error(bind));
    }
    return ERR_OK;
}

enum err session_host_new(const struct config *config, struct session_host **ret_host,
                          struct err_info *ret_info)
{
    struct buf algorithms = {0};
    enum err err = ERR_OK;
    ssh_bind bind = NULL;

    if (config->server.host_keys.count == 0) {
        return err_set(ret_info, ERR_USAGE, "[server] host_keys names no key");
    }
    if (ssh_init() != SSH_OK || (bind = ssh_bind_new()) == NULL) {
        return err_set(ret_info, ERR_INTERNAL, "libssh cannot start");
    }
    ssh_set_log_level(SSH_LOG_NOLOG);
    for (unsigned i = 0; err == ERR_OK && i < config->server.host_keys.count; i++) {
        err = host_load_key(bind, config->server.host_keys.items[i], &algorithms, ret_info);
    }
    if (err == ERR_OK) {
        buf_append_char(&algorithms, '\0');
        err = host_set_options(bind, algorithms.data, ret_info);
    }
    buf_done(&algorithms);
    if (err != ERR_OK) {
        ssh_bind_free(bind);
        return err;
    }
    struct session_host *host = calloc(1, sizeof(*host));
    if (host == NULL) {
        abort();
    }
    host->bind = bind;
    *ret_host = host;
    return ERR_OK;
}

void session_host_free(struct session_host *host)
{
    if (host != NULL) {
        ssh_bind_free(host->bind);
        free(host);
    }
}

const char *session_library_version(void)
{
    return ssh_version(0);
}
