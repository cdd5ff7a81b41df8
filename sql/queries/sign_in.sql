-- name: logins
-- The memberships of an e-mail address that have a password, the oldest first.
SELECT site_id, member_id, password, totp, totp_step
FROM member
WHERE lower(email) = lower($1) AND revoked_at IS NULL AND password IS NOT NULL
ORDER BY created_at, site_id;

-- name: use_code
-- Note that the code of a half-minute is used; a row is returned only to whoever is first.
UPDATE member
SET totp_step = $3
WHERE site_id = $1 AND member_id = $2 AND totp_step < $3
RETURNING member_id;

-- name: own_login
-- How a member signs in on these sites.
SELECT password, totp
FROM member
WHERE lower(email) = lower($1) AND revoked_at IS NULL
ORDER BY created_at, site_id;

-- name: set_password
-- Give a member a password on these sites.
UPDATE member
SET password = $2
WHERE lower(email) = lower($1) AND revoked_at IS NULL;

-- name: set_second_factor
-- Give a member a second factor on these sites, or take it away.
UPDATE member
SET totp = $2, totp_step = $3
WHERE lower(email) = lower($1) AND revoked_at IS NULL;

-- name: drop_second_factor
-- Take away the second factor of members whom a link has signed in: whoever lost it comes back this way.
UPDATE member
SET totp = NULL
WHERE site_id = $1 AND member_id = $2;

-- name: list_sessions
-- A member's sessions that are open, the one used last first.
SELECT
    encode(k.hash, 'hex') AS id, min(k.name) AS opened_by, min(k.created_at) AS created_at,
    max(k.seen_at) AS seen_at, max(k.expires_at) AS expires_at
FROM credential AS k
JOIN member AS m ON m.site_id = k.site_id AND m.member_id = k.member_id
WHERE k.kind = 'session' AND lower(m.email) = lower($1) AND k.ended_at IS NULL
    AND k.expires_at > now() AND k.seen_at > now() - $2::interval
GROUP BY k.hash
ORDER BY max(k.seen_at) DESC;

-- name: end_sessions
-- End a member's session of this id ('' for every one), but never the one to keep.
UPDATE credential AS k
SET ended_at = now()
FROM member AS m
WHERE m.site_id = k.site_id AND m.member_id = k.member_id
    AND k.kind = 'session' AND lower(m.email) = lower($1) AND k.ended_at IS NULL
    AND ($2 = '' OR encode(k.hash, 'hex') = $2) AND encode(k.hash, 'hex') <> $3;

-- name: first_site
-- The site that was made first.
SELECT min(site_id)
FROM site;

-- name: queue_up_attempts
-- Let one attempt after the other be counted, of those that share a key.
SELECT pg_advisory_xact_lock(hashtextextended('sign_in_attempt ' || key, 0))
FROM unnest($1::text[]) AS i (key);

-- name: note_attempt
-- Note an attempt under each of its keys unless one of them has had as many since a time as it may; then say until when
-- each of those has to wait.
WITH counted AS (
    SELECT i.key, i.most, found.tried, found.first_at
    FROM unnest($2::text[], $3::int[]) AS i (key, most)
    CROSS JOIN LATERAL (
        SELECT count(*) AS tried, min(few.tried_at) AS first_at
        FROM (
            SELECT a.tried_at
            FROM sign_in_attempt AS a
            WHERE a.site_id = $1 AND a.key = i.key AND a.tried_at > $4
            ORDER BY a.tried_at DESC
            LIMIT i.most
        ) AS few
    ) AS found
), noted AS (
    INSERT INTO sign_in_attempt (site_id, key, tried_at, attempt_id)
    SELECT $1, key, $5, $6
    FROM counted
    WHERE NOT EXISTS (SELECT FROM counted WHERE tried >= most)
)
SELECT first_at
FROM counted
WHERE tried >= most;
