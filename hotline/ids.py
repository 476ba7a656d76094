"""Ids and secrets made by the application, never by the database.

An id is known before the row exists, so it can be part of what seals the row.
"""

import secrets

from uuid_utils.compat import uuid7


def new_id() -> str:
    """A UUIDv7 as 36 characters; later ids sort after earlier ones."""
    return str(uuid7())


def new_secret() -> str:
    """256 random bits, safe in a header."""
    return secrets.token_urlsafe(32)
