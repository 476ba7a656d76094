"""A few random days of the state machine; `python -m tests.torture.routing` goes through thousands."""

from tests import servers
from tests.torture import routing


def test_random_days_break_nothing(postgres_server: servers.PostgresServer) -> None:
    books = routing.run(postgres_server, steps=40, a_day=20)
    assert books.steps > 0  # how many of those drawn find something to act on, and which, is chance
