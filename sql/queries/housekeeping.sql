-- name: forget_keys
-- Drop Idempotency-Keys after the 24 hours for which they are honoured.
DELETE FROM idempotency
WHERE created_at < now() - interval '24 hours';

-- name: forget_addresses
-- Drop the keyed address of comments older than 48 hours; the prefix stays for statistics of abuse.
UPDATE comment
SET address_hash = NULL
WHERE address_hash IS NOT NULL AND created_at < now() - interval '48 hours';

-- name: forget_address_keys
-- Destroy the address keys of days that ended 24 hours ago or more.
DELETE FROM secret
WHERE purpose = 'address' AND day < (now() AT TIME ZONE 'UTC')::date - 1;

-- name: forget_outbox
-- Drop deliveries after a week: the last try of one is due after three days.
DELETE FROM outbox
WHERE created_at < now() - interval '7 days';

-- name: forget_reporters
-- Drop the keyed address of reports older than 48 hours.
UPDATE report
SET address_hash = NULL
WHERE address_hash IS NOT NULL AND created_at < now() - interval '48 hours';

-- name: forget_proofs
-- Drop proofs of work that could not be used any more.
DELETE FROM proof
WHERE expires_at < now();

-- name: forget_attempts
-- Drop attempts to sign in that no longer count.
DELETE FROM sign_in_attempt
WHERE tried_at < now() - interval '15 minutes';
