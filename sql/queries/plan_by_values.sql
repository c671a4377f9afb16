-- Have the statements of this transaction planned by the values of their parameters: for those with many filters, of which few
-- are given.
-- columns: mode
SELECT set_config('plan_cache_mode', 'force_custom_plan', true) AS mode
