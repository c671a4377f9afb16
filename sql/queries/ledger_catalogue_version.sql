-- The version of products, barcodes and stores: what a server remembers of them holds while it stays the same.
-- columns: version
SELECT version FROM catalogue_version
