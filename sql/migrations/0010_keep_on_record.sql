-- What is kept on record beside decisions: changes of a site's policy.
SET LOCAL lock_timeout = '4s';

-- An event may be about the site itself. Nulls are left out of what is hashed (see link_row).
ALTER TABLE event ALTER COLUMN comment_id DROP NOT NULL;
