-- name: decisions
-- Every decision on a comment, latest first.
SELECT
    d.site_id, d.comment_id, d.decision_id, d.action, d.reason, d.note, d.state_before, d.state_after, d.decided_by,
    d.undoes, d.created_at, d.batch_id, t.text AS statement,
    EXISTS (
        SELECT FROM decision AS later WHERE later.site_id = d.site_id AND later.undoes = d.decision_id
    ) AS undone
FROM decision AS d
LEFT JOIN statement AS t
    ON t.site_id = d.site_id AND t.comment_id = d.comment_id AND t.decision_id = d.decision_id
WHERE d.comment_id = $1
ORDER BY d.seq DESC;

-- name: history
-- What was decided, the latest first, before a decision; of decisions taken together the first, with their number.
SELECT
    head.site_id, s.name AS site, head.comment_id, head.decision_id, head.action, head.reason, head.note,
    head.state_before, head.state_after, head.decided_by, head.undoes, head.created_at, head.batch_id, t.text AS statement,
    c.author_name, left(c.body, 300) AS body, p.title, p.url,
    EXISTS (
        SELECT FROM decision AS later WHERE later.site_id = head.site_id AND later.undoes = head.decision_id
    ) AS undone,
    (
        SELECT count(*) FROM decision AS d WHERE d.site_id = head.site_id AND d.batch_id = head.batch_id
    ) AS together,
    head.decision_id = (
        SELECT d.decision_id
        FROM decision AS d
        WHERE d.site_id = head.site_id AND d.comment_id = head.comment_id
        ORDER BY d.seq DESC
        LIMIT 1
    ) AS latest,
    EXISTS (
        SELECT FROM queue AS q
        WHERE q.site_id = head.site_id AND q.comment_id = head.comment_id AND q.second_of IS NOT NULL
            AND q.not_for <> $5
    ) AS secret
FROM unnest($1::int[]) AS i (site_id)
CROSS JOIN LATERAL (
    SELECT
        d.site_id, d.comment_id, d.decision_id, d.action, d.reason, d.note, d.state_before, d.state_after, d.decided_by,
        d.undoes, d.created_at, d.batch_id
    FROM decision AS d
    WHERE d.site_id = i.site_id
        AND d.decision_id < $2
        AND ($3 = '' OR d.decided_by = $3)
        AND (d.batch_id IS NULL OR d.batch_id = d.decision_id)
    ORDER BY d.decision_id DESC
    LIMIT $4
) AS head
JOIN site AS s ON s.site_id = head.site_id
JOIN comment AS c ON c.site_id = head.site_id AND c.comment_id = head.comment_id
JOIN page AS p ON p.site_id = c.site_id AND p.page_id = c.page_id
LEFT JOIN statement AS t
    ON t.site_id = head.site_id AND t.comment_id = head.comment_id AND t.decision_id = head.decision_id
ORDER BY head.decision_id DESC
LIMIT $4;

-- name: decided_since
-- How many comments somebody has decided on since a time, as far as a thousand of each site; in the order of the index,
-- for a plan that does not know the time would read every decision.
SELECT count(*)
FROM unnest($1::int[]) AS s (site_id)
CROSS JOIN LATERAL (
    SELECT
    FROM decision AS d
    WHERE d.site_id = s.site_id AND d.decided_by = $2 AND d.decision_id >= $3 AND d.action <> 'undo'
    ORDER BY d.decision_id DESC
    LIMIT 1000
) AS few;

-- name: batch
-- The decisions that were taken together.
SELECT decision_id
FROM decision
WHERE batch_id = $1
ORDER BY comment_id;
