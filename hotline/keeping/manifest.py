"""What a backup says of itself: what is in it, of when, and a seal of the master key over all that."""

import hashlib
import json
import re
from collections.abc import Collection
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hotline.errors import ConfigInvalid, CopyFailed
from hotline.store.copying import Tally
from hotline.store.keys import Erasure
from hotline.values import dataclass
from hotline.vault import Vault

FILE, LEDGER = "manifest.json", "ledger.json"
NAME = "%Y-%m-%dT%H-%M-%SZ"
NAMES = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One database's backup. `epoch` is the engine's, `position` that of PostgreSQL's log; both help to place it."""

    which: str
    taken_at: str
    program: str
    centre: str
    kind: str
    server: str
    revision: str
    epoch: int
    position: str
    tables: dict[str, Tally]
    file: str = ""
    sha256: str = ""
    ledger_sha256: str = ""

    @property
    def instant(self) -> datetime:
        return datetime.fromisoformat(self.taken_at)

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.tables.values())


def digest(file: Path) -> str:
    """SHA-256 of a file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def write(folder: Path, manifest: Manifest, vault: Vault) -> None:
    """Beside the dump, sealed."""
    body = asdict(manifest)
    sealed = {"master_key": _fingerprint(vault), "seal": _seal(vault, body), **body}
    (folder / FILE).write_text(json.dumps(sealed, indent=1))


def read(folder: Path, vault: Vault) -> Manifest:
    """The manifest, if its seal holds. Raises ConfigInvalid if the master key is another one, CopyFailed."""
    try:
        body: dict[str, Any] = json.loads((folder / FILE).read_text())
        fingerprint, seal = body.pop("master_key"), body.pop("seal")
        if fingerprint != _fingerprint(vault):
            raise ConfigInvalid(
                "HOTLINE_MASTER_KEY_FILE", f"is not the master key that {folder} was made under"
            )
        if seal != _seal(vault, body):
            raise CopyFailed(f"{folder / FILE} was changed")
        tables = {
            name: Tally(each["rows"], each["digest"], tuple(each["columns"]))
            for name, each in body.pop("tables").items()
        }
        return Manifest(tables=tables, **body)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CopyFailed(f"{folder} cannot be read as a backup: {type(error).__name__}") from None


def require_whole(folder: Path, manifest: Manifest) -> None:
    """Raises CopyFailed if a file is not the one that the manifest was written for."""
    _require(folder / manifest.file, manifest.sha256)
    _require(folder / LEDGER, manifest.ledger_sha256)


def _require(file: Path, sha256: str) -> None:
    if not file.is_file() or digest(file) != sha256:
        raise CopyFailed(f"{file} is damaged: its digest is not that of the manifest")


def _fingerprint(vault: Vault) -> str:
    """Tells which master key, and nothing about it."""
    return vault.blind("backup", "which master key")


def _seal(vault: Vault, body: dict[str, Any]) -> str:
    return vault.blind("backup", json.dumps(body, sort_keys=True))


def backups(folder: Path) -> list[Path]:
    """The finished backups of a folder, oldest first."""
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in found if NAMES.fullmatch(path.name))


def taken_at(backup: Path) -> datetime:
    """As its name says."""
    return datetime.strptime(backup.name, NAME).replace(tzinfo=UTC)


# -- the ledger ------------------------------------------------------------------------------------------


def write_ledger(folder: Path, erasures: Collection[Erasure]) -> str:
    """The ledger beside the dump; its digest."""
    lines = [{**asdict(each), "destroyed_at": each.destroyed_at.isoformat()} for each in erasures]
    (folder / LEDGER).write_text(json.dumps(lines, indent=1))
    return digest(folder / LEDGER)


def read_ledger(folder: Path, vault: Vault) -> list[Erasure]:
    """The ledger of one backup. Raises CopyFailed, ConfigInvalid: nobody slips an erasure in."""
    _require(folder / LEDGER, read(folder, vault).ledger_sha256)
    lines = json.loads((folder / LEDGER).read_text())
    return [
        Erasure(**{**line, "destroyed_at": datetime.fromisoformat(line["destroyed_at"])}) for line in lines
    ]
