-- The whole journey of a comment: site, page, comment, verdict, queue, decision.
--
-- Every key starts with site_id: it isolates tenants by row-level security and is the distribution key should a
-- site outgrow one server. Roles: whoever runs this file owns the tables; the service connects as gatepost_service
-- (or a member of it), which owns nothing and cannot bypass row-level security.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gatepost_service') THEN
        CREATE ROLE gatepost_service NOLOGIN;
    END IF;
END
$$;

-- The sites this transaction may see, as set by the service ("3" or "3,7"); none when unset.
CREATE FUNCTION allowed_sites() RETURNS int[]
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT string_to_array(nullif(current_setting('gatepost.sites', true), ''), ',')::int[] $$;

CREATE TABLE site (
    site_id    int         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text        NOT NULL,
    title      text        NOT NULL,
    origins    text[]      NOT NULL DEFAULT '{}',
    policy     jsonb       NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT site_name_unique UNIQUE (name),
    CONSTRAINT site_name_form CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,62}$')
);

-- Keys for signatures and keyed hashes. Permanent ones have day = 'epoch'; the daily address key is deleted
-- after 48 hours, which makes the hashes made with it meaningless.
CREATE TABLE secret (
    site_id int   NOT NULL REFERENCES site,
    purpose text  NOT NULL,
    day     date  NOT NULL,
    key     bytea NOT NULL,
    PRIMARY KEY (site_id, purpose, day),
    CONSTRAINT secret_purpose_known CHECK (purpose IN ('author_token', 'form_token', 'author_key', 'address')),
    CONSTRAINT secret_key_long_enough CHECK (octet_length(key) >= 32)
);

CREATE TABLE page (
    site_id    int         NOT NULL REFERENCES site,
    page_id    bigint      GENERATED ALWAYS AS IDENTITY,
    key        text        NOT NULL,
    url        text        NOT NULL,
    title      text        NOT NULL,
    published  int         NOT NULL DEFAULT 0,
    closed     boolean     NOT NULL DEFAULT false,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site_id, page_id),
    CONSTRAINT page_key_unique UNIQUE (site_id, key),
    CONSTRAINT page_published_not_negative CHECK (published >= 0)
);

-- decided is the standing decision of a person, '' while only the policy has spoken.
CREATE TABLE comment (
    site_id        int         NOT NULL REFERENCES site,
    comment_id     uuid        NOT NULL,
    page_id        bigint      NOT NULL,
    parent_id      uuid,
    state          text        NOT NULL,
    version        int         NOT NULL DEFAULT 1,
    revision       int         NOT NULL DEFAULT 1,
    decided        text        NOT NULL DEFAULT '',
    text_hash      bigint      NOT NULL,
    author_key     bytea,
    address_hash   bytea,
    address_prefix text,
    lang           text        NOT NULL DEFAULT '',
    author_name    text        NOT NULL DEFAULT '',
    author_email   text        NOT NULL DEFAULT '',
    author_url     text        NOT NULL DEFAULT '',
    body           text        NOT NULL,
    html           text        NOT NULL,
    created_at     timestamptz NOT NULL,
    edited_at      timestamptz,
    PRIMARY KEY (site_id, comment_id),
    FOREIGN KEY (site_id, page_id) REFERENCES page,
    FOREIGN KEY (site_id, parent_id) REFERENCES comment (site_id, comment_id),
    CONSTRAINT comment_state_known CHECK (state IN ('held', 'published', 'rejected', 'erased')),
    CONSTRAINT comment_decided_known CHECK (decided IN ('', 'approve', 'reject'))
);
-- What a page shows; comment_id is a UUID v7, so its order is the order of arrival.
CREATE INDEX comment_published ON comment (site_id, page_id, comment_id) WHERE state = 'published';
CREATE INDEX comment_rejected ON comment (site_id, comment_id) WHERE state = 'rejected';
-- The hash first: with the site first it would serve look-ups by comment_id as well as the primary key does, as far as
-- Postgres can tell while the table is small, and it would keep reading whole sites for them.
CREATE INDEX comment_by_text ON comment (text_hash, site_id);
CREATE INDEX comment_by_author ON comment (site_id, author_key) WHERE author_key IS NOT NULL;
CREATE INDEX comment_address_hash_age ON comment (site_id, created_at) WHERE address_hash IS NOT NULL;

CREATE TABLE verdict (
    site_id    int         NOT NULL REFERENCES site,
    comment_id uuid        NOT NULL,
    revision   int         NOT NULL,
    action     text        NOT NULL,
    scores     jsonb       NOT NULL,
    models     jsonb       NOT NULL,
    flags      jsonb       NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (site_id, comment_id, revision),
    FOREIGN KEY (site_id, comment_id) REFERENCES comment,
    CONSTRAINT verdict_action_known CHECK (action IN ('publish', 'hold', 'reject'))
);

-- What waits for a person; narrow, because leases update it and decisions delete from it (2.6 times the leases per
-- second of updating the comment itself). rank falls with age of arrival, so that waiting raises a comment without
-- any row being touched: see service/priority.py.
CREATE TABLE queue (
    site_id      int              NOT NULL REFERENCES site,
    comment_id   uuid             NOT NULL,
    rank         double precision NOT NULL,
    weight       real             NOT NULL,
    flags        text[]           NOT NULL DEFAULT '{}',
    categories   text[]           NOT NULL DEFAULT '{}',
    queued_at    timestamptz      NOT NULL,
    leased_by    uuid,
    leased_label text        NOT NULL DEFAULT '',
    leased_until timestamptz,
    PRIMARY KEY (site_id, comment_id),
    FOREIGN KEY (site_id, comment_id) REFERENCES comment,
    CONSTRAINT queue_lease_whole CHECK ((leased_by IS NULL) = (leased_until IS NULL))
);
CREATE INDEX queue_by_rank ON queue (site_id, rank DESC, comment_id);

CREATE TABLE member (
    site_id       int         NOT NULL REFERENCES site,
    member_id     uuid        NOT NULL,
    email         text        NOT NULL,
    role          text        NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    revoked_at    timestamptz,
    PRIMARY KEY (site_id, member_id),
    CONSTRAINT member_email_unique UNIQUE (site_id, email),
    CONSTRAINT member_role_known CHECK (role IN ('viewer', 'moderator', 'owner'))
);

-- Credentials are stored as SHA-256 of 32 random bytes; kind says how each came about and what it may do:
-- an invite opens one session, a session is a signed-in browser, a token is an API client with a role of its own.
CREATE TABLE credential (
    site_id    int         NOT NULL REFERENCES site,
    hash       bytea       NOT NULL,
    kind       text        NOT NULL,
    member_id  uuid,
    role       text        NOT NULL,
    name       text        NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    ended_at   timestamptz,
    PRIMARY KEY (site_id, hash),
    FOREIGN KEY (site_id, member_id) REFERENCES member,
    CONSTRAINT credential_kind_known CHECK (kind IN ('invite', 'session', 'token')),
    CONSTRAINT credential_role_known CHECK (role IN ('viewer', 'moderator', 'owner')),
    CONSTRAINT credential_member_named CHECK ((kind = 'token') = (member_id IS NULL))
);

CREATE TABLE idempotency (
    site_id      int         NOT NULL REFERENCES site,
    key_hash     bytea       NOT NULL,
    request_hash bytea       NOT NULL,
    comment_id   uuid        NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (site_id, key_hash)
);
CREATE INDEX idempotency_age ON idempotency (site_id, created_at);

CREATE TABLE author (
    site_id    int   NOT NULL REFERENCES site,
    author_key bytea NOT NULL,
    approved   int   NOT NULL DEFAULT 0,
    rejected   int   NOT NULL DEFAULT 0,
    PRIMARY KEY (site_id, author_key)
);

-- How many comments of a site are in each state: counting rows takes seconds at ten million.
CREATE TABLE counter (
    site_id int    NOT NULL REFERENCES site,
    state   text   NOT NULL,
    total   bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (site_id, state)
);

CREATE TABLE outbox (
    site_id    int         NOT NULL REFERENCES site,
    outbox_id  bigint      GENERATED ALWAYS AS IDENTITY,
    kind       text        NOT NULL,
    comment_id uuid        NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (site_id, outbox_id)
);

-- The last link of each site's chains.
CREATE TABLE chain (
    site_id int    NOT NULL REFERENCES site,
    name    text   NOT NULL,
    seq     bigint NOT NULL DEFAULT 0,
    hash    bytea  NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000',
    PRIMARY KEY (site_id, name)
);

CREATE TABLE decision (
    site_id       int         NOT NULL REFERENCES site,
    seq           bigint      NOT NULL,
    decision_id   uuid        NOT NULL,
    comment_id    uuid        NOT NULL,
    action        text        NOT NULL,
    reason        text,
    note          text        NOT NULL DEFAULT '',
    state_before  text        NOT NULL,
    state_after   text        NOT NULL,
    decided_before text        NOT NULL DEFAULT '',
    queued_before boolean     NOT NULL DEFAULT false,
    member_id     uuid,
    decided_by    text        NOT NULL,
    undoes        uuid,
    created_at    timestamptz NOT NULL,
    previous_hash bytea       NOT NULL,
    hash          bytea       NOT NULL,
    PRIMARY KEY (site_id, seq),
    CONSTRAINT decision_id_unique UNIQUE (site_id, decision_id),
    FOREIGN KEY (site_id, comment_id) REFERENCES comment,
    CONSTRAINT decision_action_known CHECK (action IN ('approve', 'reject', 'escalate', 'erase', 'undo'))
);
CREATE INDEX decision_by_comment ON decision (site_id, comment_id);
-- A decision is undone once.
CREATE UNIQUE INDEX decision_undone_once ON decision (site_id, undoes) WHERE undoes IS NOT NULL;

-- What happened, without any personal data: ids, states, model versions.
CREATE TABLE event (
    site_id       int         NOT NULL REFERENCES site,
    seq           bigint      NOT NULL,
    kind          text        NOT NULL,
    comment_id    uuid        NOT NULL,
    detail        text        NOT NULL DEFAULT '',
    created_at    timestamptz NOT NULL,
    previous_hash bytea       NOT NULL,
    hash          bytea       NOT NULL,
    PRIMARY KEY (site_id, seq)
);

-- A comment with all that a moderator needs beside it: its page, its current verdict, its author's record and, while
-- it waits, its place in the queue. security_invoker keeps the caller's row-level security.
CREATE VIEW review_item WITH (security_invoker = true) AS
SELECT
    c.site_id, s.name AS site, c.comment_id, c.parent_id, c.state, c.version, c.text_hash,
    c.author_name, c.author_email, c.author_url, c.lang, c.body, c.html, c.created_at, c.edited_at,
    p.page_id, p.key AS page_key, p.url AS page_url, p.title AS page_title, p.published, p.closed, p.changed_at,
    v.action, v.scores, v.models, v.flags,
    coalesce(a.approved, 0) AS approved, coalesce(a.rejected, 0) AS rejected,
    q.rank, q.weight, q.queued_at, q.categories, q.flags AS codes, q.leased_by, q.leased_label, q.leased_until
FROM comment AS c
JOIN site AS s ON s.site_id = c.site_id
JOIN page AS p ON p.site_id = c.site_id AND p.page_id = c.page_id
JOIN verdict AS v ON v.site_id = c.site_id AND v.comment_id = c.comment_id AND v.revision = c.revision
LEFT JOIN author AS a ON a.site_id = c.site_id AND a.author_key = c.author_key
LEFT JOIN queue AS q ON q.site_id = c.site_id AND q.comment_id = c.comment_id;

-- Give a row its number and its link to the row before it. The lock on the chain's row puts concurrent writers of
-- one site in a queue; UTC makes the hashed text independent of the session, and leaving out nulls lets a later
-- migration add a nullable column without breaking old links.
CREATE FUNCTION link_row() RETURNS trigger
LANGUAGE plpgsql
SET timezone TO 'UTC'
AS $$
DECLARE
    last chain%ROWTYPE;
BEGIN
    SELECT * INTO STRICT last FROM chain WHERE site_id = NEW.site_id AND name = TG_TABLE_NAME FOR UPDATE;
    NEW.seq := last.seq + 1;
    NEW.previous_hash := last.hash;
    NEW.hash := sha256(last.hash || convert_to(jsonb_strip_nulls(to_jsonb(NEW) - 'hash')::text, 'UTF8'));
    UPDATE chain SET seq = NEW.seq, hash = NEW.hash WHERE site_id = NEW.site_id AND name = TG_TABLE_NAME;
    RETURN NEW;
END
$$;
CREATE TRIGGER decision_link BEFORE INSERT ON decision FOR EACH ROW EXECUTE FUNCTION link_row();
CREATE TRIGGER event_link BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION link_row();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['secret', 'page', 'comment', 'verdict', 'queue', 'member', 'credential',
        'idempotency', 'author', 'counter', 'outbox', 'chain', 'decision', 'event']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_sites ON %I USING (site_id = ANY ((SELECT allowed_sites())::int[]))', name);
    END LOOP;
END
$$;

-- Any name may be looked up (every URL names its site); only one's own sites can be written.
ALTER TABLE site ENABLE ROW LEVEL SECURITY;
ALTER TABLE site FORCE ROW LEVEL SECURITY;
CREATE POLICY look_up ON site FOR SELECT USING (true);
CREATE POLICY own_sites_insert ON site FOR INSERT WITH CHECK (site_id = ANY ((SELECT allowed_sites())::int[]));
CREATE POLICY own_sites_update ON site FOR UPDATE USING (site_id = ANY ((SELECT allowed_sites())::int[]));

GRANT USAGE ON SCHEMA public TO gatepost_service;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO gatepost_service;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO gatepost_service;
GRANT INSERT, UPDATE ON site, page, comment, verdict, member, credential, author, counter, chain TO gatepost_service;
GRANT INSERT, UPDATE, DELETE ON secret, queue, idempotency, outbox TO gatepost_service;
GRANT INSERT ON decision, event TO gatepost_service;
