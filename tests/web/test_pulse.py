"""One task asks all open lines of a process whether they live."""

import time
from collections.abc import Callable

from structlog.testing import capture_logs

from hotline.web.pulse import SPREAD, Pulse

EVERY = 10.0


class Line:
    def __init__(self, ping: Callable[[], None]) -> None:
        self.ping = ping


def test_each_line_is_asked_once_in_its_time_and_never_later() -> None:
    asked: list[int] = []
    pulse, began = Pulse(), time.monotonic()
    with pulse.of(Line(lambda: asked.append(1)), EVERY), pulse.of(Line(lambda: asked.append(2)), EVERY):
        now = time.monotonic() + EVERY
        pulse._beat(began)
        pulse._beat(now)
        assert sorted(asked) == [1, 2]
        pulse._beat(now + SPREAD[0] * EVERY - 0.01)
        assert len(asked) == 2
        pulse._beat(now + SPREAD[1] * EVERY)
        assert sorted(asked) == [1, 1, 2, 2]


def test_a_line_that_is_over_is_not_asked_and_leaves_nothing_behind() -> None:
    asked: list[int] = []
    pulse = Pulse()
    with pulse.of(Line(lambda: asked.append(1)), EVERY):
        pass
    pulse._beat(time.monotonic() + EVERY)
    assert asked == []
    assert pulse._due == []


def test_a_line_that_fails_silences_no_other() -> None:
    asked: list[int] = []

    def fails() -> None:
        raise ValueError

    pulse = Pulse()
    with (
        pulse.of(Line(fails), EVERY),
        pulse.of(Line(lambda: asked.append(1)), EVERY),
        capture_logs() as logged,
    ):
        for beat in (1, 2):
            pulse._beat(time.monotonic() + beat * EVERY)
    assert asked == [1, 1]
    assert [each["event"] for each in logged] == ["not pinged"] * 2
