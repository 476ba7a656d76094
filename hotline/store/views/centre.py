"""What the pages about the centre show: every change with who made it, and a notice as it was shown."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from hotline.rules.centre_changes import Change
from hotline.store import centre
from hotline.store.db import Tx
from hotline.store.tables import centre_changes, staff
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change with the names of who made it and who took it back; "" for the operator's shell."""

    change: Change
    by: str
    withdrawn_at: datetime | None
    withdrawn_by: str


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A text about data: language to sections."""

    shown_from: datetime
    body: dict[str, Any]


async def centre_history(tx: Tx) -> list[ChangeRow]:
    """Every change ever made, withdrawn ones included, the newest first."""
    made, gone = staff.alias("made"), staff.alias("gone")
    query = (
        select(centre_changes, made.c.name.label("made_name"), gone.c.name.label("gone_name"))
        .outerjoin(made, made.c.id == centre_changes.c.made_by)
        .outerjoin(gone, gone.c.id == centre_changes.c.withdrawn_by)
        .order_by(centre_changes.c.made_at.desc(), centre_changes.c.id.desc())
    )
    rows = await tx.connection.execute(query)
    return [
        ChangeRow(centre.change_of(row), row.made_name or "", row.withdrawn_at, row.gone_name or "")
        for row in rows
    ]


async def notice(tx: Tx, version: str) -> NoticeView | None:
    """The text of this version; None if it was never shown."""
    found = await centre.notice(tx, version)
    return None if found is None else NoticeView(*found)
