-- The queue is read in order, and each site's part of it lies in order in an index: site by site, so that Postgres
-- reads no further than the page. Over several sites at once, of which it knows the number only when it runs, it would
-- read and sort all that waits.

-- name: queue_by_priority
-- What waits for a person, the most worth looking at first, after a rank and a comment; the site first, one by one,
-- so that each is read in the order of its index.
SELECT picked.comment_id
FROM unnest($1::int[]) AS s (site_id)
CROSS JOIN LATERAL (
    SELECT q.comment_id, q.rank
    FROM queue AS q
    WHERE q.site_id = s.site_id
        AND ($2 = '' OR $2 = ANY (q.categories))
        AND ($3 = '' OR $3 = ANY (q.flags))
        AND (($4 = '' AND $5 = '' AND $6 = '') OR EXISTS (
            SELECT
            FROM comment AS c
            JOIN page AS p ON p.site_id = c.site_id AND p.page_id = c.page_id
            WHERE c.site_id = q.site_id AND c.comment_id = q.comment_id
                AND ($4 = '' OR p.key = $4)
                AND ($5 = '' OR strpos(lower(c.body || ' ' || c.author_name), lower($5)) > 0)
                AND ($6 = '' OR strpos(lower(c.author_name), lower($6)) > 0)
        ))
        AND (q.second_of IS NULL OR q.not_for <> $7)
        AND (NOT $8 OR (
            q.not_for IS DISTINCT FROM $7
            AND (q.leased_until IS NULL OR q.leased_until < now() OR q.leased_by = $7)
        ))
        AND q.rank <= coalesce($9::float8, 'infinity')
        AND (q.rank < coalesce($9::float8, 'infinity') OR q.comment_id > $10)
    ORDER BY q.rank DESC, q.comment_id
    LIMIT $11
) AS picked
ORDER BY picked.rank DESC, picked.comment_id
LIMIT $11;

-- name: queue_by_oldest
-- What waits for a person, in the order of arrival, after a comment.
SELECT picked.comment_id
FROM unnest($1::int[]) AS s (site_id)
CROSS JOIN LATERAL (
    SELECT q.comment_id
    FROM queue AS q
    WHERE q.site_id = s.site_id
        AND ($2 = '' OR $2 = ANY (q.categories))
        AND ($3 = '' OR $3 = ANY (q.flags))
        AND (($4 = '' AND $5 = '' AND $6 = '') OR EXISTS (
            SELECT
            FROM comment AS c
            JOIN page AS p ON p.site_id = c.site_id AND p.page_id = c.page_id
            WHERE c.site_id = q.site_id AND c.comment_id = q.comment_id
                AND ($4 = '' OR p.key = $4)
                AND ($5 = '' OR strpos(lower(c.body || ' ' || c.author_name), lower($5)) > 0)
                AND ($6 = '' OR strpos(lower(c.author_name), lower($6)) > 0)
        ))
        AND (q.second_of IS NULL OR q.not_for <> $7)
        AND (NOT $8 OR (
            q.not_for IS DISTINCT FROM $7
            AND (q.leased_until IS NULL OR q.leased_until < now() OR q.leased_by = $7)
        ))
        AND q.comment_id > coalesce($9::uuid, '00000000-0000-0000-0000-000000000000')
    ORDER BY q.comment_id
    LIMIT $10
) AS picked
ORDER BY picked.comment_id
LIMIT $10;

-- name: queue_by_newest
-- What waits for a person, the latest arrival first, before a comment.
SELECT picked.comment_id
FROM unnest($1::int[]) AS s (site_id)
CROSS JOIN LATERAL (
    SELECT q.comment_id
    FROM queue AS q
    WHERE q.site_id = s.site_id
        AND ($2 = '' OR $2 = ANY (q.categories))
        AND ($3 = '' OR $3 = ANY (q.flags))
        AND (($4 = '' AND $5 = '' AND $6 = '') OR EXISTS (
            SELECT
            FROM comment AS c
            JOIN page AS p ON p.site_id = c.site_id AND p.page_id = c.page_id
            WHERE c.site_id = q.site_id AND c.comment_id = q.comment_id
                AND ($4 = '' OR p.key = $4)
                AND ($5 = '' OR strpos(lower(c.body || ' ' || c.author_name), lower($5)) > 0)
                AND ($6 = '' OR strpos(lower(c.author_name), lower($6)) > 0)
        ))
        AND (q.second_of IS NULL OR q.not_for <> $7)
        AND (NOT $8 OR (
            q.not_for IS DISTINCT FROM $7
            AND (q.leased_until IS NULL OR q.leased_until < now() OR q.leased_by = $7)
        ))
        AND q.comment_id < coalesce($9::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    ORDER BY q.comment_id DESC
    LIMIT $10
) AS picked
ORDER BY picked.comment_id DESC
LIMIT $10;

-- name: archive_by_newest
-- Comments in one state, the latest first, before a comment.
SELECT picked.comment_id
FROM unnest($1::int[]) AS s (site_id)
CROSS JOIN LATERAL (
    SELECT c.comment_id
    FROM comment AS c
    WHERE c.site_id = s.site_id AND c.state = $7
        AND (($2 = '' AND $3 = '') OR EXISTS (
            SELECT
            FROM verdict AS v
            WHERE v.site_id = c.site_id AND v.comment_id = c.comment_id AND v.revision = c.revision
                AND ($2 = '' OR v.flags @> jsonb_build_array(jsonb_build_object('category', $2::text)))
                AND ($3 = '' OR v.flags @> jsonb_build_array(jsonb_build_object('code', $3::text)))
        ))
        AND ($4 = '' OR c.page_id = (SELECT p.page_id FROM page AS p WHERE p.site_id = c.site_id AND p.key = $4))
        AND ($5 = '' OR strpos(lower(c.body || ' ' || c.author_name), lower($5)) > 0)
        AND ($6 = '' OR strpos(lower(c.author_name), lower($6)) > 0)
        AND c.comment_id < coalesce($8::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    ORDER BY c.comment_id DESC
    LIMIT $9
) AS picked
ORDER BY picked.comment_id DESC
LIMIT $9;

-- name: archive_by_oldest
-- Comments in one state, in the order of arrival, after a comment.
SELECT picked.comment_id
FROM unnest($1::int[]) AS s (site_id)
CROSS JOIN LATERAL (
    SELECT c.comment_id
    FROM comment AS c
    WHERE c.site_id = s.site_id AND c.state = $7
        AND (($2 = '' AND $3 = '') OR EXISTS (
            SELECT
            FROM verdict AS v
            WHERE v.site_id = c.site_id AND v.comment_id = c.comment_id AND v.revision = c.revision
                AND ($2 = '' OR v.flags @> jsonb_build_array(jsonb_build_object('category', $2::text)))
                AND ($3 = '' OR v.flags @> jsonb_build_array(jsonb_build_object('code', $3::text)))
        ))
        AND ($4 = '' OR c.page_id = (SELECT p.page_id FROM page AS p WHERE p.site_id = c.site_id AND p.key = $4))
        AND ($5 = '' OR strpos(lower(c.body || ' ' || c.author_name), lower($5)) > 0)
        AND ($6 = '' OR strpos(lower(c.author_name), lower($6)) > 0)
        AND c.comment_id > coalesce($8::uuid, '00000000-0000-0000-0000-000000000000')
    ORDER BY c.comment_id
    LIMIT $9
) AS picked
ORDER BY picked.comment_id
LIMIT $9;

-- name: review_items
-- These comments, whether they wait or not.
SELECT
    i.site_id, i.site, i.comment_id, i.parent_id, i.state, i.version, i.author_name, i.author_email, i.author_url,
    i.lang, i.body, i.html, i.created_at, i.edited_at, i.page_id, i.page_key AS key, i.page_url AS url,
    i.page_title AS title, i.published, i.closed, i.changed_at, i.action, i.scores, i.models, i.flags, i.approved,
    i.rejected, i.rank, i.weight, i.queued_at, i.leased_by, i.leased_label, i.leased_until, i.text_hash, i.codes,
    q.not_for, q.second_of
FROM review_item AS i
LEFT JOIN queue AS q ON q.site_id = i.site_id AND q.comment_id = i.comment_id
WHERE i.comment_id = ANY ($1::uuid[]);

-- name: revisions
-- A comment's revisions, the latest first, each with its verdict; the text only of those that were replaced.
SELECT
    v.revision, v.action, v.scores, v.models, v.flags, r.body, coalesce(r.written_at, v.created_at) AS written_at
FROM verdict AS v
LEFT JOIN revision AS r
    ON r.site_id = v.site_id AND r.comment_id = v.comment_id AND r.revision = v.revision
WHERE v.comment_id = $1
ORDER BY v.revision DESC;

-- name: similar_comments
-- Other comments with the same words and how each stands, latest first: five for each of these comments, out of at
-- most a hundred, however often the words were posted.
SELECT w.comment_id AS of, found.comment_id, found.state, found.created_at, found.author_name, d.action, d.reason, d.decided_by
FROM unnest($1::uuid[]) AS w (comment_id)
JOIN comment AS own ON own.comment_id = w.comment_id
CROSS JOIN LATERAL (
    SELECT few.site_id, few.comment_id, few.state, few.created_at, few.author_name
    FROM (
        SELECT c.site_id, c.comment_id, c.state, c.created_at, c.author_name
        FROM comment AS c
        WHERE c.text_hash = own.text_hash AND c.site_id = own.site_id AND c.comment_id <> own.comment_id
            AND c.state <> 'erased' AND own.state <> 'erased' AND (NOT $2 OR c.state <> 'held')
        LIMIT 100
    ) AS few
    ORDER BY few.comment_id DESC
    LIMIT 5
) AS found
LEFT JOIN LATERAL (
    SELECT d.action, d.reason, d.decided_by
    FROM decision AS d
    WHERE d.site_id = found.site_id AND d.comment_id = found.comment_id AND d.state_after = found.state
    ORDER BY d.seq DESC
    LIMIT 1
) AS d ON true
ORDER BY found.comment_id DESC;

-- name: queued_alike
-- What else waits with the words of these comments, in the order of arrival, at most 500 of each site's text.
SELECT own.comment_id AS of, found.comment_id, found.version
FROM unnest($1::uuid[]) AS w (comment_id)
JOIN comment AS own ON own.comment_id = w.comment_id
CROSS JOIN LATERAL (
    SELECT c.comment_id, c.version
    FROM comment AS c
    WHERE c.site_id = own.site_id AND c.text_hash = own.text_hash AND c.state = 'held'
        AND c.comment_id <> own.comment_id
    ORDER BY c.comment_id
    LIMIT 500
) AS found
ORDER BY found.comment_id;

-- name: comments_of_page
-- A page's comments in every state, the latest first, before a comment.
SELECT either.comment_id
FROM (
    (
        SELECT c.comment_id
        FROM comment AS c
        WHERE c.site_id = $1 AND c.page_id = $2 AND c.state = 'published' AND c.comment_id < $3
        ORDER BY c.comment_id DESC
        LIMIT $4
    )
    UNION ALL
    (
        SELECT c.comment_id
        FROM comment AS c
        WHERE c.site_id = $1 AND c.page_id = $2 AND c.state <> 'published' AND c.comment_id < $3
        ORDER BY c.comment_id DESC
        LIMIT $4
    )
) AS either
ORDER BY either.comment_id DESC
LIMIT $4;

-- name: comments_of_author
-- An author's comments in every state, the latest first, before a comment.
SELECT c.comment_id
FROM comment AS own
JOIN comment AS c ON c.site_id = own.site_id AND c.author_key = own.author_key
WHERE own.comment_id = $1 AND c.comment_id < $2
ORDER BY c.comment_id DESC
LIMIT $3;

-- name: page_by_id
-- One page of the sites that are seen.
SELECT p.site_id, s.name AS site, p.page_id, p.key, p.url, p.title, p.published, p.closed, p.changed_at
FROM page AS p
JOIN site AS s ON s.site_id = p.site_id
WHERE p.page_id = $1;
