"""Alembic: the schema's history, for the main database and, apart from it, for the one of wrapped keys."""
