-- What is kept on record beside decisions: changes of a site's policy, and what an author wrote before an edit.
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
ALTER TABLE revision ENABLE ROW LEVEL SECURITY;
ALTER TABLE revision FORCE ROW LEVEL SECURITY;
CREATE POLICY own_sites ON revision USING (site_id = ANY ((SELECT allowed_sites())::int[]));
GRANT SELECT, INSERT, DELETE ON revision TO gatepost_service;
