-- name: add_spent
-- Tell other processes what this one has let in since its last notice.
INSERT INTO rate_spent (site_id, process, seq, key, spent)
SELECT site_id, $1, $2, key, spent
FROM unnest($3::int[], $4::text[], $5::int[]) AS i (site_id, key, spent);

-- name: spent_elsewhere
-- What other processes have let in during the last minute, as far as it has not been read yet.
SELECT r.site_id, r.process, r.seq, r.key, r.spent
FROM rate_spent AS r
LEFT JOIN unnest($3::int[], $4::uuid[], $5::bigint[]) AS seen (site_id, process, seq)
    ON seen.site_id = r.site_id AND seen.process = r.process
WHERE r.site_id = ANY ($2::int[])
    AND r.process <> $1
    AND r.seq > coalesce(seen.seq, 0)
    AND r.spent_at > now() - interval '1 minute';

-- name: forget_spent
-- Drop notices that nobody reads any more.
DELETE FROM rate_spent
WHERE spent_at < now() - interval '2 minutes';
