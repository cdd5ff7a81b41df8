-- name: find_page
-- One page by its key, or by another name that it has; an alias comes first.
SELECT p.page_id, p.key, p.url, p.title, p.published, p.closed, p.changed_at
FROM page AS p
WHERE p.site_id = $1
    AND p.page_id = coalesce(
        (SELECT a.page_id FROM page_alias AS a WHERE a.site_id = $1 AND a.key = $2),
        (SELECT named.page_id FROM page AS named WHERE named.site_id = $1 AND named.key = $2)
    );

-- name: thread_oldest
-- A page as find_page finds it, with its published comments in the order of arrival, after a given one.
SELECT
    p.page_id, p.key, p.url, p.title, p.published, p.closed, p.changed_at,
    c.comment_id, c.parent_id, c.author_name, c.author_url, c.html, c.created_at, c.edited_at
FROM page AS p
LEFT JOIN LATERAL (
    SELECT comment_id, parent_id, author_name, author_url, html, created_at, edited_at
    FROM comment
    WHERE site_id = p.site_id AND page_id = p.page_id AND state = 'published'
        AND ($3::uuid IS NULL OR comment_id > $3)
    ORDER BY comment_id
    LIMIT $4
) AS c ON true
WHERE p.site_id = $1
    AND p.page_id = coalesce(
        (SELECT a.page_id FROM page_alias AS a WHERE a.site_id = $1 AND a.key = $2),
        (SELECT named.page_id FROM page AS named WHERE named.site_id = $1 AND named.key = $2)
    )
ORDER BY c.comment_id;

-- name: thread_newest
-- The same with the latest comments first, before a given one.
SELECT
    p.page_id, p.key, p.url, p.title, p.published, p.closed, p.changed_at,
    c.comment_id, c.parent_id, c.author_name, c.author_url, c.html, c.created_at, c.edited_at
FROM page AS p
LEFT JOIN LATERAL (
    SELECT comment_id, parent_id, author_name, author_url, html, created_at, edited_at
    FROM comment
    WHERE site_id = p.site_id AND page_id = p.page_id AND state = 'published'
        AND ($3::uuid IS NULL OR comment_id < $3)
    ORDER BY comment_id DESC
    LIMIT $4
) AS c ON true
WHERE p.site_id = $1
    AND p.page_id = coalesce(
        (SELECT a.page_id FROM page_alias AS a WHERE a.site_id = $1 AND a.key = $2),
        (SELECT named.page_id FROM page AS named WHERE named.site_id = $1 AND named.key = $2)
    )
ORDER BY c.comment_id DESC;

-- name: find_published
-- One published comment.
SELECT comment_id, parent_id, author_name, author_url, html, created_at, edited_at
FROM comment
WHERE site_id = $1 AND comment_id = $2 AND state = 'published';

-- name: page_counts
-- How many published comments the page of each of these keys has.
SELECT i.key, p.published
FROM unnest($2::text[]) AS i (key)
LEFT JOIN page_alias AS a ON a.site_id = $1 AND a.key = i.key
JOIN page AS p ON p.site_id = $1 AND p.page_id = coalesce(
    a.page_id, (SELECT named.page_id FROM page AS named WHERE named.site_id = $1 AND named.key = i.key)
);

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
