"""The dialog before saving: gaps that open and close, rests and hours that break, and the second question."""

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from hotline.errors import GapWouldOpen, HotlineError, SkillExpired
from hotline.rules import access
from hotline.rules.access import Actor
from hotline.rules.duty.gaps import Gap
from hotline.rules.duty.grid import REMARKS
from hotline.rules.duty.preview import Preview
from hotline.web import render, staff_page
from hotline.web.roster_words import Words


def dialog(
    request: web.Request, actor: Actor, found: Preview, words: Words, error: HotlineError | None, **shown: Any
) -> web.Response:
    """The save dialog, for every kind of change."""
    known = None if isinstance(error, GapWouldOpen | SkillExpired) else error  # these the dialog says itself
    asks = [] if shown.get("in_draft") else [_gap(gap, words) for gap in found.asks_again]
    return render.render(
        request,
        "roster_save.html",
        status=error.status if error else 200,
        **staff_page.context(request, actor),
        **{
            "edits": access.may(actor, "roster.change"),
            "opened": _gaps(found.opened, words),
            "closed": _gaps(found.closed, words),
            "remarks": [_gap(gap, words) for gap in found.opened if gap.kind in REMARKS],
            "breached": [words.breach(each) for each in found.breached],
            "asks": asks,
            "asked_before": isinstance(error, GapWouldOpen),
            "problem": staff_page.told(request, known),
            "in_draft": False,
            "notes": (),
            "refused": "",
            **shown,
        },
    )


def _gaps(gaps: Iterable[Gap], words: Words) -> list[tuple[str, str, str]]:
    """What is short; a skill that is missing because papers lapse is told once."""
    short = [gap for gap in gaps if gap.kind not in REMARKS | {"REST"}]
    lapsed = {(gap.line, gap.need, gap.span) for gap in short if gap.kind == "EXPIRED"}
    return [
        _gap(gap, words)
        for gap in short
        if gap.kind != "SKILL" or (gap.line, gap.need, gap.span) not in lapsed
    ]


def _gap(gap: Gap, words: Words) -> tuple[str, str, str]:
    """(line, when, what)"""
    return words.line(gap.line), words.span(gap.start, gap.end), words.gap(gap)
