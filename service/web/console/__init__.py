"""Show moderators what waits and why, in pages that work without script."""
