-- Have the statements of this transaction planned for the stores that are asked for, with memory for the sums of all products,
-- and without compiling: that takes longer than most reports.
-- columns: plan, memory, jit
SELECT set_config('plan_cache_mode', 'force_custom_plan', true) AS plan, set_config('work_mem', '64MB', true) AS memory,
    set_config('jit', 'off', true) AS jit
