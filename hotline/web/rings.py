"""What a locked screen may tell of a console: that somebody waits, so that it rings; not who, where or why."""

from dataclasses import asdict
from typing import Any

from hotline.rules import access
from hotline.rules.access import Actor
from hotline.rules.contact import P1
from hotline.rules.transfer import JOINED
from hotline.store.views import ConsoleView

Json = dict[str, Any]


def rings(view: ConsoleView, actor: Actor) -> Json:
    """What rings, by keys that mean something to an open console only, and how often callers have written.

    dangers: what rings like danger, as `dangers.js` finds it on an open console. offer, asked: what rings once.
    said: grows with every word of a caller in one's own conversations. signals: what the person wants to hear.
    """
    offer, me = view.offer, view.me
    asked = None if view.asked is None or view.asked.state == JOINED else view.asked
    dangers = {offer.contact_id: "offered"} if offer is not None and offer.priority == P1 else {}
    if access.may(actor, "presence.set_intent") and me.duties and me.intent != "off":
        for row in view.queue.rows:
            if row.priority == P1:
                dangers.setdefault(row.contact_id, "waits")
    if asked is not None and (asked.way == "consult" or asked.priority == P1):
        dangers.setdefault(asked.id, "asked")
    return {
        "dangers": [{"key": key, "what": what} for key, what in dangers.items()],
        "offer": offer.contact_id if offer is not None else None,
        "asked": asked.id if asked is not None else None,
        "said": sum(row.caller_seq for row in view.mine),
        "signals": asdict(me.signals),
    }
