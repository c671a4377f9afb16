# shellcheck shell=bash
# Every change that ends a user's sessions, for revocation.sh and two_servers.sh: ann's are held where SERVER_DIR says, the
# changes are made where `revoke_by` runs them.

revoke_by() { # USER COMMAND…
    must "$@"
}

revoke_ground() {
    must admin store add S001 --name One
    must admin store add S002 --name Two
    must admin product add A-1 --name Lamp
    new_user ann '--role staff --store S001'
}

revoke_all() {
    local key_id

    # ---- Disabled
    held_start ann
    revoke_by admin user disable ann
    held_assert_ended ann 'Your account was disabled'
    tssh ann whoami
    assert_status 255
    revoke_by admin user enable ann

    # ---- Another role
    held_start ann
    revoke_by admin user set ann --role owner
    held_assert_ended ann 'Your role was changed'
    revoke_by admin user set ann --role staff

    # ---- Other stores
    held_start ann
    revoke_by admin user set ann --add-store S002
    held_assert_ended ann 'Your stores were changed'
    revoke_by admin user set ann --remove-store S002

    # ---- A password that somebody else set
    held_start ann
    revoke_by admin passwd --user ann < <(server_password ann)
    held_assert_ended ann 'Your password was changed'

    # ---- The key that opened them
    held_start ann
    tssh ann key list --format json
    key_id=$(sed -n 's/.*"id":\([0-9]*\).*/\1/p' <<<"$OUT")
    revoke_by admin "key remove $key_id --user ann"
    held_assert_ended ann 'The public key that opened this session was removed'
    tssh ann whoami
    assert_status 255
    revoke_by admin key add --user ann <"$SERVER_DIR/keys/ann.pub"
}
