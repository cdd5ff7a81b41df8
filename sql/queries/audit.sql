-- name: verify_decisions
-- How many decisions a site has, and the first whose hash does not follow from its content and the one before it.
SELECT count(*) AS rows, min(seq) FILTER (WHERE NOT sound) AS broken_at, max(seq) AS last
FROM (
    SELECT
        d.seq,
        d.seq = row_number() OVER (ORDER BY d.seq)
            AND d.previous_hash = coalesce(lag(d.hash) OVER (ORDER BY d.seq), decode(repeat('00', 32), 'hex'))
            AND d.hash = sha256(
                d.previous_hash || convert_to(jsonb_strip_nulls(to_jsonb(d) - 'hash')::text, 'UTF8')
            ) AS sound
    FROM decision AS d
    WHERE d.site_id = $1
) AS checked;

-- name: verify_events
-- How many events a site has, and the first whose hash does not follow from its content and the one before it.
SELECT count(*) AS rows, min(seq) FILTER (WHERE NOT sound) AS broken_at, max(seq) AS last
FROM (
    SELECT
        e.seq,
        e.seq = row_number() OVER (ORDER BY e.seq)
            AND e.previous_hash = coalesce(lag(e.hash) OVER (ORDER BY e.seq), decode(repeat('00', 32), 'hex'))
            AND e.hash = sha256(
                e.previous_hash || convert_to(jsonb_strip_nulls(to_jsonb(e) - 'hash')::text, 'UTF8')
            ) AS sound
    FROM event AS e
    WHERE e.site_id = $1
) AS checked;

-- name: chain_ends
-- The number of the last row that each chain of a site has had.
SELECT name, seq
FROM chain
WHERE site_id = $1;
