-- The queue is read in order, and each site's part of it lies in order in an index: site by site, so that Postgres
-- reads no further than the page. Over several sites at once, of which it knows the number only when it runs, it would
-- read and sort all that waits.

-- name: queue_by_priority
-- What waits for a person, the most worth looking at first, after a rank and a comment.
SELECT
    site_id, site, comment_id, parent_id, state, version, author_name, author_email, author_url, lang, body, html,
    created_at, edited_at, page_id, page_key AS key, page_url AS url, page_title AS title, published, closed,
    changed_at, action, scores, models, flags, approved, rejected, rank, weight, queued_at, leased_by,
    leased_label, leased_until, text_hash
FROM unnest(allowed_sites()) AS allowed (id)
CROSS JOIN LATERAL (
    SELECT *
    FROM review_item
    WHERE site_id = allowed.id AND rank IS NOT NULL
        AND ($1 = '' OR $1 = ANY (categories))
        AND ($2 = '' OR $2 = ANY (codes))
        AND ($3 = '' OR page_key = $3)
        AND ($4 = '' OR strpos(lower(body || ' ' || author_name), lower($4)) > 0)
        AND rank <= coalesce($5::float8, 'infinity')
        AND ($5 IS NULL OR rank < $5 OR comment_id > $6)
    ORDER BY rank DESC, comment_id
    LIMIT $7
) AS item
ORDER BY rank DESC, comment_id
LIMIT $7;

-- name: queue_by_oldest
-- What waits for a person, in the order of arrival, after a comment.
SELECT
    site_id, site, comment_id, parent_id, state, version, author_name, author_email, author_url, lang, body, html,
    created_at, edited_at, page_id, page_key AS key, page_url AS url, page_title AS title, published, closed,
    changed_at, action, scores, models, flags, approved, rejected, rank, weight, queued_at, leased_by,
    leased_label, leased_until, text_hash
FROM unnest(allowed_sites()) AS allowed (id)
CROSS JOIN LATERAL (
    SELECT *
    FROM review_item
    WHERE site_id = allowed.id AND rank IS NOT NULL
        AND ($1 = '' OR $1 = ANY (categories))
        AND ($2 = '' OR $2 = ANY (codes))
        AND ($3 = '' OR page_key = $3)
        AND ($4 = '' OR strpos(lower(body || ' ' || author_name), lower($4)) > 0)
        AND ($5::uuid IS NULL OR comment_id > $5)
    ORDER BY comment_id
    LIMIT $6
) AS item
ORDER BY comment_id
LIMIT $6;

-- name: queue_by_newest
-- What waits for a person, the latest arrival first, before a comment.
SELECT
    site_id, site, comment_id, parent_id, state, version, author_name, author_email, author_url, lang, body, html,
    created_at, edited_at, page_id, page_key AS key, page_url AS url, page_title AS title, published, closed,
    changed_at, action, scores, models, flags, approved, rejected, rank, weight, queued_at, leased_by,
    leased_label, leased_until, text_hash
FROM unnest(allowed_sites()) AS allowed (id)
CROSS JOIN LATERAL (
    SELECT *
    FROM review_item
    WHERE site_id = allowed.id AND rank IS NOT NULL
        AND ($1 = '' OR $1 = ANY (categories))
        AND ($2 = '' OR $2 = ANY (codes))
        AND ($3 = '' OR page_key = $3)
        AND ($4 = '' OR strpos(lower(body || ' ' || author_name), lower($4)) > 0)
        AND ($5::uuid IS NULL OR comment_id < $5)
    ORDER BY comment_id DESC
    LIMIT $6
) AS item
ORDER BY comment_id DESC
LIMIT $6;

-- name: archive_by_newest
-- Comments in one state, the latest first, before a comment.
SELECT
    site_id, site, comment_id, parent_id, state, version, author_name, author_email, author_url, lang, body, html,
    created_at, edited_at, page_id, page_key AS key, page_url AS url, page_title AS title, published, closed,
    changed_at, action, scores, models, flags, approved, rejected, rank, weight, queued_at, leased_by,
    leased_label, leased_until, text_hash
FROM unnest(allowed_sites()) AS allowed (id)
CROSS JOIN LATERAL (
    SELECT *
    FROM review_item
    WHERE site_id = allowed.id AND state = $7
        AND ($1 = '' OR flags @> jsonb_build_array(jsonb_build_object('category', $1::text)))
        AND ($2 = '' OR flags @> jsonb_build_array(jsonb_build_object('code', $2::text)))
        AND ($3 = '' OR page_key = $3)
        AND ($4 = '' OR strpos(lower(body || ' ' || author_name), lower($4)) > 0)
        AND ($5::uuid IS NULL OR comment_id < $5)
    ORDER BY comment_id DESC
    LIMIT $6
) AS item
ORDER BY comment_id DESC
LIMIT $6;

-- name: archive_by_oldest
-- Comments in one state, in the order of arrival, after a comment.
SELECT
    site_id, site, comment_id, parent_id, state, version, author_name, author_email, author_url, lang, body, html,
    created_at, edited_at, page_id, page_key AS key, page_url AS url, page_title AS title, published, closed,
    changed_at, action, scores, models, flags, approved, rejected, rank, weight, queued_at, leased_by,
    leased_label, leased_until, text_hash
FROM unnest(allowed_sites()) AS allowed (id)
CROSS JOIN LATERAL (
    SELECT *
    FROM review_item
    WHERE site_id = allowed.id AND state = $7
        AND ($1 = '' OR flags @> jsonb_build_array(jsonb_build_object('category', $1::text)))
        AND ($2 = '' OR flags @> jsonb_build_array(jsonb_build_object('code', $2::text)))
        AND ($3 = '' OR page_key = $3)
        AND ($4 = '' OR strpos(lower(body || ' ' || author_name), lower($4)) > 0)
        AND ($5::uuid IS NULL OR comment_id > $5)
    ORDER BY comment_id
    LIMIT $6
) AS item
ORDER BY comment_id
LIMIT $6;

-- name: review_items
-- These comments, whether they wait or not.
SELECT
    site_id, site, comment_id, parent_id, state, version, author_name, author_email, author_url, lang, body, html,
    created_at, edited_at, page_id, page_key AS key, page_url AS url, page_title AS title, published, closed,
    changed_at, action, scores, models, flags, approved, rejected, rank, weight, queued_at, leased_by,
    leased_label, leased_until, text_hash
FROM review_item
WHERE comment_id = ANY ($1::uuid[]);

-- name: backlog
-- How many comments wait and since when.
SELECT
    (SELECT coalesce(sum(total), 0)::bigint FROM counter WHERE state = 'held') AS held,
    (SELECT min(created_at) FROM (
        SELECT first.queued_at AS created_at
        FROM unnest(allowed_sites()) AS allowed (id)
        CROSS JOIN LATERAL (
            SELECT q.queued_at FROM queue AS q WHERE q.site_id = allowed.id ORDER BY q.comment_id LIMIT 1
        ) AS first
    ) AS of_each) AS oldest_at;

-- name: take_leases
-- Lease the next comments that nobody else holds, the most worth looking at first.
UPDATE queue
SET leased_by = $1, leased_label = $2, leased_until = now() + $3::interval
FROM (
    SELECT next.site_id, next.comment_id
    FROM unnest(allowed_sites()) AS allowed (id)
    CROSS JOIN LATERAL (
        SELECT q.site_id, q.comment_id, q.rank
        FROM queue AS q
        WHERE q.site_id = allowed.id
            AND (q.leased_until IS NULL OR q.leased_until < now())
            AND ($4 = '' OR $4 = ANY (q.categories))
            AND ($5 = '' OR $5 = ANY (q.flags))
            AND (($6 = '' AND $7 = '') OR EXISTS (
                SELECT
                FROM comment AS c
                JOIN page AS p ON p.site_id = c.site_id AND p.page_id = c.page_id
                WHERE c.site_id = q.site_id AND c.comment_id = q.comment_id
                    AND ($6 = '' OR p.key = $6)
                    AND ($7 = '' OR strpos(lower(c.body || ' ' || c.author_name), lower($7)) > 0)
            ))
        ORDER BY q.rank DESC, q.comment_id
        LIMIT $8
        FOR UPDATE SKIP LOCKED
    ) AS next
    ORDER BY next.rank DESC, next.comment_id
    LIMIT $8
) AS free
WHERE queue.site_id = free.site_id AND queue.comment_id = free.comment_id
RETURNING queue.comment_id;

-- name: give_back
-- End one's own lease.
UPDATE queue
SET leased_by = NULL, leased_label = '', leased_until = NULL
WHERE comment_id = $1 AND leased_by = $2;

-- name: verdicts
-- Every verdict on a comment, latest revision first.
SELECT action, scores, models, flags
FROM verdict
WHERE comment_id = $1
ORDER BY revision DESC;

-- name: decisions
-- Every decision on a comment, latest first.
SELECT
    d.decision_id, d.action, d.reason, d.note, d.state_before, d.state_after, d.decided_by, d.undoes, d.created_at,
    EXISTS (
        SELECT FROM decision AS later WHERE later.site_id = d.site_id AND later.undoes = d.decision_id
    ) AS undone
FROM decision AS d
WHERE d.comment_id = $1
ORDER BY d.seq DESC;

-- name: similar_comments
-- Other comments of the site with the same words, latest first.
SELECT comment_id, state, created_at
FROM comment
WHERE site_id = $1 AND text_hash = $2 AND comment_id <> $3 AND state <> 'erased'
ORDER BY created_at DESC
LIMIT 5;
