-- name: lock_comments
-- Take comments for deciding, in one order for everybody, with who decided last, who holds the lease, and whether
-- somebody else has to decide: the comment is appealed, $2 ($3) took that decision, and the site has another member.
SELECT
    c.site_id, c.comment_id, c.page_id, c.state, c.version, c.decided, c.author_key, c.created_at, s.policy,
    q.site_id IS NOT NULL AS queued, q.leased_by, q.leased_label, q.leased_until > now() AS leased, q.not_for, q.second_of,
    (
        SELECT d.decided_by || ' (' || d.action || ')'
        FROM decision AS d
        WHERE d.site_id = c.site_id AND d.comment_id = c.comment_id
        ORDER BY d.seq DESC
        LIMIT 1
    ) AS last_decision,
    EXISTS (
        SELECT
        FROM appeal AS a
        JOIN decision AS d ON d.site_id = a.site_id AND d.decision_id = a.decision_id
        WHERE a.site_id = c.site_id AND a.comment_id = c.comment_id AND a.answered_by IS NULL
            AND d.member_id IS NOT DISTINCT FROM $2 AND (d.member_id IS NOT NULL OR d.decided_by = $3)
            AND EXISTS (
                SELECT
                FROM member AS m
                WHERE m.site_id = c.site_id AND m.revoked_at IS NULL AND m.role <> 'viewer'
                    AND m.member_id IS DISTINCT FROM $2
            )
    ) AS needs_another
FROM comment AS c
JOIN site AS s ON s.site_id = c.site_id
LEFT JOIN queue AS q ON q.site_id = c.site_id AND q.comment_id = c.comment_id
WHERE c.comment_id = ANY ($1::uuid[])
ORDER BY c.site_id, c.comment_id
FOR UPDATE OF c;

-- name: apply_decisions
-- Move comments from the state that was seen, with everything that must be true together with it.
WITH wish AS (
    SELECT *
    FROM unnest(
        $1::int[], $2::uuid[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
        $10::text[], $11::text[], $12::boolean[], $13::bytea[], $14::uuid[], $15::int[], $16::text[]
    ) AS i (
        site_id, comment_id, page_id, decision_id, action, reason, note, state_before, state_after,
        decided_before, decided_after, queued_before, author_key, undoes, version, statement
    )
    ORDER BY i.site_id
), moved AS (
    UPDATE comment AS c
    SET state = w.state_after,
        decided = w.decided_after,
        version = c.version + 1,
        body = CASE w.state_after WHEN 'erased' THEN '' ELSE c.body END,
        html = CASE w.state_after WHEN 'erased' THEN '' ELSE c.html END,
        author_name = CASE w.state_after WHEN 'erased' THEN '' ELSE c.author_name END,
        author_email = CASE w.state_after WHEN 'erased' THEN '' ELSE c.author_email END,
        author_url = CASE w.state_after WHEN 'erased' THEN '' ELSE c.author_url END,
        author_key = CASE w.state_after WHEN 'erased' THEN NULL ELSE c.author_key END,
        address_hash = CASE w.state_after WHEN 'erased' THEN NULL ELSE c.address_hash END,
        address_prefix = CASE w.state_after WHEN 'erased' THEN NULL ELSE c.address_prefix END,
        text_hash = CASE w.state_after WHEN 'erased' THEN 0 ELSE c.text_hash END,
        near = CASE w.state_after WHEN 'erased' THEN 0 ELSE c.near END
    FROM wish AS w
    WHERE c.site_id = w.site_id AND c.comment_id = w.comment_id
        AND c.state = w.state_before AND c.version = w.version
    RETURNING w.*
), emptied AS (
    UPDATE verdict AS v
    SET flags = '[]'
    FROM moved AS m
    WHERE v.site_id = m.site_id AND v.comment_id = m.comment_id AND m.state_after = 'erased'
), unsaid AS (
    DELETE FROM statement AS t
    USING moved AS m
    WHERE t.site_id = m.site_id AND t.comment_id = m.comment_id AND m.state_after = 'erased'
), unwritten AS (
    DELETE FROM revision AS r
    USING moved AS m
    WHERE r.site_id = m.site_id AND r.comment_id = m.comment_id AND m.state_after = 'erased'
), page_count AS (
    UPDATE page AS p
    SET published = p.published + change.total, changed_at = now()
    FROM (
        SELECT
            site_id, page_id,
            count(*) FILTER (WHERE state_after = 'published') - count(*) FILTER (WHERE state_before = 'published')
                AS total
        FROM moved
        WHERE state_before <> state_after
        GROUP BY site_id, page_id
    ) AS change
    WHERE p.site_id = change.site_id AND p.page_id = change.page_id
), state_count AS (
    UPDATE counter AS k
    SET total = k.total + change.total
    FROM (
        SELECT site_id, state, sum(n) AS total
        FROM (
            SELECT site_id, state_after AS state, 1 AS n FROM moved
            UNION ALL
            SELECT site_id, state_before, -1 FROM moved
        ) AS both_ends
        GROUP BY site_id, state
    ) AS change
    WHERE k.site_id = change.site_id AND k.state = change.state
), author_count AS (
    INSERT INTO author AS a (site_id, author_key, approved, rejected)
    SELECT
        site_id, author_key,
        count(*) FILTER (WHERE decided_after = 'approve') - count(*) FILTER (WHERE decided_before = 'approve'),
        count(*) FILTER (WHERE decided_after = 'reject') - count(*) FILTER (WHERE decided_before = 'reject')
    FROM moved
    WHERE author_key IS NOT NULL AND decided_before <> decided_after
    GROUP BY site_id, author_key
    ON CONFLICT (site_id, author_key) DO UPDATE
    SET approved = a.approved + excluded.approved, rejected = a.rejected + excluded.rejected
), unqueued AS (
    DELETE FROM queue AS q
    USING moved AS m
    WHERE q.site_id = m.site_id AND q.comment_id = m.comment_id
        AND (m.action IN ('approve', 'reject', 'erase') OR q.second_of = m.undoes)
), closed_reports AS (
    UPDATE report AS r
    SET closed_at = coalesce(r.closed_at, $19), note = CASE m.state_after WHEN 'erased' THEN '' ELSE r.note END
    FROM moved AS m
    WHERE r.site_id = m.site_id AND r.comment_id = m.comment_id
        AND m.action IN ('approve', 'reject', 'erase') AND (r.closed_at IS NULL OR m.state_after = 'erased')
), answered_appeals AS (
    -- Undoing the answer opens the appeal again; undoing what was appealed answers it.
    UPDATE appeal AS a
    SET answered_by = CASE WHEN a.answered_by = m.undoes THEN NULL ELSE coalesce(a.answered_by, m.decision_id) END,
        text = CASE m.state_after WHEN 'erased' THEN '' ELSE a.text END
    FROM moved AS m
    WHERE a.site_id = m.site_id AND a.comment_id = m.comment_id
        AND (
            (m.action IN ('approve', 'reject', 'erase') AND (a.answered_by IS NULL OR m.state_after = 'erased'))
            OR (m.action = 'undo' AND (a.answered_by = m.undoes OR (a.answered_by IS NULL AND a.decision_id = m.undoes)))
        )
), new_decision AS (
    INSERT INTO decision (
        site_id, decision_id, comment_id, action, reason, note, state_before, state_after, decided_before,
        queued_before, member_id, decided_by, undoes, created_at, batch_id
    )
    SELECT
        site_id, decision_id, comment_id, action, reason, note, state_before, state_after, decided_before,
        queued_before, $17, $18, undoes, $19, $20
    FROM moved
), new_statement AS (
    INSERT INTO statement (site_id, comment_id, decision_id, text)
    SELECT site_id, comment_id, decision_id, statement
    FROM moved
    WHERE statement IS NOT NULL
), new_outbox AS (
    INSERT INTO outbox (site_id, webhook_id, kind, comment_id, created_at)
    SELECT m.site_id, w.webhook_id, 'comment.' || m.state_after, m.comment_id, $19
    FROM moved AS m
    JOIN webhook AS w ON w.site_id = m.site_id AND w.enabled AND 'comment.' || m.state_after = ANY (w.kinds)
    WHERE m.state_before <> m.state_after
), new_event AS (
    INSERT INTO event (site_id, kind, comment_id, detail, created_at)
    SELECT site_id, 'comment.' || action, comment_id, state_after, $19
    FROM moved
)
SELECT comment_id FROM moved;

-- name: put_in_queue
-- Queue comments, or raise those that are queued; whoever held one lets it go, save to the one named.
INSERT INTO queue AS q (
    site_id, comment_id, rank, weight, flags, categories, queued_at, not_for, second_of, leased_by, leased_label,
    leased_until
)
SELECT
    site_id, comment_id, rank, weight, string_to_array(flags, ' '), string_to_array(categories, ' '), queued_at, not_for,
    second_of, $10, $11, CASE WHEN $10::uuid IS NOT NULL THEN now() + $12::interval END
FROM unnest(
    $1::int[], $2::uuid[], $3::float8[], $4::real[], $5::text[], $6::text[], $7::timestamptz[], $8::uuid[], $9::uuid[]
) AS i (site_id, comment_id, rank, weight, flags, categories, queued_at, not_for, second_of)
ON CONFLICT (site_id, comment_id) DO UPDATE
SET rank = excluded.rank, weight = excluded.weight, flags = excluded.flags, categories = excluded.categories,
    not_for = excluded.not_for, second_of = excluded.second_of, leased_by = excluded.leased_by,
    leased_label = excluded.leased_label, leased_until = excluded.leased_until;

-- name: current_verdicts
-- The verdicts on comments' current revisions.
SELECT c.comment_id, v.action, v.scores, v.models, v.flags
FROM comment AS c
JOIN verdict AS v ON v.site_id = c.site_id AND v.comment_id = c.comment_id AND v.revision = c.revision
WHERE c.comment_id = ANY ($1::uuid[]);

-- name: find_decisions
-- Decisions, each with the latest one on the same comment.
SELECT
    d.decision_id, d.comment_id, d.action, d.state_before, d.state_after, d.decided_before, d.queued_before, d.member_id,
    (
        SELECT later.decision_id
        FROM decision AS later
        WHERE later.site_id = d.site_id AND later.comment_id = d.comment_id
        ORDER BY later.seq DESC
        LIMIT 1
    ) AS latest
FROM decision AS d
WHERE d.decision_id = ANY ($1::uuid[])
ORDER BY d.comment_id;
