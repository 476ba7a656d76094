"""The log: only known fields, only words of our own, never what somebody wrote."""

import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from hotline import logs
from hotline.web.routes import ROUTES

CANARY = "Jestem w niebezpieczeństwie"


@pytest.fixture(autouse=True)
def configured() -> Iterator[None]:
    """The log as the commands set it up; the test run's own is back afterwards."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    logs.configure("debug")
    yield
    structlog.configure(**before)
    root.handlers, root.level = handlers, level


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was written to standard error, which must be JSON line by line."""
    captured = capsys.readouterr()
    assert captured.out == ""
    return [json.loads(line) for line in captured.err.splitlines()]


def logged(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    (line,) = lines(capsys)
    return line


def log() -> Any:
    """A logger that writes to the standard error of this very test."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    return structlog.get_logger()


def test_a_line_is_json_with_level_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    log().warning("request failed", code="unavailable", status=503, ms=12.5)
    line = logged(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request failed",
        "level": "warning",
        "code": "unavailable",
        "status": 503,
        "ms": 12.5,
    }


def test_unknown_fields_are_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    unknown = {
        "text": CANARY,
        "path": "/chat/x",
        "name": "Anna",
        "ip": "10.0.0.1",
        "contact": 5,
        "token": "t",
    }
    log().info("request", **unknown)
    assert not logged(capsys).keys() & unknown.keys()


@pytest.mark.parametrize(
    "value",
    [
        CANARY,
        "I cannot go on",  # plain letters alone are no code either
        "48600100200",
        "+48600100200",
        "tel:600100200.",
        48600100200,
        600100200.0,
        -600100200,
        float("inf"),
        ["a", "b"],
        {"a": 1},
        CANARY.encode(),
        "x" * 500,
        "line\nbreak",
        "a@example.org",
        object,
        ValueError(CANARY),
    ],
    ids=repr,
)
def test_what_does_not_look_like_a_code_is_withheld(
    capsys: pytest.CaptureFixture[str], value: object
) -> None:
    log().info("request", reason=value, count=value, code=value)
    line = logged(capsys)
    assert line["reason"] == line["count"] == line["code"] == "[withheld]"


@pytest.mark.parametrize(
    "value", ["unavailable", "/chat/{line}/contacts", "hub.py:12", 0, 503, 12.5, True, None], ids=repr
)
def test_codes_patterns_and_small_numbers_get_out(capsys: pytest.CaptureFixture[str], value: object) -> None:
    log().info("request", route=value)
    assert logged(capsys)["route"] == value


def test_a_route_keeps_its_pattern(capsys: pytest.CaptureFixture[str]) -> None:
    for route in ROUTES:
        # aiohttp's name of a route has the names of its parts, without their expressions
        log().info("request", route="/".join(part.split(":")[0] for part in route.path.split("/")))
    assert all(line["route"] != "[withheld]" for line in lines(capsys))


@given(st.text(min_size=1))
def test_no_text_with_other_letters_or_many_digits_passes(text: str) -> None:
    kept = logs.only_allowed(None, "info", {"event": "x", "reason": text})["reason"]
    assert kept == "[withheld]" or (text.isascii() and " " not in text and not logs.DIGITS.search(text))


def test_an_event_that_quotes_somebody_is_withheld(capsys: pytest.CaptureFixture[str]) -> None:
    log().info(f"received {CANARY}")
    assert logged(capsys)["event"] == "[withheld]"


def fail() -> None:
    raise ValueError(CANARY)


def test_an_exception_shows_type_and_places_but_never_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        fail()
    except ValueError as error:
        log().exception("request failed")
        log().warning("request failed", exc_info=error)
        log().warning("request failed", exc_info=(type(error), error, error.__traceback__))
    for line in lines(capsys):
        assert line["error"] == "ValueError"
        assert [frame.rsplit(":", 1)[1] for frame in line["frames"]][-1] == "fail"
        assert CANARY not in json.dumps(line, ensure_ascii=False)
        assert "exc_info" not in line
        assert "exception" not in line


def test_causes_notes_and_groups_do_not_speak_either(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        try:
            fail()
        except ValueError as error:
            group = ExceptionGroup(CANARY, [error])
            group.add_note(CANARY)
            raise group from error
    except ExceptionGroup:
        log().exception("request failed")
    line = logged(capsys)
    assert line["error"] == "ExceptionGroup"
    assert CANARY not in json.dumps(line, ensure_ascii=False)


def test_without_an_exception_there_is_no_place(capsys: pytest.CaptureFixture[str]) -> None:
    log().exception("request failed")
    assert not {"error", "frames"} & logged(capsys).keys()


@pytest.mark.parametrize("level", [10, 20, 25, 30, 40, 50])
def test_other_libraries_lose_their_text(capsys: pytest.CaptureFixture[str], level: int) -> None:
    logs.configure("debug")
    logging.getLogger().setLevel(0)
    log()
    logging.getLogger("aiohttp.server").log(level, "Error handling %s", CANARY, extra={"token": CANARY})
    line = logged(capsys)
    assert line["event"] == "library"
    assert line["logger"] == "aiohttp.server"
    assert line["where"].startswith("test_logs.py:")
    assert CANARY not in json.dumps(line, ensure_ascii=False)


def test_exceptions_of_other_libraries_lose_their_text(capsys: pytest.CaptureFixture[str]) -> None:
    log()
    try:
        fail()
    except ValueError:
        logging.getLogger("sqlalchemy").exception("statement %s", CANARY)
    line = logged(capsys)
    assert line["error"] == "ValueError"
    assert CANARY not in json.dumps(line, ensure_ascii=False)


@pytest.mark.parametrize(
    ("logger", "error", "level"),
    [
        ("aiohttp.server", ConnectionResetError("Cannot write"), "info"),
        ("asyncio", ConnectionResetError(), "info"),
        ("aiohttp.server", ValueError(), "error"),
        ("asyncio", ValueError(), "error"),
        ("sqlalchemy", ConnectionResetError(), "error"),
    ],
)
def test_a_line_that_breaks_while_nobody_waits_for_it_is_no_error(
    capsys: pytest.CaptureFixture[str], logger: str, error: Exception, level: str
) -> None:
    log()
    logging.getLogger(logger).error("Error handling request", exc_info=error)
    assert logged(capsys)["level"] == level


def test_other_libraries_are_heard_from_warnings_on(capsys: pytest.CaptureFixture[str]) -> None:
    log()
    logging.getLogger("asyncio").info("a busy day")
    logging.getLogger("asyncio").debug("a busy day")
    assert lines(capsys) == []


def test_below_the_level_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("error")
    log().info("request")
    log().warning("request failed")
    assert lines(capsys) == []


def test_the_call_of_a_library_may_itself_be_broken(capsys: pytest.CaptureFixture[str]) -> None:
    """Arguments that do not fit their text must not raise, nor be printed by `logging` itself."""
    log()
    record = logging.LogRecord("asyncio", logging.WARNING, "x.py", 1, "%d of %d", (CANARY,), None)
    logs.ForeignRecords().handle(record)
    assert CANARY not in json.dumps(logged(capsys), ensure_ascii=False)


def test_nothing_but_logs_writes_to_standard_error_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """`logging.lastResort` would print the text of a record that nobody handles."""
    assert any(isinstance(handler, logs.ForeignRecords) for handler in logging.getLogger().handlers)
