"""A few random days of the state machine; `python -m tests.torture.routing` goes through thousands."""

from tests import servers
from tests.torture import routing


def test_random_days_break_nothing(postgres_server: servers.PostgresServer) -> None:
    books = routing.run(postgres_server, steps=60, a_day=20)
    assert books.steps > 20
    assert len(books.rules) > 1  # which ones is chance
