-- Where a site wants to be told what became of its comments, and what each of these places has been told.

SET LOCAL lock_timeout = '4s';

CREATE TABLE webhook (
    site_id     int         NOT NULL REFERENCES site,
    webhook_id  uuid        NOT NULL,
    url         text        NOT NULL,
    kinds       text[]      NOT NULL,
    secret      bytea       NOT NULL,
    enabled     boolean     NOT NULL DEFAULT true,
    failures    int         NOT NULL DEFAULT 0,
    rests_until timestamptz NOT NULL DEFAULT now(),
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (site_id, webhook_id)
);
ALTER TABLE webhook ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook FORCE ROW LEVEL SECURITY;
CREATE POLICY own_sites ON webhook USING (site_id = ANY ((SELECT allowed_sites())::int[]));
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook TO gatepost_service;

-- A row is one delivery now. Rows without a webhook are of the version before, which nobody read; they go in a week.
ALTER TABLE outbox
    ADD COLUMN webhook_id uuid,
    ADD COLUMN state      text        NOT NULL DEFAULT 'waiting',
    ADD COLUMN tries      int         NOT NULL DEFAULT 0,
    ADD COLUMN due_at     timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN answer     text        NOT NULL DEFAULT '',
    ADD CONSTRAINT outbox_state_known CHECK (state IN ('waiting', 'delivered', 'failed')),
    ADD FOREIGN KEY (site_id, webhook_id) REFERENCES webhook ON DELETE CASCADE;
CREATE INDEX outbox_due ON outbox (site_id, webhook_id, due_at, outbox_id)
WHERE state = 'waiting' AND webhook_id IS NOT NULL;
CREATE INDEX outbox_by_webhook ON outbox (site_id, webhook_id, outbox_id) WHERE webhook_id IS NOT NULL;
