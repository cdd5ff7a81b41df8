"""Gatepost: comments in, sanitised, judged, queued for review in Postgres."""
