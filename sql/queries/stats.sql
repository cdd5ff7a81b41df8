-- name: stats_inflow
-- How many comments came on each day, and what has become of them. Ids are time-ordered.
SELECT
    (created_at AT TIME ZONE 'UTC')::date AS day, count(*)::int AS comments,
    (count(*) FILTER (WHERE state = 'published'))::int AS published,
    (count(*) FILTER (WHERE state = 'rejected'))::int AS rejected,
    (count(*) FILTER (WHERE state = 'held'))::int AS held
FROM comment
WHERE comment_id >= $1 AND comment_id < $2
GROUP BY day
ORDER BY day;

-- name: stats_backlog
-- How many queued comments have waited for how many hours.
SELECT width_bucket(extract(epoch FROM now() - queued_at) / 3600, ARRAY[0, 1, 4, 24, 72, 168]::float8[]) AS bucket,
    count(*)::int AS comments
FROM queue
GROUP BY bucket
ORDER BY bucket;

-- name: stats_delays
-- How many seconds it took until the first half, and nine tenths, of comments had their first decision by a person, and
-- how many comments had it between two bounds; the row of all has no bucket.
SELECT
    bucket,
    count(*)::int AS decisions,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS ninth
FROM (
    SELECT seconds, width_bucket(seconds, $3::float8[]) AS bucket
    FROM (
        SELECT extract(epoch FROM min(d.created_at) - c.created_at)::float8 AS seconds
        FROM decision AS d
        JOIN comment AS c ON c.site_id = d.site_id AND c.comment_id = d.comment_id
        WHERE d.decision_id >= $1 AND d.decision_id < $2 AND d.action IN ('approve', 'reject')
            AND d.decided_by <> 'policy'
        GROUP BY c.site_id, c.comment_id, c.created_at
    ) AS firsts
) AS placed
GROUP BY GROUPING SETS ((), (bucket));

-- name: stats_flags
-- How many comments with each flag people have rejected, of those that they have decided on, by the model's version.
SELECT
    f.flag ->> 'code' AS code, f.flag ->> 'category' AS category,
    CASE WHEN f.flag ->> 'source' IN ('model', 'claim') THEN coalesce(v.models ->> (f.flag ->> 'category'), '') ELSE '' END
        AS model,
    count(*)::int AS decided, (count(*) FILTER (WHERE c.decided = 'reject'))::int AS rejected
FROM comment AS c
JOIN verdict AS v ON v.site_id = c.site_id AND v.comment_id = c.comment_id AND v.revision = c.revision
CROSS JOIN LATERAL jsonb_array_elements(v.flags) AS f (flag)
WHERE c.comment_id >= $1 AND c.comment_id < $2 AND c.decided <> ''
GROUP BY code, category, model
ORDER BY code, model;

-- name: stats_pairs
-- What two members decided on the same comment, the second without knowing of the first.
SELECT action AS first_action, second_action, count(*)::int AS comments
FROM second_opinion
WHERE decision_id >= $1 AND decision_id < $2 AND second_id IS NOT NULL
GROUP BY action, second_action;

-- name: stats_work
-- What each person did, by name.
SELECT
    decided_by,
    (count(*) FILTER (WHERE action = 'approve'))::int AS approved,
    (count(*) FILTER (WHERE action = 'reject'))::int AS rejected,
    (count(*) FILTER (WHERE action = 'escalate'))::int AS escalated,
    (count(*) FILTER (WHERE action = 'undo'))::int AS undone
FROM decision
WHERE decision_id >= $1 AND decision_id < $2 AND decided_by <> 'policy'
GROUP BY decided_by
ORDER BY decided_by;
