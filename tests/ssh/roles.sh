#!/bin/bash
# Who may run what: every command by every role; and that what a user may not see looks like what does not exist.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start

must admin store add S001 --name One
must admin store add S002 --name Two
must admin product add A-1 --name Lamp
new_user bob '--role owner --store S001'
new_user eve '--role owner --store S002'
new_user ann '--role staff --store S001'
must admin stock-in A-1 100 --store S001 --cost 1
must admin stock-in A-1 100 --store S002

# COMMAND | what admin, owner and staff get as exit status (owner and staff are of S001)
matrix='
whoami|0 0 0
help|0 0 0
inventory --store S001|0 0 0
inventory --store S002|0 65 65
inventory --all-stores|0 0 0
movements --store S001|0 0 0
movements --store S002|0 65 65
stock-movements --store S002|0 65 65
sell A-1 1 --store S001|0 0 0
sell A-1 1 --store S002|0 65 65
stock-in A-1 1 --store S001|0 0 0
stock-in A-1 1 --store S002|0 65 65
remove A-1 1 --reason lost --store S001|0 0 0
remove A-1 1 --reason lost --store S002|0 65 65
product list|0 0 0
product show A-1|0 0 0
product add P-$USER --name P|0 77 77
product set A-1 --category c-$USER|0 77 77
store list|0 0 0
store add N-$USER --name N|0 77 77
store set S001 --name One|0 77 77
user list|0 0 77
user add s1-$USER --role staff --store S001 --no-password|0 0 77
user add s2-$USER --role staff --store S002 --no-password|0 65 77
user add o-$USER --role owner --store S001 --no-password|0 77 77
user add a-$USER --role admin --no-password|0 77 77
user set s1-admin --store S001|0 0 77
user set s2-admin --store S002|0 65 77
user set eve --add-store S001|0 65 77
user set eve --store S002|0 65 77
user set bob --role owner|0 77 77
user set ann --limit read=1000/1000|0 77 77
user show s1-admin|0 0 77
user show eve|0 65 77
user approve nobody|65 77 77
user list --pending|0 0 77
signup --name zoe --store-name Z|77 77 77
user disable s1-admin|0 0 77
user enable s1-admin|0 0 77
user disable s2-admin|0 65 77
user disable eve|0 65 77
user enable eve|0 65 77
user disable nobody|65 65 77
key list|0 0 0
key list --user eve|0 65 65
key list --user nobody|65 65 65
passwd --user eve|0 65 65
watch --store S002|- 65 65
'
users=(admin bob ann)
while IFS='|' read -r command statuses; do
    [[ -n $command ]] || continue
    read -r -a expected <<<"$statuses"
    for i in 0 1 2; do
        [[ ${expected[i]} != - ]] || continue
        tssh "${users[i]}" "${command//'$USER'/${users[i]}}" < <(printf 'a password long enough\n')
        ASSERTIONS=$((ASSERTIONS + 1))
        if [[ $STATUS == 77 && ${expected[i]} == 65 || $STATUS == 65 && ${expected[i]} == 77 ]]; then
            fail "${users[i]}: $command: exit status $STATUS, not ${expected[i]}: $ERR"
        fi
        [[ $STATUS == "${expected[i]}" ]] || fail "${users[i]}: $command: exit status $STATUS, not ${expected[i]}: $ERR"
    done
done <<<"$matrix"

# What may not be seen and what does not exist: the same words.
same_answer() { # USER COMMAND NAME OTHER-NAME
    local first
    tssh "$1" "${2//NAME/$3} --format json"
    first=${OUT//$3/NAME}
    tssh "$1" "${2//NAME/$4} --format json"
    assert_equal "${OUT//$4/NAME}" "$first" "$1: $2"
    assert_contains "$OUT" '"ok":false'
}
for user in bob ann; do
    for command in 'inventory --store NAME' 'movements --store NAME' 'sell A-1 1 --store NAME' 'watch --store NAME' \
        'stock-in A-1 1 --store NAME'; do
        same_answer "$user" "$command" S002 S777
    done
    same_answer "$user" 'key list --user NAME' eve none
done
same_answer bob 'user disable NAME' eve none
same_answer bob 'user add x1 --role staff --store NAME --no-password' S002 S777

# Lists hold what is one's own.
tssh bob store list --format json
assert_json "[r['store'] for r in rows] == ['S001']"
tssh bob user list --format json
assert_json "'eve' not in {r['user'] for r in rows} and {'bob', 'ann'} <= {r['user'] for r in rows}"
tssh bob inventory --all-stores --format json
assert_json "{r['store'] for r in rows} == {'S001'}"
tssh admin inventory --all-stores --format json
assert_json "{r['store'] for r in rows} == {'S001', 'S002'}"
tssh ann movements --format json
assert_json "all(r['cost'] is None for r in rows)"
tssh bob movements --format json
assert_json "any(r['cost'] == '1.00' for r in rows)"

# The same in a batch: no way around.
tssh ann batch --format json < <(printf '%s\n' 'use S002' 'sell A-1 1 --store S002' 'product add X --name X' 'sell A-1 1')
assert_status 1
assert_json "[r.get('error') for r in rows] == ['unknown-store', 'unknown-store', 'not-permitted', None]"
tssh ann batch --store S002 </dev/null
assert_status 65

# A disabled user's sessions end, and no new one begins.
printf '' >"$TEST_DIR/watch"
timeout 120 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes ann@stockroom watch --format json \
    >"$TEST_DIR/watch" 2>"$TEST_DIR/watch-err" </dev/null &
watcher=$!
has_watched() {
    tssh bob sell A-1 1
    [[ -s $TEST_DIR/watch ]]
}
assert_until has_watched
must bob user disable ann
wait "$watcher" || true # it ends: else ctest's time is up
tssh ann whoami
assert_status 255
must bob user enable ann
must ann whoami

# The last administrator stays.
must admin user disable a-admin
tssh admin user disable admin
[[ $STATUS != 0 ]] || fail "the last administrator was disabled"
must admin whoami

assert_ledger_is_sound
test_done
