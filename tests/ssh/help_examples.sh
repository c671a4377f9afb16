#!/bin/bash
# Every example that `help` shows works: each is run through ssh in one shop, by the least of those who may run it that it works
# for. Numbers in examples that only a real shop gives (of movements, sessions, keys) are put in here, files are made.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start '[signup]' 'mode = approval'

# A line each: roles, command, example; tabs between.
read_examples() {
    must admin help --format json
    cp "$OUT_FILE" "$TEST_DIR/commands"
    local command roles
    while IFS=$'\t' read -r command roles <&3; do
        if [[ $roles == signup ]]; then # those who may only sign up
            capture sign_up "help $command"
        else
            must admin "help $command"
        fi
        awk -v command="$command" -v roles="$roles" '
            /^options:/ { exit }
            index($0, "    " command) == 1 && substr($0, length(command) + 5) ~ /^( |$)/ {
                print roles "\t" command "\t" substr($0, 5); found = 1 }
            END { exit !found }' "$OUT_FILE" || fail "help $command has no example"
    done 3< <(list_commands)
}

list_commands() { # those of admins, with roles, and signup
    python3 - "$TEST_DIR/commands" <<'PY'
import json, sys
for line in open(sys.argv[1], encoding="utf-8"):
    row = json.loads(line)
    print(row["command"], " ".join(row["roles"]), sep="\t")
print("signup", "signup", sep="\t")
PY
}

sign_up() {
    timeout 120 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes -o PubkeyAuthentication=no signup@stockroom "$@"
}

number_of() { # SQL
    sql "$1" | head -n 1
}

# What the shop has to have before an example can work. Sets EXAMPLE to what is really run.
prepare() {
    local number
    case $EXAMPLE in
    'receive '*)
        must admin 'transfer OAT-1 5 --to S002 --store S001 --format json'
        number=$(number_of "SELECT max(seq) FROM transfers")
        EXAMPLE=${EXAMPLE/S001:1042/S001:$number}
        ;;
    'reverse '*)
        must admin 'sell OAT-1 1 --store S001'
        number=$(number_of "SELECT last_seq FROM store_ledger JOIN stores USING (store_id) WHERE code = 'S001'")
        EXAMPLE=${EXAMPLE/1042/$number}
        ;;
    'session end '*)
        tssh ann 'watch --store S001' </dev/null & # goes on until it is ended
        assert_until ann_watches
        EXAMPLE="session end $number"
        ;;
    'key remove '*)
        number=$(number_of "SELECT key_id FROM user_keys WHERE comment = 'example'")
        EXAMPLE=${EXAMPLE/7/$number}
        ;;
    'product retire '*)
        must admin 'count OAT-1 0 --store S001'
        must admin 'count OAT-1 0 --store S002'
        receive_all
        must admin 'count OAT-1 0 --store S002'
        ;;
    esac
}

ann_watches() {
    number=$(ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes admin@stockroom 'sessions --all --format json' </dev/null |
        python3 -c 'import json, sys
for line in sys.stdin:
    row = json.loads(line)
    if row["user"] == "ann" and row["commands"] > 0:
        print(row["session"])' | head -n 1)
    [[ -n $number ]]
}

receive_all() {
    local name
    for name in $(sql "SELECT s.code || ':' || t.seq FROM transfers t JOIN stores s USING (store_id)
            WHERE received + lost + returned < quantity"); do
        must admin "receive $name --store S002"
    done
}

# The files of examples: `< NAME` as in a shell.
make_files() { # USER
    server_password "$1" >"$TEST_DIR/password"
    server_password "$1" >"$TEST_DIR/new-password"
    printf 'stock-in OAT-1 2 --store S001\nstock-in RICE 0.5 --store S001\n' >"$TEST_DIR/delivery.txt"
    printf 'command,sku,quantity,store\nsell,OAT-1,1,S001\n' >"$TEST_DIR/till4.csv"
    printf 'command;sku;quantity\nsell;OAT-1;1\n' >"$TEST_DIR/sheet.csv"
    printf 'sku,name,price\nHELP-1,Jam,2.50\n' >"$TEST_DIR/products.csv"
    [[ -f $TEST_DIR/id_ed25519.pub ]] || ssh-keygen -q -t ed25519 -N '' -C example -f "$TEST_DIR/id_ed25519" </dev/null
}

run_as() { # USER
    local command=$EXAMPLE file=/dev/null
    if [[ $EXAMPLE =~ ^(.*)\ \<\ ([A-Za-z0-9_.-]+)$ ]]; then
        command=${BASH_REMATCH[1]}
        file=$TEST_DIR/${BASH_REMATCH[2]}
        make_files "$1"
        [[ -f $file ]] || fail "no file is made for: $EXAMPLE"
    fi
    if [[ $1 == signup ]]; then
        capture sign_up "$command" <"$file"
    elif [[ $command == watch* ]]; then
        watch_as "$1" "$command"
    elif [[ $command == 'use '* ]]; then # lives in batches
        tssh "$1" batch < <(printf '%s\n' "$command")
    else
        tssh "$1" "$command" <"$file"
    fi
}

# It never ends by itself: it works when it shows what happens.
watch_as() { # USER COMMAND
    ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes "$1@stockroom" "$2" </dev/null >"$TEST_DIR/watched" 2>&1 &
    local watching=$!
    assert_until sale_is_seen
    kill "$watching"
    wait "$watching" || true
    STATUS=0
}

sale_is_seen() {
    ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes admin@stockroom 'sell RICE 0.001 --store S001' </dev/null >/dev/null &&
        grep -q RICE "$TEST_DIR/watched"
}

# Whom an example is tried for: who may least, first.
users_of() { # ROLES
    local role
    for role in signup staff owner admin; do
        [[ " $1 " != *" $role "* ]] || case $role in
        signup) [[ $1 != signup ]] || printf 'signup\n' ;;
        staff) printf 'ann\n' ;;
        owner) printf 'olga\n' ;;
        admin) printf 'admin\n' ;;
        esac
    done
}

run_example() { # ROLES EXAMPLE
    local user answers='' EXAMPLE=$2
    prepare
    for user in $(users_of "$1"); do
        run_as "$user"
        if ((STATUS == 0)); then
            ASSERTIONS=$((ASSERTIONS + 1))
            return
        fi
        answers+="$user: $STATUS $ERR$OUT; "
    done
    if [[ $2 == 'unlock '* && $answers == *'there is no screen to unlock here'* ]]; then
        return # what it needs only the screens have: lock.sh tests it there
    fi
    fail "the example '$2' does not work: $answers"
}

# First what makes the shop, last what ends it; between them as help has them. A line: rank, number, then as read.
in_order() {
    awk -F '\t' '{ rank = 1
        if ($2 == "store add" || $2 == "product add") rank = 0
        if ($2 == "product retire" || $2 == "store close") rank = 2
        if ($2 == "signup") rank = 0
        print rank "\t" NR "\t" $0 }' | sort -t $'\t' -k 1,1n -k 2,2n
}

must admin 'store add S001 --name "Main Street"'
must admin 'store add S002 --name Station'
new_user ann '--role staff --store S001'
new_user olga '--role owner --store S001 --store S002'
read_examples >"$TEST_DIR/examples"
in_order <"$TEST_DIR/examples" >"$TEST_DIR/ordered"
stocked=false
while IFS=$'\t' read -r rank _ roles command example <&4; do
    if ((rank > 0)) && ! $stocked; then
        must admin 'stock-in OAT-1 100 --cost 1.00 --store S001'
        must admin 'stock-in RICE 50 --store S001'
        stocked=true
    fi
    run_example "$roles" "$example"
done 4<"$TEST_DIR/ordered"
assert_ledger_is_sound
test_done
