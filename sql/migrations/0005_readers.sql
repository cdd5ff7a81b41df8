-- What readers may do beside writing: report a published comment, appeal a decision; and pages that have moved.

SET LOCAL lock_timeout = '4s';

CREATE TABLE report (
    site_id      int         NOT NULL REFERENCES site,
    report_id    uuid        NOT NULL,
    comment_id   uuid        NOT NULL,
    reason       text        NOT NULL,
    note         text        NOT NULL DEFAULT '',
    address_hash bytea,
    created_at   timestamptz NOT NULL,
    closed_at    timestamptz,
    PRIMARY KEY (site_id, report_id),
    FOREIGN KEY (site_id, comment_id) REFERENCES comment,
    CONSTRAINT report_reason_known CHECK (reason IN (
        'spam', 'advertising', 'health_misinformation', 'dangerous_advice', 'unlawful_sale', 'off_topic', 'abuse',
        'hate', 'personal_data', 'impersonation', 'illegal_content', 'other'
    ))
);
CREATE INDEX report_by_comment ON report (site_id, comment_id);
-- Who reports a comment again before it is looked at adds nothing.
CREATE UNIQUE INDEX report_once_per_address ON report (site_id, comment_id, address_hash) WHERE closed_at IS NULL;

-- One appeal per decision; answered_by is the decision that answered it.
CREATE TABLE appeal (
    site_id     int         NOT NULL REFERENCES site,
    decision_id uuid        NOT NULL,
    comment_id  uuid        NOT NULL,
    text        text        NOT NULL,
    created_at  timestamptz NOT NULL,
    answered_by uuid,
    PRIMARY KEY (site_id, decision_id),
    FOREIGN KEY (site_id, comment_id) REFERENCES comment,
    FOREIGN KEY (site_id, decision_id) REFERENCES decision (site_id, decision_id),
    FOREIGN KEY (site_id, answered_by) REFERENCES decision (site_id, decision_id)
);
CREATE INDEX appeal_by_comment ON appeal (site_id, comment_id);
CREATE UNIQUE INDEX appeal_open_once ON appeal (site_id, comment_id) WHERE answered_by IS NULL;

-- Proofs of work that have been used; request_hash lets the same request be sent again.
CREATE TABLE proof (
    site_id      int         NOT NULL REFERENCES site,
    nonce        bytea       NOT NULL,
    request_hash bytea       NOT NULL,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (site_id, nonce)
);

-- Other names of a page: keys under which it was known before, or is known elsewhere.
CREATE TABLE page_alias (
    site_id int    NOT NULL REFERENCES site,
    key     text   NOT NULL,
    page_id bigint NOT NULL,
    PRIMARY KEY (site_id, key),
    FOREIGN KEY (site_id, page_id) REFERENCES page
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['report', 'appeal', 'proof', 'page_alias']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_sites ON %I USING (site_id = ANY ((SELECT allowed_sites())::int[]))', name);
    END LOOP;
END
$$;

GRANT SELECT ON report, appeal, proof, page_alias TO gatepost_service;
GRANT INSERT, UPDATE ON report, appeal, page_alias TO gatepost_service;
GRANT INSERT, UPDATE, DELETE ON proof TO gatepost_service;
