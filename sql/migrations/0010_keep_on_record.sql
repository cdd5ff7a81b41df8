-- What is kept on record beside decisions: changes of a site's policy, what an author wrote before an edit, and, for
-- little more than an hour, attempts to sign in.
SET LOCAL lock_timeout = '4s';

-- An event may be about the site itself. Nulls are left out of what is hashed (see link_row).
ALTER TABLE event ALTER COLUMN comment_id DROP NOT NULL;

-- The text of a comment's earlier revisions; the one that stands is in the comment itself. Goes with the comment when
-- that is erased.
CREATE TABLE revision (
    site_id    int         NOT NULL REFERENCES site,
    comment_id uuid        NOT NULL,
    revision   int         NOT NULL,
    body       text        NOT NULL,
    written_at timestamptz NOT NULL,
    PRIMARY KEY (site_id, comment_id, revision),
    FOREIGN KEY (site_id, comment_id) REFERENCES comment
);

-- Attempts to sign in by password, so that several processes share their limit. They are made before it is known who
-- asks, on no site; they stand under the first one, whose key of the day hashes what is counted. Unlogged: it is worth
-- little after a crash.
CREATE UNLOGGED TABLE sign_in_attempt (
    site_id    int         NOT NULL REFERENCES site,
    key        text        NOT NULL,
    tried_at   timestamptz NOT NULL,
    attempt_id uuid        NOT NULL,
    PRIMARY KEY (site_id, key, tried_at, attempt_id)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['revision', 'sign_in_attempt']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_sites ON %I USING (site_id = ANY ((SELECT allowed_sites())::int[]))', name);
    END LOOP;
END
$$;
GRANT SELECT, INSERT, DELETE ON revision, sign_in_attempt TO gatepost_service;
