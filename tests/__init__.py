"""The tests; `flows/` holds stories a counsellor could read."""
