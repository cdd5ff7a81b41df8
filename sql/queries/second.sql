-- name: reviewers
-- On which of these sites more than one person may decide.
SELECT site_id
FROM member
WHERE site_id = ANY ($1::int[]) AND revoked_at IS NULL AND role <> 'viewer'
GROUP BY site_id
HAVING count(*) > 1;

-- name: ask_second_opinion
-- Have a second person judge a decision without being told of it.
INSERT INTO second_opinion (site_id, decision_id, comment_id, action, reason, decided_by, asked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: answer_second_opinion
-- Keep what the second person thought.
UPDATE second_opinion
SET second_id = $3, second_action = $4, second_reason = $5, second_by = $6, answered_at = $7
WHERE site_id = $1 AND decision_id = $2;

-- name: reopen_second_opinion
-- Forget what the second person thought, for they have taken it back.
UPDATE second_opinion
SET second_id = NULL, second_action = NULL, second_reason = NULL, second_by = NULL, answered_at = NULL
WHERE site_id = $1 AND second_id = $2
RETURNING decision_id, (
    SELECT d.member_id
    FROM decision AS d
    WHERE d.site_id = second_opinion.site_id AND d.decision_id = second_opinion.decision_id
) AS member_id;
