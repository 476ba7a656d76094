"""Figures of this process for whoever watches it. Every label is a code from a closed set, never an id or a name.

An instrument is used where the thing happens, as the log is. What stands in a database is read when somebody
looks, see `monitor`. `deploy/metrics.md` says what each one means.
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
ROWS = (1, 2, 5, 10, 20, 50, 100, 200)


def _counter(name: str, text: str, *labels: str) -> Counter:
    return Counter(f"hotline_{name}", text, labels, registry=REGISTRY)


def _gauge(name: str, text: str, *labels: str) -> Gauge:
    return Gauge(f"hotline_{name}", text, labels, registry=REGISTRY)


def _histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
    return Histogram(f"hotline_{name}", text, labels, registry=REGISTRY, buckets=buckets)


# -- the process -------------------------------------------------------------------------------------

RUNNING = _gauge("running", "1; the labels say what runs.", "version", "schema", "parts")
UP = _gauge("up", "Does this part answer this process?", "part")
LOOP_LAG = _histogram("loop_lag_seconds", "How late the event loop woke a task that slept.", SECONDS)
TASKS = _gauge("tasks", "Tasks of the event loop that have not ended.")
CONNECTIONS = _gauge("database_connections", "Connections of the pool in use.", "database")

# -- the web -----------------------------------------------------------------------------------------

REQUESTS = _counter("requests", "Requests answered.", "method", "route", "status")
REQUEST_SECONDS = _histogram(
    "request_seconds", "From a request to its answer; sockets apart.", SECONDS, "route"
)
SOCKETS = _gauge("sockets", "Live pages connected.", "route")

# -- what is done ------------------------------------------------------------------------------------

ACTIONS = _counter("actions", "Things done and committed, by the verb of the audit.", "verb")
MESSAGES = _counter("messages", "Entries the journal has stored; repeats are not counted.", "author", "kind")
JOURNAL_BATCH = _histogram("journal_batch", "Entries that shared a commit.", ROWS)
JOURNAL_SECONDS = _histogram(
    "journal_seconds", "A commit of the journal, from its begin to its end.", SECONDS
)
JOURNAL_WAITING = _gauge("journal_waiting", "Senders whose entry is not committed yet.")
JOURNAL_FAILURES = _counter("journal_failures", "Commits of the journal that failed.")
DELIVERIES = _counter("deliveries", "Tries to send an entry out.", "channel", "result")
POKES = _counter("pokes", "Pokes over Redis: published, heard, lost.", "what")
ROUNDS = _counter("engine_rounds", "Rounds of the engine: done or failed.", "result")
LAST_ROUND = _gauge("engine_last_round_timestamp_seconds", "When this process finished its last round.")
LEADS = _gauge("engine_leads", "Is this process the engine that acts?")

# -- what stands in the database: the same in every process ------------------------------------------------

WAITING = _gauge("waiting", "Contacts that wait.", "queue", "priority")
LONGEST_WAIT = _gauge(
    "longest_wait_seconds", "Since the oldest waiting contact arrived; 0 if none waits.", "queue"
)
TALKS = _gauge("talks", "Contacts that somebody holds.")
STAFF = _gauge("staff", "People on shift now: all, and those whose console is alive.", "state")
OUTBOX = _gauge("outbox", "Entries to be sent out.", "channel")
OUTBOX_AGE = _gauge("outbox_age_seconds", "Age of the oldest entry to be sent out; 0 if none is.", "channel")
LEASE_EPOCH = _gauge("engine_epoch", "Epoch of the engine's lease; it grows with every new holder.")
ENGINE_AWAY = _gauge("engine_away_seconds", "Since the engine's lease ran out; 0 while somebody has it.")


def page() -> bytes:
    """All of it, as Prometheus reads it."""
    return generate_latest(REGISTRY)
