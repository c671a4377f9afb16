-- Rows of a file, before they are looked at together.
-- $1 import_id bigint
-- $2 lines bigint[]
-- $3 skus text[]
-- $4 names text[]
-- $5 categories text[]
-- $6 units text[]
-- $7 prices text[]: thousandths
-- $8 barcodes text[]: each a list parted by newlines
INSERT INTO import_products (import_id, line, sku, name, category, unit, price_milli, barcodes)
SELECT $1::bigint, r.line, r.sku, r.name, r.category, r.unit, r.price::bigint, r.barcodes
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    AS r (line, sku, name, category, unit, price, barcodes)
