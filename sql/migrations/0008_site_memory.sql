-- What a site has decided before: nearly the same text, and where its genuine comments score.

SET LOCAL lock_timeout = '4s';

-- near is the simhash of a comment's words. Two texts that differ in at most 3 of its 64 bits share one of its four
-- bands, so four plain indexes find them. They are columns, for row-level security lets an index be used only by
-- operators that are leakproof, as equality is and a shift is not. Only what a person has decided is remembered.
ALTER TABLE comment
    ADD COLUMN near bigint NOT NULL DEFAULT 0,
    ADD COLUMN near_0 int GENERATED ALWAYS AS ((near & 65535)::int) STORED,
    ADD COLUMN near_1 int GENERATED ALWAYS AS (((near >> 16) & 65535)::int) STORED,
    ADD COLUMN near_2 int GENERATED ALWAYS AS (((near >> 32) & 65535)::int) STORED,
    ADD COLUMN near_3 int GENERATED ALWAYS AS (((near >> 48) & 65535)::int) STORED;
CREATE INDEX comment_near_0 ON comment (near_0, site_id, created_at) WHERE decided <> '' AND near <> 0;
CREATE INDEX comment_near_1 ON comment (near_1, site_id, created_at) WHERE decided <> '' AND near <> 0;
CREATE INDEX comment_near_2 ON comment (near_2, site_id, created_at) WHERE decided <> '' AND near <> 0;
CREATE INDEX comment_near_3 ON comment (near_3, site_id, created_at) WHERE decided <> '' AND near <> 0;

-- What people have decided, the latest last (comment_id is a UUID v7).
CREATE INDEX comment_decided ON comment (site_id, comment_id) WHERE decided <> '';

-- The cuts that a site's own comments gave, and for which models: see service/worker/learning.py.
ALTER TABLE site ADD COLUMN learned jsonb NOT NULL DEFAULT '{}';
