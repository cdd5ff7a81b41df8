-- name: find_site
-- One site by the name in its URLs.
SELECT site_id, name, title, origins, policy, learned
FROM site
WHERE name = $1;

-- name: all_site_ids
-- The ids of all sites.
SELECT site_id
FROM site;

-- name: list_sites
-- Every site, by name.
SELECT site_id, name, title, origins, policy, learned
FROM site
ORDER BY name;

-- name: next_site_id
-- Reserve a number for a new site, so that row-level security can be told of it before the row exists.
SELECT nextval(pg_get_serial_sequence('site', 'site_id'))::int;

-- name: add_site
-- Make a site, with its counters and chains at zero.
WITH made AS (
    INSERT INTO site (site_id, name, title, origins, policy)
    OVERRIDING SYSTEM VALUE
    VALUES ($1, $2, $3, $4, $5::jsonb)
    RETURNING site_id
), counters AS (
    INSERT INTO counter (site_id, state)
    SELECT site_id, state
    FROM made, unnest(ARRAY['held', 'published', 'rejected', 'erased']) AS state
)
INSERT INTO chain (site_id, name)
SELECT site_id, name
FROM made, unnest(ARRAY['decision', 'event']) AS name;

-- name: add_key
-- Keep a fresh key unless another process was first.
INSERT INTO secret (site_id, purpose, day, key)
VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING;

-- name: site_keys
-- A site's permanent keys and the address key of a day.
SELECT purpose, key
FROM secret
WHERE site_id = $1 AND day IN ('epoch', $2);

-- name: counters
-- How many comments of each site are in each state.
SELECT site_id, state, total
FROM counter;

-- name: lock_policy
-- A site's policy, for changing it.
SELECT policy
FROM site
WHERE site_id = $1
FOR UPDATE;

-- name: put_policy
-- Write a site's policy, and put on record what of it was changed and by whom.
WITH changed AS (
    UPDATE site
    SET policy = $2::jsonb
    WHERE site_id = $1
    RETURNING site_id
)
INSERT INTO event (site_id, kind, detail, created_at)
SELECT site_id, 'policy.changed', $3, $4
FROM changed;

-- name: put_site
-- Write a site's title and origins.
UPDATE site
SET title = $2, origins = $3
WHERE site_id = $1;
