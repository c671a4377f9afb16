-- Have the statements of this transaction planned by the values of their parameters: for those with many filters, of which few
-- are given. What pages of people touch is in memory: its pages cost about the same in any order.
-- columns: mode, page_cost
SELECT set_config('plan_cache_mode', 'force_custom_plan', true) AS mode,
    set_config('random_page_cost', '1.1', true) AS page_cost
