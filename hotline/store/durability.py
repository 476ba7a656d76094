"""Does this database keep what it says it has kept? A commit is an acknowledgement somebody relies on."""

from sqlalchemy import text

from hotline.store.db import Database

# Any of these switched off loses or tears commits that were acknowledged. Asked in a session of our own, so that
# what is set for the role or the database alone counts as well.
ASKED = """
SELECT name, setting, source FROM pg_settings
WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')
"""
FULL, EXTRA = 2, 3  # of PRAGMA synchronous


async def dangers(db: Database) -> list[str]:
    """What makes this database unfit to be trusted with a commit, each as a phrase; empty if nothing does."""
    async with db.read() as connection:
        if db.is_sqlite:
            journal = (await connection.execute(text("PRAGMA journal_mode"))).scalar_one()
            level = (await connection.execute(text("PRAGMA synchronous"))).scalar_one()
            wrong = {"journal_mode": journal} if journal != "wal" else {}
            wrong |= {"synchronous": level} if level not in (FULL, EXTRA) else {}
            return [f"{name} is {value}" for name, value in wrong.items()]
        rows = (await connection.execute(text(ASKED))).all()
    return sorted(f"{row.name} is off (set by: {row.source})" for row in rows if row.setting == "off")
