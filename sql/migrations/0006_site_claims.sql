-- What a site makes of the claim base: claims of its own, and topics and claims of the base that it has switched off.

SET LOCAL lock_timeout = '4s';

CREATE TABLE site_claim (
    site_id    int         NOT NULL REFERENCES site,
    kind       text        NOT NULL,
    name       text        NOT NULL,
    content    jsonb,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site_id, kind, name),
    CONSTRAINT site_claim_kind_known CHECK (kind IN ('own', 'topic_off', 'claim_off')),
    CONSTRAINT site_claim_content_is_of_own CHECK ((content IS NOT NULL) = (kind = 'own')),
    CONSTRAINT site_claim_name_form CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,62}$')
);
ALTER TABLE site_claim ENABLE ROW LEVEL SECURITY;
ALTER TABLE site_claim FORCE ROW LEVEL SECURITY;
CREATE POLICY own_sites ON site_claim USING (site_id = ANY ((SELECT allowed_sites())::int[]));
GRANT SELECT, INSERT, UPDATE, DELETE ON site_claim TO gatepost_service;
