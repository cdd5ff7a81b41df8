-- name: approvals
-- How many of a site's comments of the last 90 days people have approved, as far as 300.
SELECT count(*)
FROM (
    SELECT
    FROM comment
    WHERE site_id = $1 AND decided = 'approve' AND decided <> '' AND created_at > now() - interval '90 days'
    LIMIT 300
) AS enough;

-- name: genuine_scores
-- The scores of the latest 5000 comments that stand on a site: approved by a person, or unchallenged for a day.
SELECT (v.scores ->> $2)::float8 AS score
FROM comment AS c
JOIN verdict AS v ON v.site_id = c.site_id AND v.comment_id = c.comment_id AND v.revision = c.revision
WHERE c.site_id = $1 AND c.state = 'published'
    AND c.created_at > now() - interval '90 days'
    AND (c.decided = 'approve' OR c.created_at < now() - interval '1 day')
    AND v.models ->> $2 = $3 AND v.scores ? $2
ORDER BY c.comment_id DESC
LIMIT 5000;

-- name: keep_learned
-- Keep the cuts that a site's own comments gave.
UPDATE site
SET learned = $2::jsonb
WHERE site_id = $1 AND learned <> $2::jsonb;
