-- name: own_comment
-- A comment as its author may see and change it, with the decision that stands and the latest appeal.
SELECT
    s.name AS site, c.comment_id, c.parent_id, c.state, c.version, c.lang, c.author_name, c.author_email,
    c.author_url, c.author_key, c.body, c.html, c.created_at, c.edited_at, v.flags,
    p.page_id, p.key, p.url, p.title, p.published, p.closed, p.changed_at,
    d.decision_id, d.reason, d.decided_by, d.created_at AS decided_at, d.statement,
    EXISTS (
        SELECT FROM appeal AS earlier WHERE earlier.site_id = c.site_id AND earlier.answered_by = d.decision_id
    ) AS final
FROM comment AS c
JOIN site AS s ON s.site_id = c.site_id
JOIN page AS p ON p.site_id = c.site_id AND p.page_id = c.page_id
JOIN verdict AS v ON v.site_id = c.site_id AND v.comment_id = c.comment_id AND v.revision = c.revision
LEFT JOIN LATERAL (
    SELECT stands.decision_id, stands.reason, stands.decided_by, stands.created_at, said.text AS statement
    FROM decision AS stands
    LEFT JOIN statement AS said
        ON said.site_id = stands.site_id AND said.comment_id = stands.comment_id
        AND said.decision_id = stands.decision_id
    WHERE stands.site_id = c.site_id AND stands.comment_id = c.comment_id AND stands.state_after = c.state
    ORDER BY stands.seq DESC
    LIMIT 1
) AS d ON true
WHERE c.site_id = $1 AND c.comment_id = $2;

-- name: revise_comment
-- Put a judged revision in a comment's place, with everything that must be true together with it; the text before is
-- kept for moderators.
WITH before AS (
    SELECT site_id, comment_id, page_id, state, revision, body, coalesce(edited_at, created_at) AS written_at
    FROM comment
    WHERE site_id = $1 AND comment_id = $2 AND version = $3 AND state IN ('held', 'published')
    FOR UPDATE
), revised AS (
    UPDATE comment AS c
    SET body = $4, html = $5, text_hash = $6, near = $7, state = $8, revision = c.revision + 1, version = c.version + 1,
        edited_at = $13
    FROM before AS b
    WHERE c.site_id = b.site_id AND c.comment_id = b.comment_id
    RETURNING c.site_id, c.comment_id, c.page_id, c.revision, c.state AS state_after, b.state AS state_before
), kept AS (
    INSERT INTO revision (site_id, comment_id, revision, body, written_at)
    SELECT b.site_id, b.comment_id, b.revision, b.body, b.written_at
    FROM before AS b
    JOIN revised AS r ON r.site_id = b.site_id AND r.comment_id = b.comment_id
), new_verdict AS (
    INSERT INTO verdict (site_id, comment_id, revision, action, scores, models, flags, created_at)
    SELECT site_id, comment_id, revision, $9, $10::jsonb, $11::jsonb, $12::jsonb, $13
    FROM revised
), page_count AS (
    UPDATE page AS p
    SET published = p.published + (r.state_after = 'published')::int - (r.state_before = 'published')::int,
        changed_at = $13
    FROM revised AS r
    WHERE p.site_id = r.site_id AND p.page_id = r.page_id
), state_count AS (
    UPDATE counter AS k
    SET total = k.total + (k.state = r.state_after)::int - (k.state = r.state_before)::int
    FROM revised AS r
    WHERE k.site_id = r.site_id AND k.state IN (r.state_after, r.state_before)
), new_decision AS (
    INSERT INTO decision (
        site_id, decision_id, comment_id, action, reason, state_before, state_after, decided_by, created_at
    )
    SELECT site_id, $14, comment_id, 'reject', 'spam', state_before, state_after, 'policy', $13
    FROM revised
    WHERE state_after = 'rejected'
), new_outbox AS (
    INSERT INTO outbox (site_id, webhook_id, kind, comment_id, created_at)
    SELECT r.site_id, w.webhook_id, 'comment.' || r.state_after, r.comment_id, $13
    FROM revised AS r
    JOIN webhook AS w ON w.site_id = r.site_id AND w.enabled AND 'comment.' || r.state_after = ANY (w.kinds)
    WHERE r.state_before <> r.state_after
), new_event AS (
    INSERT INTO event (site_id, kind, comment_id, detail, created_at)
    SELECT site_id, 'comment.revised', comment_id, state_after, $13
    FROM revised
)
SELECT comment_id FROM revised;

-- name: use_proof
-- Note a proof of work as used; no row back when another request has used it.
INSERT INTO proof AS p (site_id, nonce, request_hash, expires_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT (site_id, nonce) DO UPDATE SET expires_at = p.expires_at
WHERE p.request_hash = excluded.request_hash
RETURNING nonce;
