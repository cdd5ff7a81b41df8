-- name: see_sites
-- Choose the sites whose rows this connection may see.
SELECT set_config('gatepost.sites', $1, false);

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
