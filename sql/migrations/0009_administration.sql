-- What members sign in with beside links: a password and a second factor, kept by each site for itself, so that the
-- owner of one site can never set the password of another.
SET LOCAL lock_timeout = '4s';

-- totp_step is the last half-minute whose code was used; none is taken twice.
ALTER TABLE member
    ADD COLUMN password text,
    ADD COLUMN totp bytea,
    ADD COLUMN totp_step bigint NOT NULL DEFAULT 0;
CREATE INDEX member_by_email ON member (lower(email), site_id);
