-- Have all postings wait, of all stores: what is checked now holds until this transaction ends. They look at the catalogue's
-- version once they go on.
-- columns: ledgers
SELECT count(*) AS ledgers
FROM (SELECT store_id FROM store_ledger ORDER BY store_id FOR UPDATE) AS l
