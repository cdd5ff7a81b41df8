-- Judging an archive again: a run and the ranges of ids that it consists of. Whoever takes part claims one range after
-- another; what a process was at when it died is claimed again.

CREATE TABLE rescoring (
    site_id      int         NOT NULL REFERENCES site,
    rescoring_id uuid        NOT NULL,
    judge        text        NOT NULL,
    model        text        NOT NULL,
    dry_run      boolean     NOT NULL,
    started_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz,
    PRIMARY KEY (site_id, rescoring_id)
);
CREATE UNIQUE INDEX rescoring_under_way ON rescoring (site_id, judge, model, dry_run) WHERE finished_at IS NULL;

CREATE TABLE rescoring_range (
    site_id      int     NOT NULL REFERENCES site,
    rescoring_id uuid    NOT NULL,
    first_id     uuid    NOT NULL,
    last_id      uuid    NOT NULL,
    comments     int     NOT NULL,
    done         boolean NOT NULL DEFAULT false,
    flagged      int     NOT NULL DEFAULT 0,
    cleared      int     NOT NULL DEFAULT 0,
    queued       int     NOT NULL DEFAULT 0,
    PRIMARY KEY (site_id, rescoring_id, first_id),
    FOREIGN KEY (site_id, rescoring_id) REFERENCES rescoring
);
CREATE INDEX rescoring_range_open ON rescoring_range (site_id, rescoring_id, first_id) WHERE NOT done;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['rescoring', 'rescoring_range']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_sites ON %I USING (site_id = ANY ((SELECT allowed_sites())::int[]))', name);
    END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE ON rescoring, rescoring_range TO gatepost_service;
