#!/bin/bash
# A session ends as soon as its user may not go on: a held batch, an idle session and the screens alike, each told why.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
# shellcheck source=tests/ssh/held.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/held.sh"
server_start

must admin store add S001 --name One
must admin store add S002 --name Two
must admin product add A-1 --name Lamp
new_user ann '--role staff --store S001'

# ---- Disabled
held_start ann
must admin user disable ann
held_assert_ended ann 'Your account was disabled'
tssh ann whoami
assert_status 255
must admin user enable ann
test_done
