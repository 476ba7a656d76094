"""Our dataclass says, compares and hashes as the standard library's does; frozen is for the type checker."""

import dataclasses
from collections.abc import Callable
from dataclasses import field
from typing import Any

import pytest

from hotline import values


def _thing(decorated: Callable[[type], Any]) -> Any:
    @decorated
    class Thing:
        """Somewhere."""

        name: str
        seats: tuple[int, ...] = ()
        secret: str = field(default="", repr=False)

        def __str__(self) -> str:
            return self.name

    return Thing


@pytest.mark.parametrize("how", [{"frozen": True, "slots": True}, {"slots": True}, {}, {"frozen": True}])
def test_it_says_and_compares_as_the_standard_librarys(how: dict[str, Any]) -> None:
    theirs, ours = _thing(dataclasses.dataclass(**how)), _thing(values.dataclass(**how))
    for given in (("a",), ("a", (1, 2)), ("b", (), "word")):
        assert repr(ours(*given)) == repr(theirs(*given))
        assert str(ours(*given)) == given[0]
        assert ours(*given) == ours(*given) != ours("c")
        assert dataclasses.replace(ours(*given), name="d") == ours("d", *given[1:])
    assert (ours.__hash__ is None) == (theirs.__hash__ is None) == ("frozen" not in how)
    if ours.__hash__ is not None:
        assert len({ours("a"), ours("a"), ours("b")}) == 2
    assert hasattr(ours("a"), "__dict__") == hasattr(theirs("a"), "__dict__") == ("slots" not in how)


def test_what_says_itself_keeps_its_words() -> None:
    @values.dataclass(frozen=True, slots=True)
    class Secret:
        word: str

        def __repr__(self) -> str:
            return "…"

    @values.dataclass(slots=True, repr=False)
    class Big:
        parts: tuple[int, ...]

    assert repr(Secret("x")) == "…"
    assert "parts" not in repr(Big((1,)))
