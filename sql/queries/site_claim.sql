-- name: site_claims
-- A site's own claims, and what it has switched off.
SELECT kind, name, content
FROM site_claim
WHERE site_id = $1
ORDER BY kind, name;

-- name: put_site_claim
-- Add or replace a claim of a site's own, or switch something off.
INSERT INTO site_claim (site_id, kind, name, content)
VALUES ($1, $2, $3, $4::jsonb)
ON CONFLICT (site_id, kind, name) DO UPDATE
SET content = excluded.content, changed_at = now();

-- name: drop_site_claim
-- Remove a claim of a site's own, or switch something on again.
DELETE FROM site_claim
WHERE site_id = $1 AND kind = $2 AND name = $3
RETURNING name;
