-- name: add_webhook
-- Tell a site's events to a place from now on.
INSERT INTO webhook (site_id, webhook_id, url, kinds, secret, created_at)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: list_webhooks
-- The places that a site tells its events to, oldest first.
SELECT webhook_id AS id, url, kinds, enabled, failures, rests_until, created_at
FROM webhook
WHERE site_id = $1
ORDER BY webhook_id;

-- name: remove_webhook
-- Tell a place no more; what was still to be told it goes, too.
DELETE FROM webhook
WHERE site_id = $1 AND webhook_id = $2
RETURNING webhook_id;

-- name: list_deliveries
-- What a place has been told, or is still to be told, latest first.
SELECT outbox_id::text AS id, kind, comment_id, created_at, state, tries, due_at, answer
FROM outbox
WHERE site_id = $1 AND webhook_id = $2 AND outbox_id < $3
ORDER BY outbox_id DESC
LIMIT $4;

-- name: deliver_again
-- Deliver something once more, as if it were new.
UPDATE outbox
SET state = 'waiting', tries = 0, due_at = now()
WHERE site_id = $1 AND webhook_id = $2 AND outbox_id = $3
RETURNING outbox_id;

-- name: claim_deliveries
-- Take on what is due: of each place but those in $4 at most $1, and $2 in all. A place that failed last is sent one, to
-- see how it is, and rests meanwhile. Whoever dies over a delivery leaves it to others after $3 seconds.
WITH due AS (
    SELECT o.site_id, o.outbox_id, w.failures > 0 AS probes
    FROM webhook AS w
    CROSS JOIN LATERAL (
        SELECT site_id, outbox_id
        FROM outbox
        WHERE site_id = w.site_id AND webhook_id = w.webhook_id AND state = 'waiting' AND due_at <= now()
        ORDER BY due_at, outbox_id
        LIMIT CASE WHEN w.failures > 0 THEN 1 ELSE $1::int END
        FOR UPDATE SKIP LOCKED
    ) AS o
    WHERE w.enabled AND w.rests_until <= now() AND w.webhook_id <> ALL ($4::uuid[])
    LIMIT $2
), taken AS (
    UPDATE outbox AS o
    SET tries = o.tries + 1, due_at = now() + make_interval(secs => $3)
    FROM due AS d
    WHERE o.site_id = d.site_id AND o.outbox_id = d.outbox_id
    RETURNING o.site_id, o.outbox_id, o.webhook_id, o.kind, o.comment_id, o.created_at, o.tries, d.probes
), rested AS (
    UPDATE webhook AS w
    SET rests_until = now() + make_interval(secs => $3)
    FROM taken AS t
    WHERE w.site_id = t.site_id AND w.webhook_id = t.webhook_id AND t.probes
)
SELECT
    t.site_id, t.outbox_id AS id, t.webhook_id, t.kind, t.comment_id, t.created_at, t.tries, t.probes, w.url AS target,
    w.secret, s.name AS site, c.parent_id, c.state, c.version, p.key AS page_key, p.url AS page_url, p.title AS page_title
FROM taken AS t
JOIN webhook AS w ON w.site_id = t.site_id AND w.webhook_id = t.webhook_id
JOIN site AS s ON s.site_id = t.site_id
JOIN comment AS c ON c.site_id = t.site_id AND c.comment_id = t.comment_id
JOIN page AS p ON p.site_id = c.site_id AND p.page_id = c.page_id
ORDER BY t.outbox_id;

-- name: note_delivered
-- Note that a place has taken a delivery.
WITH done AS (
    UPDATE outbox
    SET state = 'delivered', answer = $3
    WHERE site_id = $1 AND outbox_id = $2
    RETURNING site_id, webhook_id
)
UPDATE webhook AS w
SET failures = 0, rests_until = now()
FROM done AS d
WHERE w.site_id = d.site_id AND w.webhook_id = d.webhook_id AND w.failures > 0;

-- name: note_undelivered
-- Note that a place did not take a delivery: try again after $4 seconds, or never where that is null. The place rests
-- for 5 seconds, then twice as long each time that one sent to probe it ($6) fails, 5 minutes at most; it is told no more
-- when it is gone ($5).
WITH done AS (
    UPDATE outbox
    SET state = CASE WHEN $4::float8 IS NULL THEN 'failed' ELSE 'waiting' END,
        due_at = now() + make_interval(secs => coalesce($4, 0)), answer = $3
    WHERE site_id = $1 AND outbox_id = $2
    RETURNING site_id, webhook_id
)
UPDATE webhook AS w
SET failures = w.failures + 1, enabled = w.enabled AND NOT $5::bool,
    rests_until = now() + make_interval(secs => least(5 * 2 ^ least(w.failures, 6), 300))
FROM done AS d
WHERE w.site_id = d.site_id AND w.webhook_id = d.webhook_id AND ($6::bool OR w.rests_until <= now());
