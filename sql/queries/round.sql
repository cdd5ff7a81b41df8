-- name: claim_round
-- Of these sites, take on those where a kind of work is due, and put it off for everybody by some seconds.
INSERT INTO round (site_id, name, due_at)
SELECT site_id, $2, now() + make_interval(secs => $3)
FROM unnest($1::int[]) AS i (site_id)
ON CONFLICT (site_id, name) DO UPDATE SET due_at = excluded.due_at WHERE round.due_at <= now()
RETURNING site_id;
