#!/bin/bash
# Imports of products: all rows or none, what is wrong told by line and column, and what an export wrote is read again.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start
must admin 'store add S001 --name "Main Street"'
must admin 'product add OLD-1 --name Lamp --price 5 --barcode 900'
must admin 'product add OLD-2 --name Tea --unit kg --category Drinks'
new_user olga '--role owner --store S001'
input=$TEST_DIR/input.csv

import() { # OPTIONS: with what $input holds
    tssh admin "import products $1" <"$input"
}

printf 'name,sku,unit,category,price,barcodes\r\n"Oat, ""fine""",N-1,kg,Milk,2.50,111;222 333\r\nNut,N-2,,,,\r\nLamp,OLD-1,each,Light,6,900 901\r\n' >"$input"
import --dry-run
assert_status 0
assert_contains "$OUT" '3 rows, 2 products added, 1 changed, 4 barcodes added (dry run)'
tssh admin 'product show N-1'
assert_status 65
import ''
assert_status 0
assert_equal 'import: 3 rows, 2 products added, 1 changed, 4 barcodes added' "$OUT"
tssh admin 'product show N-1 --format json'
assert_json 'row["name"] == "Oat, \"fine\"" and row["unit"] == "kg" and row["price"] == "2.50" and row["barcodes"] == ["111", "222", "333"]'
tssh admin 'product show 901 --format json'
assert_json 'row["sku"] == "OLD-1" and row["category"] == "Light" and row["price"] == "6.00"'
tssh admin 'audit --format json --limit 1'
assert_json 'row["action"] == "import products" and row["after"] == {"rows": 3, "added": 2, "changed": 1, "barcodes": 4}'
must admin 'stock-in N-1 1.5 --store S001' # known to the ledger at once

# ---- What an export wrote changes nothing
tssh admin 'export products --delimiter ";"'
assert_status 0
cp "$OUT_FILE" "$input"
import '--delimiter ";"'
assert_status 0
assert_contains "$OUT" '4 rows, 0 products added, 0 changed, 0 barcodes added'

# ---- A column that is not there keeps what is; one that is empty takes it away
printf 'sku,category\nOLD-2,\n' >"$input"
import ''
assert_status 0
tssh admin 'product show OLD-2 --format json'
assert_json 'row["category"] is None and row["name"] == "Tea"'

# ---- All that is wrong is told together, and nothing is imported
printf 'sku,name,unit,price,barcodes\nX-1,Fine,each,1,\nX-2,Bad,stone,1,\nX-3,Bad,each,dear,\nX-4\n' >"$input"
import ''
assert_status 65
assert_contains "$ERR" 'line 3, column unit'
assert_contains "$ERR" 'line 4, column price'
assert_contains "$ERR" 'line 5, column 1: the row has 1 fields, the header 5'
assert_contains "$ERR" 'nothing was imported: 3 mistakes'
printf 'sku,name,unit,barcodes\nX-1,Fine,each,X-2\nX-1,Twice,each,\nX-2,Bad,each,900\nX-3,,each,\nOLD-2,Tea,each,\n901,Code,each,\n' >"$input"
import ''
assert_status 65
for said in 'line 2, column barcodes: X-2 is the SKU of line 4' 'line 3, column sku: X-1 is there twice: in line 2' \
    'line 4, column barcodes: 900 is a barcode of OLD-1' 'line 5, column name' 'line 6, column unit' \
    'line 7, column sku: 901 is a barcode of OLD-1'; do
    assert_contains "$ERR" "$said"
done
tssh admin 'product show X-1'
assert_status 65
{
    echo 'sku,unit'
    seq -f 'S-%g,stone' 1500
} >"$input"
import ''
assert_status 65
assert_equal 1000 "$(grep -c '^line ' "$ERR_FILE")"
assert_contains "$ERR" '1500 mistakes'

# ---- What is no csv
for bad in 'name\nx\n' 'sku,colour\nx,y\n' 'sku,name\nA,"b\n' ''; do
    printf "$bad" >"$input"
    import ''
    assert_status 65
done
assert_equal 0 "$(psql -qXAt -d "$SERVER_DSN" -c 'SELECT count(*) FROM import_products')"

# ---- Many, and only for admins
python3 - "$input" <<'PY'
import sys
with open(sys.argv[1], "w") as file:
    file.write("sku,name,price,barcodes\n")
    for i in range(30000):
        file.write("M-%06d,Product number %d,%d.99,8%07d\n" % (i, i, i % 100, i))
PY
import --progress
assert_status 0
assert_contains "$OUT" '30000 products added'
assert_contains "$ERR" 'import: 30000 rows'
tssh olga 'import products' <"$input"
assert_status 77
test_done
