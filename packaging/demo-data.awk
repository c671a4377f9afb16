# Writes the demo's command files from demo-products.txt. Run by packaging/demo.sh; touches nothing but its output.
#   -v mode=catalogue            stores and products
#   -v mode=history -v now=UNIX  four weeks of movements that end at that second
# The same input gives the same output, so that a broken load can be run again with its batch key.
BEGIN {
    FS = ";"
    seed = 20240501
    products = 0
}

/^#/ || NF < 6 { next }

{
    count = split($6, variants, ",")
    for (v = 1; v <= count; v++) {
        products++
        sku[products] = sprintf("%s-%02d", $1, v)
        category[products] = $2
        unit[products] = $3
        name[products] = $5 ", " variants[v]
        price_cents[products] = int($4 * 100 + 0.5) + (v - 1) * 10
        barcode[products] = ean13(sprintf("20%010d", products))
    }
}

END {
    if (mode == "catalogue") {
        write_catalogue()
    } else {
        write_history()
    }
}

# A generator of our own: awk's differ from one awk to the next. Parameters of Park and Miller; exact in doubles.
function random(below) {
    seed = (seed * 16807) % 2147483647
    return seed % below
}

# Numbers that begin with 20 are for use within a shop: no maker's barcode is like them.
function ean13(digits,    i, sum) {
    for (i = 1; i <= 12; i++) {
        sum += substr(digits, i, 1) * (i % 2 ? 1 : 3)
    }
    return digits ((10 - sum % 10) % 10)
}

function quoted(text) {
    gsub(/["\\]/, "\\\\&", text)
    return "\"" text "\""
}

function money(cents) {
    return sprintf("%d.%02d", int(cents / 100), cents % 100)
}

function write_catalogue(    p) {
    print "store add S001 --name \"Main Street\" --timezone Europe/Berlin --currency EUR"
    print "store add S002 --name \"Harbour\" --timezone Europe/Lisbon --currency EUR"
    print "store add S003 --name \"Airport\" --timezone Europe/Helsinki --currency EUR"
    for (p = 1; p <= products; p++) {
        printf "product add %s --name %s --barcode %s --unit %s --category %s --price %s\n", sku[p],
            quoted(name[p]), barcode[p], unit[p], quoted(category[p]), money(price_cents[p])
    }
}

# A quantity in the product's unit: whole pieces, or three decimals.
function amount(p, pieces) {
    if (unit[p] == "each") {
        return pieces ""
    }
    return sprintf("%d.%03d", pieces, random(1000))
}

# Days since 1970 to a date, after the civil calendar's 400-year cycle.
function rfc3339(seconds,    days, era, doe, yoe, doy, mp, day, month, year, rest) {
    days = int(seconds / 86400)
    rest = seconds - days * 86400
    days += 719468
    era = int(days / 146097)
    doe = days - era * 146097
    yoe = int((doe - int(doe / 1460) + int(doe / 36524) - int(doe / 146096)) / 365)
    doy = doe - (365 * yoe + int(yoe / 4) - int(yoe / 100))
    mp = int((5 * doy + 2) / 153)
    day = doy - int((153 * mp + 2) / 5) + 1
    month = mp < 10 ? mp + 3 : mp - 9
    year = yoe + era * 400 + (month <= 2)
    return sprintf("%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day, int(rest / 3600), int(rest % 3600 / 60),
        rest % 60)
}

function write_history(    s, p, n, store, at, left, pieces, stock) {
    split("S001 S002 S003", stores, " ")
    for (s = 1; s <= 3; s++) {
        store = stores[s]
        print "use " store
        at = now - 28 * 86400
        for (p = 1; p <= products; p++) {
            left[s, p] = 20 + random(80)
            printf "stock-in %s %d --cost %s --note \"opening stock\" --at %s\n", sku[p], left[s, p],
                money(int(price_cents[p] * 0.6)), rfc3339(at)
        }
        for (n = 1; n <= 1200; n++) {
            at += int((now - 60 - at) / (1201 - n + 1))
            p = 1 + random(products)
            pieces = 1 + random(4)
            if (left[s, p] <= pieces + 1) {
                left[s, p] += 48
                printf "stock-in %s 48 --cost %s --at %s\n", sku[p], money(int(price_cents[p] * 0.6)), rfc3339(at)
            } else if (n % 60 == 0) {
                left[s, p] -= 1
                printf "remove %s 1 --reason %s --at %s\n", sku[p],
                    random(2) ? "damaged" : "expired", rfc3339(at)
            } else {
                left[s, p] -= pieces + (unit[p] == "each" ? 0 : 1)
                printf "sell %s %s --price %s --at %s\n", sku[p], amount(p, pieces), money(price_cents[p]), rfc3339(at)
            }
        }
    }
}
