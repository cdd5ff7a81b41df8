-- Keep the network of an address only: IPv4 addresses had been kept whole.
--
-- The owner is under row-level security like everybody else, and sees no rows unless it is lifted.

SET LOCAL lock_timeout = '4s';
ALTER TABLE comment NO FORCE ROW LEVEL SECURITY;
UPDATE comment
SET address_prefix = network(
    set_masklen(address_prefix::inet, CASE family(address_prefix::inet) WHEN 4 THEN 24 ELSE 48 END)
)::text
WHERE address_prefix <> '';
ALTER TABLE comment FORCE ROW LEVEL SECURITY;
