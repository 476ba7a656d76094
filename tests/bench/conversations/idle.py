"""Ten thousand callers who read and wait: what an open socket costs in memory, and what its heartbeat costs."""

from collections.abc import Sequence

from tests.bench.conversations import crowd
from tests.bench.conversations.paper import Part
from tests.bench.conversations.sides import Place, Side, memory
from tests.torture.goals import Goal

SOCKETS = 10_000
FIRST = 100  # with these the server has loaded all it needs: the base
BASE_SECONDS, AFTER_OPENING = 10.0, 5.0
HEARTBEAT = 30.0  # of callers' pages
KILOBYTES = 25.0
PERCENT = 5.0  # of one core
SOURCES = 10  # addresses of this machine that the clients come from, since each has only so many ports


async def idle(place: Place, sockets: int = SOCKETS, seconds: float = 2 * HEARTBEAT) -> Part:
    """The reference has no heartbeats; its memory is what aiohttp takes."""
    title = f"{sockets:,} idle callers' sockets in one process"
    part = Part(title, ("server", "kB each", "all, MB", "heartbeats/s", "% of a core"))
    first = min(FIRST, sockets // 2)
    bare = await place.reference("reference", 0)
    plans = [{"contact": f"t{number}", "token": f"t{number}"} for number in range(sockets)]
    part.rows.append(await _row(bare, plans, first, seconds=1.0))
    await place.clear()
    settings, plans = await place.installation("ours", sockets)
    part.rows.append(await _row(await place.serve("ours", settings), plans, first, seconds))
    await place.clear()
    _, kilobytes, _, pings, percent = part.rows[-1]
    part.goals = [
        Goal("memory of an idle socket above the base, kB", _figure(kilobytes), most=KILOBYTES),
        Goal(f"heartbeats of {sockets:,}, % of one core", _figure(percent), most=PERCENT),
        Goal(
            "heartbeats a second",
            _figure(pings),
            least=0.8 * sockets / HEARTBEAT if seconds > HEARTBEAT else 0,
        ),
    ]
    return part


def _figure(value: object) -> float:
    assert isinstance(value, float)
    return round(value, 3)


async def _row(side: Side, plans: Sequence[crowd.Plan], first: int, seconds: float) -> Sequence[object]:
    """kB and MB above the base, heartbeats a second, and percent of a core above what a few sockets take."""
    pages = [_page(number, plan) for number, plan in enumerate(plans)]
    process = side.processes[0].id
    async with side.turn():
        await side.open(pages[:first])
        await side.idle(min(seconds, AFTER_OPENING))
        base, quiet = memory(process), await _share(side, min(seconds, BASE_SECONDS))
        await side.open(pages[first:])
        await side.idle(min(seconds, AFTER_OPENING))
        before = side.cpu()
        told = await side.idle(seconds)
        share = (side.cpu() - before) / seconds
        assert told["open"] == len(plans), (
            f"{len(plans) - told['open']} sockets were closed: {side.processes[0].said()}"
        )
        grown = memory(process) - base
    each = grown / (len(plans) - first)
    return side.name, each / 1000, grown / 1e6, told["pings"] / seconds, 100 * (share - quiet)


def _page(number: int, plan: crowd.Plan) -> crowd.Plan:
    """The caller's alone, from one of some addresses."""
    return {"contact": plan["contact"], "token": plan["token"], "source": f"127.0.0.{2 + number % SOURCES}"}


async def _share(side: Side, seconds: float) -> float:
    before = side.cpu()
    await side.idle(seconds)
    return (side.cpu() - before) / seconds
