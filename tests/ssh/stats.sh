#!/bin/bash
# stats: counted, measured and told in every format, also while the database is away; admins only.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start

must admin store add S001 --name One
must admin product add A-1 --name Lamp
new_user ann '--role staff --store S001'
must admin 'stock-in A-1 100 --store S001 --ref first'
must admin 'stock-in A-1 100 --store S001 --ref first'
tssh ann sell A-1 1
assert_status 0
tssh ann sell A-1 1000
assert_status 1

# ---- json and text
must admin stats --format json
assert_json 'all(set(r) == {"name", "kind", "value", "p50_us", "p90_us", "p99_us", "max_us", "help"} for r in rows)'
assert_json 'len({r["name"] for r in rows}) == len(rows)'
assert_json '{r["name"]: r for r in rows}["movements_posted"]["value"] == 2'
assert_json '{r["name"]: r for r in rows}["movements_replayed"]["value"] == 1'
assert_json '{r["name"]: r for r in rows}["transactions"]["value"] == 2'
assert_json '{r["name"]: r for r in rows}["sessions"] == {"name": "sessions", "kind": "gauge", "value": 1, "p50_us": None,
    "p90_us": None, "p99_us": None, "max_us": None, "help": "sessions that are logged in"}'
assert_json '(lambda c: c["kind"] == "histogram" and c["value"] == 2 and 0 < c["p50_us"] <= c["p99_us"] <= c["max_us"])(
    {r["name"]: r for r in rows}["commit"])'
assert_json '{r["name"]: r for r in rows}["queries"]["value"] > 0 and {r["name"]: r for r in rows}["query_wait"]["value"] > 0'
assert_json '{r["name"]: r for r in rows}["memory_bytes"]["value"] > 1000000'
assert_json '{r["name"]: r for r in rows}["users_known"]["value"] >= 1 and {r["name"]: r for r in rows}["listener_up"]["value"] == 1'
tssh admin stats
assert_status 0
assert_matches "$OUT" 'movements_posted +counter +2'
tssh admin stats --format csv
assert_matches "$OUT" 'movements_posted,counter,2,,,,,movements committed'
tssh ann stats
assert_status 77

# ---- front tells its numbers
front_has_spoken() {
    must admin stats --format json
    [[ $OUT == *'"name":"front_connections","kind":"counter"'* ]]
}
assert_until front_has_spoken
assert_json '{r["name"]: r for r in rows}["front_connections"]["value"] >= 1'
assert_json '{r["name"]: r for r in rows}["front_core_starts"]["value"] == 1'

# ---- Prometheus reads it
tssh admin stats --format prometheus
assert_status 0
cp "$OUT_FILE" "$TEST_DIR/metrics"
capture python3 "$STOCKROOM_ROOT/tests/ssh/check_metrics.py" "$TEST_DIR/metrics"
assert_status 0
assert_contains "$(cat "$TEST_DIR/metrics")" $'# TYPE stockroom_movements_posted_total counter\nstockroom_movements_posted_total 2\n'
assert_contains "$(cat "$TEST_DIR/metrics")" 'stockroom_commit_seconds_bucket{le="+Inf"} 2'
assert_contains "$(cat "$TEST_DIR/metrics")" 'stockroom_commit_seconds_count 2'
assert_contains "$(cat "$TEST_DIR/metrics")" '# TYPE stockroom_front_processes gauge'
tssh admin stats --format=prometheus
assert_status 0
tssh admin stats --format prometheus --format json
assert_status 64
tssh admin stats --format yaml
assert_status 64
tssh admin whoami --format prometheus
assert_status 64
tssh admin batch < <(echo 'stats --format prometheus')
assert_status 1
assert_contains "$OUT" 'not for a batch'
tssh admin 'help stats --format json'
assert_json 'row["options"] == ["--format=text|csv|json|prometheus"]'
tssh admin 'help inventory'
assert_contains "$OUT" 'class: read'

# ---- The database is away: an admin who is here already is told
tssh admin batch --format json < <(
    echo 'stats'
    psql -X -q -c "ALTER DATABASE $SERVER_DATABASE ALLOW_CONNECTIONS false" "$STOCKROOM_TEST_DSN"
    psql -X -q -A -t -c "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = '$SERVER_DATABASE' AND usename = '$SERVER_APP_ROLE'" "$STOCKROOM_TEST_DSN" >/dev/null
    echo 'stats'
)
psql -X -q -c "ALTER DATABASE $SERVER_DATABASE ALLOW_CONNECTIONS true" "$STOCKROOM_TEST_DSN"
assert_status 0
assert_json '[r["value"] for r in rows if r.get("name") == "movements_posted"] == [2, 2]'
test_done
