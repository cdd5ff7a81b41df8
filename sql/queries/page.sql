-- name: resolve_keys
-- The pages that these keys name, by alias or by key; an alias comes first.
SELECT i.key, coalesce(a.page_id, p.page_id) AS page_id
FROM unnest($2::text[]) AS i (key)
LEFT JOIN page_alias AS a ON a.site_id = $1 AND a.key = i.key
LEFT JOIN page AS p ON p.site_id = $1 AND p.key = i.key;

-- name: put_alias
-- Let a key name a page from here on.
INSERT INTO page_alias (site_id, key, page_id)
VALUES ($1, $2, $3)
ON CONFLICT (site_id, key) DO UPDATE SET page_id = excluded.page_id;

-- name: rename_page
-- Give a page another key; its URL follows where the key is one.
UPDATE page
SET key = $3, url = CASE WHEN $3 ~ '^https?://' THEN $3 ELSE url END, changed_at = now()
WHERE site_id = $1 AND page_id = $2;

-- name: move_aliases
-- Let every alias of one page name another.
UPDATE page_alias
SET page_id = $3
WHERE site_id = $1 AND page_id = $2;

-- name: move_comments
-- Put all comments of one page under another.
WITH moved AS (
    UPDATE comment
    SET page_id = $3
    WHERE site_id = $1 AND page_id = $2
    RETURNING state
), total AS (
    SELECT count(*)::int AS moved, (count(*) FILTER (WHERE state = 'published'))::int AS published
    FROM moved
), counted AS (
    UPDATE page AS p
    SET published = p.published + CASE p.page_id WHEN $3 THEN t.published ELSE -t.published END, changed_at = now()
    FROM total AS t
    WHERE p.site_id = $1 AND p.page_id IN ($2, $3)
)
SELECT moved
FROM total;

-- name: keys_below
-- The keys of pages that begin with a text.
SELECT key
FROM page
WHERE site_id = $1 AND starts_with(key, $2)
ORDER BY key;
