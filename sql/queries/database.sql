-- name: see_sites
-- Choose the sites whose rows this connection may see.
SELECT set_config('gatepost.sites', $1, false);

-- name: see_sites_here
-- The same for this transaction only, with the settings that a connection through a pooler cannot start with.
SELECT
    set_config('gatepost.sites', $1, true),
    set_config('statement_timeout', $2, true),
    set_config('jit', 'off', true);

-- name: role_facts
-- What makes the connected role unsafe to serve with.
SELECT
    current_user AS name,
    (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) AS bypasses,
    EXISTS (
        SELECT
        FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
            AND relkind IN ('r', 'p')
            AND pg_has_role(current_user, relowner, 'MEMBER')
    ) AS owns_tables;

-- name: keep_plans
-- Use the plans made once, for the rest of this transaction.
SELECT set_config('plan_cache_mode', 'force_generic_plan', true);
