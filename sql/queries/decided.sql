-- name: decided_cases
-- The latest comments of a site on which a person's decision stands, with the verdict that they had.
SELECT
    c.comment_id, c.decided, c.body, c.author_name, c.author_email, c.author_url, c.address_prefix, c.lang,
    p.title AS page_title, v.action, v.scores, v.models, v.flags
FROM comment AS c
JOIN page AS p ON p.site_id = c.site_id AND p.page_id = c.page_id
JOIN verdict AS v ON v.site_id = c.site_id AND v.comment_id = c.comment_id AND v.revision = c.revision
WHERE c.site_id = $1 AND c.decided <> '' AND c.state <> 'erased'
ORDER BY c.comment_id DESC
LIMIT $2;
