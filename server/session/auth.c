/* Who is it? Passwords, public keys and those who come to sign up, each asked of core; the session only
 * proves signatures, by libssh. */
#include <stdlib.h>
#include <string.h>

#include "server/session/session_internal.h"

/* The name that core is asked about. One that cannot be a user's is asked as "-", which never is one, so that
 * it takes as long; so does a client that changes its mind about who it is. */
static const char *auth_user(struct session *session, const char *user)
{
    if (!session->has_user) {
        session->has_user = true;
        strncpy(session->user, strlen(user) <= WIRE_USER_MAX ? user : "-", sizeof(session->user) - 1);
    }
    return strcmp(session->user, user) == 0 ? session->user : "-";
}

/* A wrong credential; the last one allowed ends the session. */
static int auth_deny(struct session *session)
{
    session->tries++;
    if (session->tries >= session->settings->config->limits.auth_tries) {
        session_end(session, "Too many authentication failures");
    }
    return SSH_AUTH_DENIED;
}

static int auth_accept(struct session *session)
{
    session->is_authenticated = true;
    auth_watch_stop();
    return SSH_AUTH_SUCCESS;
}

static int auth_on_password(ssh_session ssh, const char *user, const char *password, void *userdata)
{
    struct session *session = userdata;
    size_t len = strlen(password);
    const char *name = auth_user(session, user);

    (void)ssh;
    if (session->is_authenticated || session->end_reason != NULL) {
        return SSH_AUTH_DENIED;
    }
    size_t frame = wire_frame_begin(&session->core_out, WIRE_AUTH_PASSWORD, 0);
    wire_put_str(&session->core_out, name, strlen(name));
    wire_put_str(&session->core_out, password, len > WIRE_PASSWORD_MAX ? WIRE_PASSWORD_MAX : len);
    wire_frame_end(&session->core_out, frame);
    bool is_good = core_link_wait_auth(session) && len <= WIRE_PASSWORD_MAX;
    return is_good ? auth_accept(session) : auth_deny(session);
}

/* Every client asks first whether it may come in for nothing; only those who want to sign up are told of.
 * Not a try: nothing was guessed; but asking once is enough. */
static int auth_on_none(ssh_session ssh, const char *user, void *userdata)
{
    struct session *session = userdata;

    (void)ssh;
    if (session->other_methods++ > 0) {
        return auth_deny(session);
    }
    if (session->is_authenticated || session->end_reason != NULL || session->has_asked_none ||
        strcmp(user, "signup") != 0) {
        return SSH_AUTH_DENIED;
    }
    const char *name = auth_user(session, user);
    session->has_asked_none = true;
    size_t frame = wire_frame_begin(&session->core_out, WIRE_AUTH_NONE, 0);
    wire_put_str(&session->core_out, name, strlen(name));
    wire_frame_end(&session->core_out, frame);
    return core_link_wait_auth(session) ? auth_accept(session) : SSH_AUTH_DENIED;
}

/* Plain keys of the types we verify; certificates above all are not, since libssh does not check them. */
static bool auth_key_type_is_good(ssh_key key)
{
    switch (ssh_key_type(key)) {
    case SSH_KEYTYPE_ED25519:
    case SSH_KEYTYPE_ECDSA_P256:
    case SSH_KEYTYPE_ECDSA_P384:
    case SSH_KEYTYPE_ECDSA_P521:
    case SSH_KEYTYPE_RSA:
        return true;
    default:
        return false;
    }
}

static bool auth_ask_blob(struct session *session, const char *name, const char *type,
                          const unsigned char *blob, size_t len, bool is_proven)
{
    size_t frame = wire_frame_begin(&session->core_out, WIRE_AUTH_KEY, 0);

    wire_put_str(&session->core_out, name, strlen(name));
    wire_put_str(&session->core_out, type, strlen(type));
    wire_put_str(&session->core_out, (const char *)blob, len);
    wire_put_u8(&session->core_out, is_proven);
    wire_frame_end(&session->core_out, frame);
    return core_link_wait_auth(session);
}

static bool auth_ask_key(struct session *session, const char *user, ssh_key key, bool is_proven)
{
    unsigned char blob[WIRE_KEY_BLOB_MAX];
    char *text = NULL;

    if (ssh_pki_export_pubkey_base64(key, &text) != SSH_OK) {
        return false;
    }
    long len = base64_decode(text, blob, sizeof(blob));
    ssh_string_free_char(text);
    if (len < 0) {
        return false;
    }
    return auth_ask_blob(session, auth_user(session, user), ssh_key_type_to_char(ssh_key_type(key)), blob,
                         (size_t)len, is_proven);
}

/* libssh has forgotten whom the request was for, and cannot be made to answer it: asking for nobody makes
 * core count a wrong credential, after the usual delay. */
void auth_drop(struct session *session)
{
    if (!session->is_authenticated && session->end_reason == NULL) {
        auth_ask_blob(session, "-", "", NULL, 0, true);
        session_end(session, "This key cannot be used here, or its signature is wrong");
    }
}

static int auth_on_key(ssh_session ssh, const char *user, struct ssh_key_struct *key, char state,
                       void *userdata)
{
    struct session *session = userdata;

    (void)ssh;
    if (session->is_authenticated || session->end_reason != NULL) {
        return SSH_AUTH_DENIED;
    }
    if (state == SSH_PUBLICKEY_STATE_NONE) { /* "would you take this key?" */
        if (++session->key_queries > SESSION_KEY_QUERIES_MAX) {
            return auth_deny(session);
        }
        return auth_key_type_is_good(key) && auth_ask_key(session, user, key, false) ? SSH_AUTH_SUCCESS
                                                                                     : SSH_AUTH_DENIED;
    }
    if (state != SSH_PUBLICKEY_STATE_VALID || !auth_key_type_is_good(key)) {
        return auth_deny(session);
    }
    return auth_ask_key(session, user, key, true) ? auth_accept(session) : auth_deny(session);
}

/* What no callback takes, methods that are not offered among it: libssh says no. Clients may ask once what
 * there is; more than that is guessing. */
static int auth_on_other(ssh_session ssh, ssh_message message, void *userdata)
{
    struct session *session = userdata;

    (void)ssh;
    if (ssh_message_type(message) == SSH_REQUEST_AUTH && !session->is_authenticated &&
        session->other_methods++ > 0) {
        auth_deny(session);
    }
    return 1;
}

void auth_init(struct session *session)
{
    session->server_callbacks = (struct ssh_server_callbacks_struct){
        .userdata = session,
        .auth_none_function = auth_on_none,
        .auth_password_function = auth_on_password,
        .auth_pubkey_function = auth_on_key,
        .channel_open_request_session_function = client_open_channel,
    };
    ssh_callbacks_init(&session->server_callbacks);
    ssh_set_server_callbacks(session->ssh, &session->server_callbacks);
    ssh_set_message_callback(session->ssh, auth_on_other, session);
    ssh_set_auth_methods(session->ssh, SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_PUBLICKEY);
}
