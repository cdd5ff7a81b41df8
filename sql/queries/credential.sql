-- name: put_member
-- Make a member, or give an existing one this role again.
INSERT INTO member (site_id, member_id, email, role)
VALUES ($1, $2, $3, $4)
ON CONFLICT (site_id, email) DO UPDATE SET role = excluded.role, revoked_at = NULL
RETURNING member_id;

-- name: list_members
-- A site's members, by e-mail.
SELECT
    member_id, email, role, created_at, revoked_at,
    password IS NOT NULL AS has_password, totp IS NOT NULL AS has_second_factor
FROM member
WHERE site_id = $1
ORDER BY email;

-- name: lock_owners
-- A site's owners, held until the change to them is made.
SELECT member_id
FROM member
WHERE site_id = $1 AND role = 'owner' AND revoked_at IS NULL
ORDER BY member_id
FOR UPDATE;

-- name: set_role
-- Give a member of a site another role.
UPDATE member
SET role = $3
WHERE site_id = $1 AND member_id = $2 AND revoked_at IS NULL
RETURNING member_id;

-- name: remove_member
-- End a membership; what the member decided stays on record.
UPDATE member
SET revoked_at = now(), password = NULL, totp = NULL
WHERE site_id = $1 AND member_id = $2 AND revoked_at IS NULL
RETURNING member_id;

-- name: end_credentials_of
-- End what a member could sign in with on a site.
UPDATE credential
SET ended_at = now()
WHERE site_id = $1 AND member_id = $2 AND ended_at IS NULL;

-- name: add_credential
-- Keep a new credential's hash.
INSERT INTO credential (site_id, hash, kind, member_id, role, name, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, now() + $7::interval);

-- name: use_invite
-- End an invite that is still good, on every site that it is for.
UPDATE credential
SET ended_at = now()
WHERE hash = $1 AND kind = 'invite' AND ended_at IS NULL AND expires_at > now()
RETURNING site_id, member_id;

-- name: find_credential
-- The sites and roles that a session or token opens; a session has its member's present role.
SELECT
    k.site_id, s.name AS site, k.kind, k.member_id, k.name, coalesce(m.role, k.role) AS role, m.email,
    k.seen_at < now() - interval '1 minute' AS stale
FROM credential AS k
JOIN site AS s ON s.site_id = k.site_id
LEFT JOIN member AS m ON m.site_id = k.site_id AND m.member_id = k.member_id
WHERE k.hash = $1
    AND k.kind IN ('session', 'token')
    AND k.ended_at IS NULL
    AND (k.expires_at IS NULL OR k.expires_at > now())
    AND (k.kind = 'token' OR k.seen_at > now() - $2::interval)
    AND m.revoked_at IS NULL
ORDER BY k.site_id;

-- name: touch_credential
-- Note that a credential is in use.
UPDATE credential
SET seen_at = now()
WHERE hash = $1;

-- name: end_credential
-- End a session.
UPDATE credential
SET ended_at = now()
WHERE hash = $1 AND kind = 'session' AND ended_at IS NULL;

-- name: revoke_tokens
-- End the tokens that go by this name or begin of hash, and have this role; '' means any.
UPDATE credential
SET ended_at = now()
WHERE site_id = $1 AND kind = 'token' AND ended_at IS NULL
    AND ($2 = '' OR name = $2 OR left(encode(hash, 'hex'), 8) = $2)
    AND ($3 = '' OR role = $3);

-- name: list_tokens
-- A site's API tokens, oldest first, without what would let one be used.
SELECT name, left(encode(hash, 'hex'), 8) AS prefix, role, created_at, seen_at, ended_at
FROM credential
WHERE site_id = $1 AND kind = 'token'
ORDER BY created_at;
