-- name: begin_rescoring
-- Begin to judge a site's comments again, unless the same is under way.
WITH run AS (
    INSERT INTO rescoring (site_id, rescoring_id, judge, model, dry_run)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (site_id, judge, model, dry_run) WHERE finished_at IS NULL DO NOTHING
    RETURNING site_id, rescoring_id
), numbered AS (
    SELECT comment_id::text AS id, (row_number() OVER (ORDER BY comment_id) - 1) / $6 AS n
    FROM comment
    WHERE site_id = $1 AND state <> 'erased' AND EXISTS (SELECT FROM run)
)
INSERT INTO rescoring_range (site_id, rescoring_id, first_id, last_id, comments)
SELECT run.site_id, run.rescoring_id, min(numbered.id)::uuid, max(numbered.id)::uuid, count(*)
FROM run, numbered
GROUP BY run.site_id, run.rescoring_id, numbered.n;

-- name: rescoring_under_way
-- The run that is under way, if one is.
SELECT rescoring_id
FROM rescoring
WHERE site_id = $1 AND judge = $2 AND model = $3 AND dry_run = $4 AND finished_at IS NULL;

-- name: claim_range
-- The next range that nobody is at; it is given back when the transaction ends undone.
SELECT first_id, last_id
FROM rescoring_range
WHERE site_id = $1 AND rescoring_id = $2 AND NOT done
ORDER BY first_id
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- name: comments_to_rescore
-- The comments of a range as the judges read them, with their standing verdicts.
SELECT
    c.comment_id, c.revision, c.body, c.author_name, c.author_email, c.author_url, c.lang, c.created_at,
    p.url AS page_url, p.title AS page_title, parent.body AS parent_body,
    v.action, v.scores, v.models, v.flags
FROM comment AS c
JOIN page AS p ON p.site_id = c.site_id AND p.page_id = c.page_id
JOIN verdict AS v ON v.site_id = c.site_id AND v.comment_id = c.comment_id AND v.revision = c.revision
LEFT JOIN comment AS parent ON parent.site_id = c.site_id AND parent.comment_id = c.parent_id
WHERE c.site_id = $1 AND c.comment_id BETWEEN $2 AND $3 AND c.state <> 'erased';

-- name: put_verdicts
-- Let new verdicts stand in place of the old; put what is shown, flagged and undecided into the queue, and what waits
-- there in its new place. Escalated comments keep theirs.
WITH given AS (
    SELECT *
    FROM unnest(
        $2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::float8[], $9::real[], $10::text[], $11::text[]
    ) AS i (comment_id, revision, action, scores, models, flags, rank, weight, codes, categories)
), written AS (
    UPDATE verdict AS v
    SET action = g.action, scores = g.scores::jsonb, models = g.models::jsonb, flags = g.flags::jsonb
    FROM given AS g
    WHERE v.site_id = $1 AND v.comment_id = g.comment_id AND v.revision = g.revision
    RETURNING v.comment_id
), moved AS (
    UPDATE queue AS q
    SET rank = g.rank,
        weight = g.weight,
        flags = string_to_array(g.codes, ' '),
        categories = string_to_array(g.categories, ' ')
    FROM given AS g
    WHERE q.site_id = $1 AND q.comment_id = g.comment_id AND NOT 'policy.escalated' = ANY (q.flags)
    RETURNING q.comment_id
), undecided AS (
    SELECT c.comment_id, c.created_at
    FROM comment AS c
    JOIN given AS g ON g.comment_id = c.comment_id AND g.codes <> '' AND g.action <> 'publish'
    WHERE c.site_id = $1 AND c.state = 'published' AND c.decided = ''
    FOR NO KEY UPDATE OF c
), queued AS (
    INSERT INTO queue (site_id, comment_id, rank, weight, flags, categories, queued_at)
    SELECT
        $1, g.comment_id, g.rank, g.weight, string_to_array(g.codes, ' '),
        string_to_array(g.categories, ' '), now()
    FROM undecided AS u
    JOIN given AS g ON g.comment_id = u.comment_id
    ON CONFLICT (site_id, comment_id) DO NOTHING
    RETURNING comment_id
)
SELECT count(*) FROM queued;

-- name: close_range
-- Note what became of a range.
UPDATE rescoring_range
SET done = true, flagged = $4, cleared = $5, queued = $6
WHERE site_id = $1 AND rescoring_id = $2 AND first_id = $3;

-- name: finish_rescoring
-- End a run of which no range is left.
UPDATE rescoring
SET finished_at = now()
WHERE site_id = $1 AND rescoring_id = $2 AND finished_at IS NULL
    AND NOT EXISTS (
        SELECT FROM rescoring_range AS r
        WHERE r.site_id = $1 AND r.rescoring_id = $2 AND NOT r.done
    );

-- name: rescoring_progress
-- How far a run is, and what it has found.
SELECT
    coalesce(sum(comments), 0)::bigint AS comments,
    coalesce(sum(comments) FILTER (WHERE done), 0)::bigint AS judged,
    coalesce(sum(flagged), 0)::bigint AS flagged,
    coalesce(sum(cleared), 0)::bigint AS cleared,
    coalesce(sum(queued), 0)::bigint AS queued
FROM rescoring_range
WHERE site_id = $1 AND rescoring_id = $2;
