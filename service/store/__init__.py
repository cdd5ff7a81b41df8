"""Keep everything in Postgres: one typed function per named query of `sql/queries`."""
