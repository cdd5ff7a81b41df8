-- name: add_report
-- Keep a report of a published comment, once per address until it is looked at.
WITH made AS (
    INSERT INTO report (site_id, report_id, comment_id, reason, note, address_hash, created_at)
    SELECT c.site_id, $3, c.comment_id, $4, $5, $6, $7
    FROM comment AS c
    WHERE c.site_id = $1 AND c.comment_id = $2 AND c.state = 'published'
    ON CONFLICT (site_id, comment_id, address_hash) WHERE closed_at IS NULL DO NOTHING
    RETURNING site_id, comment_id, reason, created_at
)
INSERT INTO event (site_id, kind, comment_id, detail, created_at)
SELECT site_id, 'comment.reported', comment_id, reason, created_at
FROM made;

-- name: add_appeal
-- Keep an appeal of the decision that stands, unless that decision has been appealed or itself answered an appeal.
WITH made AS (
    INSERT INTO appeal (site_id, decision_id, comment_id, text, created_at)
    SELECT d.site_id, d.decision_id, d.comment_id, $3, $4
    FROM comment AS c
    JOIN LATERAL (
        SELECT s.site_id, s.decision_id, s.comment_id
        FROM decision AS s
        WHERE s.site_id = c.site_id AND s.comment_id = c.comment_id AND s.state_after = c.state
        ORDER BY s.seq DESC
        LIMIT 1
    ) AS d ON true
    WHERE c.site_id = $1 AND c.comment_id = $2 AND c.state = 'rejected'
        AND NOT EXISTS (SELECT FROM appeal AS a WHERE a.site_id = d.site_id AND a.answered_by = d.decision_id)
    ON CONFLICT DO NOTHING
    RETURNING site_id, comment_id, created_at
)
INSERT INTO event (site_id, kind, comment_id, created_at)
SELECT site_id, 'comment.appealed', comment_id, created_at
FROM made;

-- name: reports_on
-- Every report on these comments, the latest first.
SELECT comment_id, report_id, reason, note, created_at, closed_at
FROM report
WHERE comment_id = ANY ($1::uuid[])
ORDER BY created_at DESC;

-- name: appeals_on
-- The latest appeal on each of these comments, with the decision appealed and the one that answered it.
SELECT DISTINCT ON (a.site_id, a.comment_id)
    a.comment_id, a.decision_id, a.text, a.created_at, d.decided_by,
    answer.created_at AS answered_at, answer.state_after
FROM appeal AS a
JOIN decision AS d ON d.site_id = a.site_id AND d.decision_id = a.decision_id
LEFT JOIN decision AS answer ON answer.site_id = a.site_id AND answer.decision_id = a.answered_by
WHERE a.comment_id = ANY ($1::uuid[])
ORDER BY a.site_id, a.comment_id, a.created_at DESC;

-- name: standing
-- What readers say about comments at the moment, and where they stand in the queue.
SELECT
    c.site_id, c.comment_id, c.created_at,
    coalesce((
        SELECT array_agg(r.reason)
        FROM report AS r
        WHERE r.site_id = c.site_id AND r.comment_id = c.comment_id AND r.closed_at IS NULL
    ), '{}') AS reports,
    EXISTS (
        SELECT
        FROM appeal AS a
        WHERE a.site_id = c.site_id AND a.comment_id = c.comment_id AND a.answered_by IS NULL
    ) AS appealed,
    q.weight, q.queued_at, coalesce(q.flags, '{}') AS flags, coalesce(q.categories, '{}') AS categories
FROM comment AS c
LEFT JOIN queue AS q ON q.site_id = c.site_id AND q.comment_id = c.comment_id
WHERE c.comment_id = ANY ($1::uuid[]);

-- name: raise_in_queue
-- Queue a comment, or raise one that is queued; a lease on it goes on.
INSERT INTO queue AS q (site_id, comment_id, rank, weight, flags, categories, queued_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (site_id, comment_id) DO UPDATE
SET rank = excluded.rank, weight = excluded.weight, flags = excluded.flags, categories = excluded.categories;

-- name: unqueue
-- Take comments out of the queue.
DELETE FROM queue
WHERE comment_id = ANY ($1::uuid[]);
