"""The audit as its reader sees it: codes, no content."""

from datetime import datetime

from sqlalchemy import select

from hotline.store.db import Tx
from hotline.store.tables import audit
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class AuditRow:
    """Somebody did something to something."""

    id: str
    at: datetime
    actor_kind: str
    actor_id: str
    verb: str
    thing_kind: str
    thing_id: str
    has_reason: bool


async def audit_page(tx: Tx, before: str, who: str, limit: int) -> list[AuditRow]:
    """The newest rows older than `before` ("" for the newest of all), of one person or of everybody."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before:
        query = query.where(audit.c.id < before)
    if who:
        query = query.where(audit.c.actor_id == who)
    return [
        AuditRow(
            row.id,
            row.at,
            row.actor_kind,
            row.actor_id,
            row.verb,
            row.thing_kind,
            row.thing_id,
            row.reason_sealed is not None,
        )
        for row in await tx.connection.execute(query)
    ]
