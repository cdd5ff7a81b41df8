-- What each process has let in lately, so that several share one limit. Unlogged: it is worth nothing after a crash.
--
-- key is '' for the site itself, else an address hashed with the site's key of the day. Each process numbers its
-- notices, so that the others can tell which they have read.

CREATE UNLOGGED TABLE rate_spent (
    site_id  int         NOT NULL REFERENCES site,
    process  uuid        NOT NULL,
    seq      bigint      NOT NULL,
    key      text        NOT NULL,
    spent    int         NOT NULL,
    spent_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site_id, process, seq, key),
    CONSTRAINT rate_spent_positive CHECK (spent > 0)
);
ALTER TABLE rate_spent ENABLE ROW LEVEL SECURITY;
ALTER TABLE rate_spent FORCE ROW LEVEL SECURITY;
CREATE POLICY own_sites ON rate_spent USING (site_id = ANY ((SELECT allowed_sites())::int[]));
GRANT SELECT, INSERT, DELETE ON rate_spent TO gatepost_service;
