-- When work that comes round is due next at a site, so that of several processes one does it.
CREATE TABLE round (
    site_id int         NOT NULL REFERENCES site,
    name    text        NOT NULL,
    due_at  timestamptz NOT NULL,
    PRIMARY KEY (site_id, name)
);
ALTER TABLE round ENABLE ROW LEVEL SECURITY;
ALTER TABLE round FORCE ROW LEVEL SECURITY;
CREATE POLICY own_sites ON round USING (site_id = ANY ((SELECT allowed_sites())::int[]));
GRANT SELECT, INSERT, UPDATE ON round TO gatepost_service;
