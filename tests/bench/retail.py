#!/usr/bin/env python3
"""Real sales rows (UCI's "Online Retail" and files of that shape) as commands of Stockroom, and what must come out.

Called by retail.sh. `prepare` writes the command files and works out the final inventory by itself, in whole numbers;
`compare` reads the server's inventory page by page and tells the differences. Standard library only.
"""
import argparse
import collections
import csv
import datetime
import decimal
import hashlib
import io
import json
import pathlib
import subprocess
import sys
import unicodedata

NAME_MAX_BYTES = 200
SKU_MAX_BYTES = 64
STORE_MAX_CHARS = 32
QUANTITY_MAX = 10**12
PRICE_MAX = decimal.Decimal(10) ** 9
COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "Country")
DATE_FORMATS = ("%m/%d/%y %H:%M", "%m/%d/%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S")


def read_rows(path):
    """The rows as dictionaries. Some copies of the data are Latin-1: then no byte is unreadable."""
    data = pathlib.Path(path).read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
    if missing:
        sys.exit(f"{path}: no column {', '.join(missing)}")
    return list(reader), hashlib.sha256(data).hexdigest()


def clean(text, max_bytes):
    """Printable, single blanks, none at the ends, at most so many bytes: what the server takes as a name."""
    text = unicodedata.normalize("NFC", text or "")
    text = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    text = " ".join(text.split())
    while len(text.encode()) > max_bytes:
        text = text[:-1]
    return text.strip()


class Codes:
    """Gives each key a code of its own: wished for, and numbered where the wish is taken."""

    def __init__(self, max_len):
        self.max_len = max_len
        self.by_key = {}
        self.taken = set()

    def get(self, key, wish):
        if key not in self.by_key:
            code, number = wish, 1
            while code in self.taken:
                number += 1
                suffix = f"~{number}" if self.max_len == SKU_MAX_BYTES else f"-{number}"
                code = wish[: self.max_len - len(suffix)] + suffix
            self.taken.add(code)
            self.by_key[key] = code
        return self.by_key[key]


def store_wish(country):
    ascii_text = unicodedata.normalize("NFKD", country).encode("ascii", "ignore").decode()
    code = "".join(c if c.isalnum() else "-" for c in ascii_text).strip("-")
    while "--" in code:
        code = code.replace("--", "-")
    return code[:STORE_MAX_CHARS].strip("-") or "Unspecified"


def parse_quantity(text):
    try:
        quantity = decimal.Decimal((text or "").strip())
        if quantity.is_finite() and quantity == quantity.to_integral_value() and abs(quantity) <= QUANTITY_MAX:
            return int(quantity)
    except decimal.InvalidOperation:
        pass
    return None


def parse_price(text):
    """In whole cents; None for what is no price to record: missing, zero, negative, less than half a cent."""
    try:
        price = decimal.Decimal((text or "").strip())
        if price.is_finite() and 0 < price <= PRICE_MAX:
            price = price.quantize(decimal.Decimal("0.01"), rounding=decimal.ROUND_HALF_EVEN)
            return price if price > 0 else None
    except decimal.InvalidOperation:
        pass
    return None


def parse_time(text):
    for form in DATE_FORMATS:
        try:
            return datetime.datetime.strptime((text or "").strip(), form).strftime("%Y-%m-%dT%H:%M:%SZ")
        except ValueError:
            continue
    return None


def quote(word):
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def command_of(row, quantity, sku, store):
    words = ["sell" if quantity > 0 else "stock-in", quote(sku), str(abs(quantity)), "--store", store]
    price = parse_price(row["UnitPrice"])
    if quantity > 0 and price is not None:
        words += ["--price", str(price)]
    time = parse_time(row["InvoiceDate"])
    if time is not None:
        words += ["--at", time]
    invoice = clean(row["InvoiceNo"], 60)
    if invoice:
        words += ["--note", quote(("invoice " if quantity > 0 else "return, invoice ") + invoice)]
    return " ".join(words)


def prepare(arguments):
    rows, digest = read_rows(arguments.csv)
    stores, skus = Codes(STORE_MAX_CHARS), Codes(SKU_MAX_BYTES)
    names, prices, store_names = {}, {}, {}
    skipped = collections.Counter()
    lines = []
    running = collections.Counter()
    lowest = collections.Counter()
    for row in rows:
        code = (row["StockCode"] or "").strip()
        quantity = parse_quantity(row["Quantity"])
        if not clean(code, SKU_MAX_BYTES):
            skipped["no stock code"] += 1
            continue
        if quantity is None:
            skipped["unreadable quantity"] += 1
            continue
        if quantity == 0:
            skipped["quantity 0"] += 1
            continue
        country = clean(row["Country"], NAME_MAX_BYTES) or "Unspecified"
        store = stores.get(country, store_wish(country))
        store_names[store] = country
        sku = skus.get(code, clean(code, SKU_MAX_BYTES))
        names.setdefault(sku, "")
        names[sku] = names[sku] or clean(row["Description"], NAME_MAX_BYTES)
        price = parse_price(row["UnitPrice"])
        if price is not None:
            prices.setdefault(sku, price)
        lines.append(command_of(row, quantity, sku, store))
        running[store, sku] -= quantity
        lowest[store, sku] = min(lowest[store, sku], running[store, sku])
    out = pathlib.Path(arguments.out)
    write(out / "catalogue", catalogue(store_names, names, prices))
    # Just what the worst moment needs: a sale that posted twice would be refused, not hidden.
    write(out / "opening", [f"stock-in {quote(sku)} {-low} --store {store} --note \"opening stock\""
                            for (store, sku), low in lowest.items() if low < 0])
    write(out / "rows", lines)
    expected = [[store, sku, running[store, sku] - lowest[store, sku]] for store, sku in running]
    plan = {"digest": digest[:16], "rows": len(rows), "skipped": dict(skipped), "stores": len(store_names),
            "products": len(names), "lines": len(lines), "expected": expected}
    (out / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    print(f"rows {len(rows)}, skipped {sum(skipped.values())}"
          + "".join(f", {why} {count}" for why, count in sorted(skipped.items())))
    print(f"stores {len(store_names)}, products {len(names)}")


def catalogue(store_names, names, prices):
    for store, country in store_names.items():
        yield f"store add {store} --name {quote(country)} --currency GBP"
    for sku, name in names.items():
        price = f" --price {prices[sku]}" if sku in prices else ""
        yield f"product add {quote(sku)} --name {quote(name or sku)}{price}"


def write(path, lines):
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for line in lines:
            file.write(line + "\n")


def server_inventory(ssh):
    """All rows, page by page."""
    found, after = {}, None
    while True:
        command = "inventory --all-stores --format json --limit 10000" + (f" --after {after}" if after else "")
        result = subprocess.run(ssh + [command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
        if result.returncode != 0:
            sys.exit(f"inventory: exit status {result.returncode}")
        after = None
        for line in result.stdout.decode("utf-8").splitlines():
            row = json.loads(line, parse_float=decimal.Decimal)
            if "after" in row:
                after = row["after"]
            else:
                found[row["store"], row["sku"]] = row["quantity"]
        if after is None:
            return found


def compare(arguments):
    plan = json.loads(pathlib.Path(arguments.plan).read_text(encoding="utf-8"))
    expected = {(store, sku): quantity for store, sku, quantity in plan["expected"]}
    stores = {store for store, _ in expected}
    found = {key: quantity for key, quantity in server_inventory(arguments.ssh).items() if key[0] in stores}
    differences = []
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key, 0) != found.get(key, 0) or (key in expected) != (key in found):
            differences.append((key, expected.get(key), found.get(key)))
    for (store, sku), wanted, got in differences[:20]:
        print(f"{store} {sku}: expected {wanted}, the server has {got}")
    if differences:
        print(f"inventory differs in {len(differences)} of {len(expected)} places")
        return 1
    print(f"inventory matches ({len(expected)} balances)")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    sub = commands.add_parser("prepare", help="write catalogue, opening, rows and plan.json into OUT")
    sub.add_argument("csv")
    sub.add_argument("out")
    sub = commands.add_parser("compare", help="compare plan.json with the server's inventory")
    sub.add_argument("plan")
    sub.add_argument("ssh", nargs="+", help="the ssh command that reaches the server as admin")
    arguments = parser.parse_args()
    if arguments.command == "prepare":
        return prepare(arguments)
    return compare(arguments)


if __name__ == "__main__":
    sys.exit(main())
