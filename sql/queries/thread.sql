-- name: find_page
-- One page by its key.
SELECT page_id, key, url, title, published, closed, changed_at
FROM page
WHERE site_id = $1 AND key = $2;

-- name: published_oldest
-- A page's published comments in the order of arrival, after a given one.
SELECT comment_id, parent_id, author_name, author_url, html, created_at, edited_at
FROM comment
WHERE site_id = $1 AND page_id = $2 AND state = 'published' AND ($3::uuid IS NULL OR comment_id > $3)
ORDER BY comment_id
LIMIT $4;

-- name: published_newest
-- A page's published comments, latest first, before a given one.
SELECT comment_id, parent_id, author_name, author_url, html, created_at, edited_at
FROM comment
WHERE site_id = $1 AND page_id = $2 AND state = 'published' AND ($3::uuid IS NULL OR comment_id < $3)
ORDER BY comment_id DESC
LIMIT $4;

-- name: page_counts
-- How many published comments each of these pages has.
SELECT key, published
FROM page
WHERE site_id = $1 AND key = ANY ($2::text[]);

-- name: recent_published
-- A site's latest published comments with their pages.
SELECT
    p.page_id, p.key, p.url, p.title, p.published, p.closed, p.changed_at,
    c.comment_id, c.parent_id, c.author_name, c.author_url, c.html, c.created_at, c.edited_at
FROM comment AS c
JOIN page AS p ON p.site_id = c.site_id AND p.page_id = c.page_id
WHERE c.site_id = $1 AND c.state = 'published'
ORDER BY c.comment_id DESC
LIMIT $2;

-- name: author_view
-- A comment as its author may see it, with the reason of the decision that stands.
SELECT
    s.name AS site, c.comment_id, c.state, c.html, c.created_at, v.flags,
    p.page_id, p.key, p.url, p.title, p.published, p.closed, p.changed_at,
    (
        SELECT d.reason
        FROM decision AS d
        WHERE d.site_id = c.site_id AND d.comment_id = c.comment_id AND d.state_after = c.state
        ORDER BY d.seq DESC
        LIMIT 1
    ) AS reason
FROM comment AS c
JOIN site AS s ON s.site_id = c.site_id
JOIN page AS p ON p.site_id = c.site_id AND p.page_id = c.page_id
JOIN verdict AS v ON v.site_id = c.site_id AND v.comment_id = c.comment_id AND v.revision = c.revision
WHERE c.site_id = $1 AND c.comment_id = $2;
