"""The door of whoever watches the process: a listener of its own, which no proxy leads to.

/metrics for Prometheus, /healthz and /readyz for a supervisor of processes that have no pages.
"""

import asyncio
import time
from collections.abc import Collection

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from hotline import metrics
from hotline.errors import HotlineError
from hotline.health import DRAINING, PARTS, Health
from hotline.listening import listening
from hotline.rules.contact import PRIORITIES
from hotline.store import views
from hotline.store.views import Figures
from hotline.system import LEASE, System

FRESH_SECONDS = 5.0
PATIENCE = 3.0
LAG_SECONDS = 0.5
CHANNELS = ("telegram",)  # those with an outbox
OTHER = "other"  # a queue of an earlier centre file
FROM_SQL = (
    metrics.WAITING, metrics.LONGEST_WAIT, metrics.STAFF, metrics.OUTBOX, metrics.OUTBOX_AGE,
)  # fmt: skip


class Monitor:
    """Listens until cancelled. Whoever asks for figures gets those of the database at most five seconds old."""

    def __init__(self, system: System, health: Health) -> None:
        self._system, self._health = system, health
        self._one_look = asyncio.Lock()
        self._looked_at = float("-inf")

    async def run(self) -> None:
        app = web.Application()
        app.router.add_get("/metrics", self.metrics)
        app.router.add_get("/healthz", self.alive)
        app.router.add_get("/readyz", self.ready)
        settings = self._system.settings
        async with listening(app, settings.metrics_host, settings.metrics_port, "HOTLINE_METRICS_PORT"):
            await _feel_lag()

    async def metrics(self, _request: web.Request) -> web.Response:
        async with self._one_look:
            if time.monotonic() - self._looked_at > FRESH_SECONDS:
                await self._look()
                self._looked_at = time.monotonic()
        return web.Response(body=metrics.page(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def alive(self, _request: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def ready(self, _request: web.Request) -> web.Response:
        report = await self._health.report()
        body = {"ready": report.ready, "missing": report.missing}
        return web.json_response(body, status=200 if report.ready else 503)

    async def _look(self) -> None:
        missing = (await self._health.report()).missing
        for part in PARTS:
            if part != DRAINING:
                metrics.UP.labels(part).set(part not in missing)
        metrics.TASKS.set(len(asyncio.all_tasks()))
        metrics.CONNECTIONS.labels("main").set(self._system.db.in_use)
        metrics.CONNECTIONS.labels("keys").set(self._system.keys.in_use)
        try:
            async with asyncio.timeout(PATIENCE), self._system.read() as tx:
                found = await views.figures(tx, LEASE)
        except (HotlineError, TimeoutError):
            for gauge in FROM_SQL:  # nothing is better than what was true a while ago
                gauge.clear()
        else:
            _show(found, self._system.centre.queues)


def _show(found: Figures, queues: Collection[str]) -> None:
    """Set every gauge of the database; those that counted before and do not any more, to nought."""
    for queue in (*queues, OTHER):
        for priority in PRIORITIES:
            metrics.WAITING.labels(queue, priority).set(0)
        metrics.LONGEST_WAIT.labels(queue).set(0)
    for (queue, priority), count in found.waiting.items():
        metrics.WAITING.labels(queue if queue in queues else OTHER, priority).inc(count)
    for queue, wait in found.longest_wait.items():
        metrics.LONGEST_WAIT.labels(queue if queue in queues else OTHER).set(wait.total_seconds())
    for channel in CHANNELS:
        count, age = found.outbox.get(channel, (0, None))
        metrics.OUTBOX.labels(channel).set(count)
        metrics.OUTBOX_AGE.labels(channel).set(age.total_seconds() if age else 0)
    metrics.STAFF.labels("on_duty").set(found.on_duty)
    metrics.STAFF.labels("present").set(found.present)
    metrics.TALKS.set(found.talks)
    metrics.LEASE_EPOCH.set(found.epoch)
    metrics.ENGINE_AWAY.set(found.engine_away.total_seconds())


async def _feel_lag() -> None:
    """A task that sleeps again and again, and notes how late it was woken."""
    while True:
        due = time.monotonic() + LAG_SECONDS
        await asyncio.sleep(LAG_SECONDS)
        metrics.LOOP_LAG.observe(max(0.0, time.monotonic() - due))
