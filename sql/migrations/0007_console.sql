-- What the console asks for: statements of reasons, decisions taken together, second opinions, near-duplicates.
SET LOCAL lock_timeout = '4s';

-- Decisions that were taken together are named by the first of them; null for one alone, so that the hashes of older
-- rows stay true (see link_row).
ALTER TABLE decision ADD COLUMN batch_id uuid;
CREATE INDEX decision_by_batch ON decision (site_id, batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX decision_by_person ON decision (site_id, decided_by, decision_id);

-- What the author is told of a rejection. Not in the decision itself, for it may quote the comment, and a comment that
-- is erased leaves no word behind.
CREATE TABLE statement (
    site_id     int  NOT NULL REFERENCES site,
    comment_id  uuid NOT NULL,
    decision_id uuid NOT NULL,
    text        text NOT NULL,
    PRIMARY KEY (site_id, comment_id, decision_id),
    FOREIGN KEY (site_id, decision_id) REFERENCES decision (site_id, decision_id)
);

-- not_for is the one whom the next decision may not come from, as they escalated the comment or decided on it before;
-- second_of is the decision that a second person judges without being told of it.
ALTER TABLE queue
    ADD COLUMN not_for uuid,
    ADD COLUMN second_of uuid;
CREATE INDEX queue_leased ON queue (site_id, leased_by) WHERE leased_by IS NOT NULL;
CREATE INDEX queue_second ON queue (site_id) WHERE second_of IS NOT NULL;

-- The first decision and, once it is there, the second: what agreement is reckoned from.
CREATE TABLE second_opinion (
    site_id       int         NOT NULL REFERENCES site,
    decision_id   uuid        NOT NULL,
    comment_id    uuid        NOT NULL,
    action        text        NOT NULL,
    reason        text,
    decided_by    text        NOT NULL,
    asked_at      timestamptz NOT NULL,
    second_id     uuid,
    second_action text,
    second_reason text,
    second_by     text,
    answered_at   timestamptz,
    PRIMARY KEY (site_id, decision_id),
    FOREIGN KEY (site_id, decision_id) REFERENCES decision (site_id, decision_id),
    CONSTRAINT second_opinion_whole CHECK ((second_id IS NULL) = (answered_at IS NULL))
);
CREATE INDEX second_opinion_by_second ON second_opinion (site_id, second_id) WHERE second_id IS NOT NULL;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['statement', 'second_opinion']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_sites ON %I USING (site_id = ANY ((SELECT allowed_sites())::int[]))', name);
    END LOOP;
END
$$;
GRANT SELECT, INSERT, DELETE ON statement TO gatepost_service;
GRANT SELECT, INSERT, UPDATE ON second_opinion TO gatepost_service;

-- The same words among what waits, however often they were posted before; a page's comments and an author's, latest
-- first. Every comment is in one of the two indexes by page.
CREATE INDEX comment_held_text ON comment (site_id, text_hash, comment_id) WHERE state = 'held';
CREATE INDEX comment_unpublished ON comment (site_id, page_id, comment_id) WHERE state <> 'published';
DROP INDEX comment_by_author;
CREATE INDEX comment_by_author ON comment (site_id, author_key, comment_id) WHERE author_key IS NOT NULL;
