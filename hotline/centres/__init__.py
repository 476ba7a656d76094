"""The shipped centre files and their loader.

A centre is `common.toml` and `replies.toml`, then its own file, then any overlays, later ones winning key by key.
`DEMO` is the overlay that makes Kielce ready to try out with invented staff.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import tomli

from hotline.errors import CentreInvalid
from hotline.rules.centre import Centre
from hotline.rules.centre_file import parse

HERE = Path(__file__).parent
COMMON = HERE / "common.toml"
REPLIES = HERE / "replies.toml"
DEMO = HERE / "demo.toml"


def load(name_or_id: str, overlays: Sequence[Path] = ()) -> Centre:
    """The centre with this short file name (`kielce`), id (`kielce_mopr`) or path of a `.toml` file.

    Raises CentreInvalid naming file, key and reason for anything wrong in any of the files.
    """
    return parse(layers(name_or_id, overlays))


def layers(name_or_id: str, overlays: Sequence[Path] = ()) -> list[tuple[str, dict[str, Any]]]:
    """The files of that centre in the order in which they are laid, each with its name. Raises CentreInvalid."""
    return [(file.name, _read(file)) for file in (COMMON, REPLIES, _find(name_or_id), *overlays)]


def shipped() -> dict[str, str]:
    """Short name to id of every centre that comes with the program."""
    found = {}
    for file in sorted(HERE.glob("*.toml")):
        own = _read(file).get("centre", {})
        if "id" in own:
            found[file.stem] = str(own["id"])
    return found


def _find(name_or_id: str) -> Path:
    if name_or_id.endswith(".toml"):
        return Path(name_or_id)
    names = shipped()
    for name, centre_id in names.items():
        if name_or_id in (name, centre_id):
            return HERE / f"{name}.toml"
    known = ", ".join(f"{name} ({centre_id})" for name, centre_id in names.items())
    raise CentreInvalid(f"{name_or_id}.toml", "centre.id", f"no such centre; known: {known}")


def _read(file: Path) -> dict[str, Any]:
    return _shipped_file(file) if file.parent == HERE else _parsed(file)


@cache  # what ships with the program stays as it is while it runs
def _shipped_file(file: Path) -> dict[str, Any]:
    return _parsed(file)


def _parsed(file: Path) -> dict[str, Any]:
    try:
        return tomli.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CentreInvalid(file.name, "(file)", f"cannot be read: {error.strerror or error}") from error
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CentreInvalid(file.name, "(syntax)", f"is not valid TOML: {error}") from error
