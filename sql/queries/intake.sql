-- name: look_up_arrivals
-- What judging and deciding need to know about each arrival of a batch, in the order given.
SELECT
    p.page_id,
    coalesce(p.closed, false) AS closed,
    parent.body AS parent_body,
    coalesce(parent.page_id = p.page_id AND parent.state = 'published', false) AS parent_ok,
    coalesce(a.approved, 0) AS approved,
    coalesce(a.rejected, 0) AS rejected,
    same.rejected AS same_text_rejected,
    same.approved AS same_text_approved,
    alike.rejected AS near_text_rejected,
    k.comment_id AS replay_of,
    k.request_hash AS replay_hash
FROM unnest($1::int[], $2::text[], $3::uuid[], $4::bytea[], $5::bigint[], $6::bytea[], $7::bigint[])
    WITH ORDINALITY AS i (site_id, page_key, parent_id, author_key, text_hash, key_hash, near, n)
LEFT JOIN page_alias AS alias ON alias.site_id = i.site_id AND alias.key = i.page_key
LEFT JOIN page AS p ON p.site_id = i.site_id AND p.page_id = coalesce(
    alias.page_id,
    (SELECT named.page_id FROM page AS named WHERE named.site_id = i.site_id AND named.key = i.page_key)
)
LEFT JOIN comment AS parent ON parent.site_id = i.site_id AND parent.comment_id = i.parent_id
LEFT JOIN author AS a ON a.site_id = i.site_id AND a.author_key = i.author_key
LEFT JOIN idempotency AS k ON k.site_id = i.site_id AND k.key_hash = i.key_hash
CROSS JOIN LATERAL (
    SELECT
        (count(*) FILTER (WHERE few.state = 'rejected'))::int AS rejected,
        (count(*) FILTER (WHERE few.state = 'published'))::int AS approved
    FROM (
        SELECT c.state
        FROM comment AS c
        WHERE c.site_id = i.site_id AND c.text_hash = i.text_hash
            AND (c.state = 'rejected' OR (c.state = 'published' AND c.decided = 'approve'))
        LIMIT 10
    ) AS few
) AS same
CROSS JOIN LATERAL (
    SELECT count(*)::int AS rejected
    FROM (
        SELECT
        FROM comment AS c
        WHERE c.site_id = i.site_id AND c.decided <> '' AND c.near <> 0 AND i.near <> 0
            AND (
                c.near_0 = (i.near & 65535)::int
                OR c.near_1 = ((i.near >> 16) & 65535)::int
                OR c.near_2 = ((i.near >> 32) & 65535)::int
                OR c.near_3 = ((i.near >> 48) & 65535)::int
            )
            AND c.created_at > now() - interval '30 days'
            AND c.state = 'rejected' AND c.text_hash <> i.text_hash
            AND bit_count((c.near # i.near)::bit(64)) <= 3
        LIMIT 10
    ) AS few
) AS alike
ORDER BY i.n;

-- name: add_pages
-- Make the pages that a batch names for the first time; whoever was faster keeps its URL and title.
INSERT INTO page (site_id, key, url, title)
SELECT DISTINCT ON (site_id, key) site_id, key, url, title
FROM unnest($1::int[], $2::text[], $3::text[], $4::text[]) AS i (site_id, key, url, title)
ORDER BY site_id, key
ON CONFLICT (site_id, key) DO NOTHING;

-- name: page_ids
-- The numbers of pages by their keys, in the order given.
SELECT p.page_id
FROM unnest($1::int[], $2::text[]) WITH ORDINALITY AS i (site_id, key, n)
JOIN page AS p ON p.site_id = i.site_id AND p.key = i.key
ORDER BY i.n;

-- name: accept_batch
-- Write a batch of judged comments with everything that must be true together with them, in one transaction.
WITH batch AS (
    SELECT *
    FROM unnest(
        $1::int[], $2::uuid[], $3::bigint[], $4::uuid[], $5::text[], $6::bigint[], $7::bytea[], $8::bytea[],
        $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[],
        $16::timestamptz[], $17::text[], $18::text[], $19::text[], $20::text[],
        $21::bytea[], $22::bytea[], $23::boolean[], $24::float8[], $25::real[], $26::text[], $27::text[], $28::uuid[],
        $29::bigint[]
    ) AS i (
        site_id, comment_id, page_id, parent_id, state, text_hash, author_key, address_hash,
        address_prefix, lang, author_name, author_email, author_url, body, html,
        created_at, action, scores, models, flags,
        key_hash, request_hash, queued, rank, weight, codes, categories, decision_id,
        near
    )
    ORDER BY i.site_id
), new_comment AS (
    INSERT INTO comment (
        site_id, comment_id, page_id, parent_id, state, text_hash, near, author_key, address_hash,
        address_prefix, lang, author_name, author_email, author_url, body, html, created_at
    )
    SELECT
        site_id, comment_id, page_id, parent_id, state, text_hash, near, author_key, address_hash,
        address_prefix, lang, author_name, author_email, author_url, body, html, created_at
    FROM batch
), new_verdict AS (
    INSERT INTO verdict (site_id, comment_id, revision, action, scores, models, flags, created_at)
    SELECT site_id, comment_id, 1, action, scores::jsonb, models::jsonb, flags::jsonb, created_at
    FROM batch
), new_key AS (
    INSERT INTO idempotency (site_id, key_hash, request_hash, comment_id, created_at)
    SELECT site_id, key_hash, request_hash, comment_id, created_at
    FROM batch
    WHERE key_hash IS NOT NULL
), new_queue AS (
    INSERT INTO queue (site_id, comment_id, rank, weight, flags, categories, queued_at)
    SELECT
        site_id, comment_id, rank, weight, string_to_array(codes, ' '),
        string_to_array(categories, ' '), created_at
    FROM batch
    WHERE queued
), page_count AS (
    UPDATE page
    SET published = page.published + fresh.total,
        changed_at = greatest(page.changed_at, fresh.latest)
    FROM (
        SELECT site_id, page_id, count(*) AS total, max(created_at) AS latest
        FROM batch
        WHERE state = 'published'
        GROUP BY site_id, page_id
    ) AS fresh
    WHERE page.site_id = fresh.site_id AND page.page_id = fresh.page_id
), state_count AS (
    UPDATE counter
    SET total = counter.total + fresh.total
    FROM (SELECT site_id, state, count(*) AS total FROM batch GROUP BY site_id, state) AS fresh
    WHERE counter.site_id = fresh.site_id AND counter.state = fresh.state
), new_decision AS (
    INSERT INTO decision (
        site_id, decision_id, comment_id, action, reason, state_before, state_after, decided_by, created_at
    )
    SELECT
        site_id, decision_id, comment_id, 'reject', CASE WHEN categories LIKE '%spam%' THEN 'spam' ELSE 'other' END,
        'held', 'rejected', 'policy', created_at
    FROM batch
    WHERE state = 'rejected'
), new_outbox AS (
    INSERT INTO outbox (site_id, webhook_id, kind, comment_id, created_at)
    SELECT b.site_id, w.webhook_id, 'comment.' || b.state, b.comment_id, b.created_at
    FROM batch AS b
    JOIN webhook AS w ON w.site_id = b.site_id AND w.enabled AND 'comment.' || b.state = ANY (w.kinds)
)
INSERT INTO event (site_id, kind, comment_id, detail, created_at)
SELECT site_id, 'comment.received', comment_id, state, created_at
FROM batch;

-- name: accepted
-- Whether a comment of an unanswered batch is there (then the whole batch is).
SELECT EXISTS (SELECT FROM comment WHERE site_id = $1 AND comment_id = $2);

-- name: receipts
-- What became of comments that are there already.
SELECT c.comment_id, c.state, c.html, c.created_at, p.url, v.flags
FROM comment AS c
JOIN page AS p ON p.site_id = c.site_id AND p.page_id = c.page_id
JOIN verdict AS v ON v.site_id = c.site_id AND v.comment_id = c.comment_id AND v.revision = c.revision
WHERE c.comment_id = ANY ($1::uuid[]);
