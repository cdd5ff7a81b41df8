-- name: backlog
-- How many comments wait, second opinions among them, since when, and how many of them somebody looks at.
SELECT
    (SELECT coalesce(sum(total), 0)::bigint FROM counter WHERE state = 'held')
        + (SELECT count(*) FROM queue WHERE second_of IS NOT NULL) AS held,
    (
        SELECT min(first.queued_at)
        FROM unnest($1::int[]) AS s (site_id)
        CROSS JOIN LATERAL (
            SELECT q.queued_at FROM queue AS q WHERE q.site_id = s.site_id ORDER BY q.comment_id LIMIT 1
        ) AS first
    ) AS oldest_at,
    (SELECT count(*) FROM queue WHERE leased_by <> $2 AND leased_until > now()) AS elsewhere;

-- name: take_leases
-- Lease the next comments that nobody else holds, the most worth looking at first; site by site, so that each is read
-- in the order of its index and no further than asked for.
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
            AND q.not_for IS DISTINCT FROM $1
            AND ($4 = '' OR $4 = ANY (q.categories))
            AND ($5 = '' OR $5 = ANY (q.flags))
            AND (($6 = '' AND $7 = '' AND $8 = '') OR EXISTS (
                SELECT
                FROM comment AS c
                JOIN page AS p ON p.site_id = c.site_id AND p.page_id = c.page_id
                WHERE c.site_id = q.site_id AND c.comment_id = q.comment_id
                    AND ($6 = '' OR p.key = $6)
                    AND ($7 = '' OR strpos(lower(c.body || ' ' || c.author_name), lower($7)) > 0)
                    AND ($8 = '' OR strpos(lower(c.author_name), lower($8)) > 0)
            ))
        ORDER BY q.rank DESC, q.comment_id
        LIMIT $9
        FOR UPDATE SKIP LOCKED
    ) AS next
    ORDER BY next.rank DESC, next.comment_id
    LIMIT $9
) AS free
WHERE queue.site_id = free.site_id AND queue.comment_id = free.comment_id
RETURNING queue.comment_id;

-- name: lease_these
-- Lease these comments as far as nobody else holds them, and give back one's others where that is asked for.
WITH given_back AS (
    UPDATE queue
    SET leased_by = NULL, leased_label = '', leased_until = NULL
    WHERE $5 AND leased_by = $1 AND NOT comment_id = ANY ($4::uuid[])
), free AS (
    SELECT q.site_id, q.comment_id
    FROM queue AS q
    WHERE q.comment_id = ANY ($4::uuid[])
        AND q.not_for IS DISTINCT FROM $1
        AND (q.leased_until IS NULL OR q.leased_until < now() OR q.leased_by = $1)
    FOR UPDATE SKIP LOCKED
)
UPDATE queue
SET leased_by = $1, leased_label = $2, leased_until = now() + $3::interval
FROM free
WHERE queue.site_id = free.site_id AND queue.comment_id = free.comment_id
RETURNING queue.comment_id;

-- name: held_elsewhere
-- What others look at, and what one has escalated oneself and leaves to them, in the order of arrival.
SELECT q.comment_id
FROM queue AS q
WHERE (q.leased_by <> $1 AND q.leased_until > now()) OR (q.not_for = $1 AND q.second_of IS NULL)
ORDER BY q.comment_id
LIMIT $2;

-- name: own_leases
-- Until when one holds what.
SELECT comment_id, leased_until
FROM queue
WHERE leased_by = $1 AND leased_until > now();

-- name: give_back
-- End one's own lease.
UPDATE queue
SET leased_by = NULL, leased_label = '', leased_until = NULL
WHERE comment_id = $1 AND leased_by = $2;
