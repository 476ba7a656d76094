"""Words that are nowhere else in the world, and the search for them: what people write may lie nowhere in plain."""

import base64
import json
import secrets
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import asyncpg

from hotline.config import Settings


class Canaries:
    """Words of this run: a stem of plain letters and one of Polish letters are in each of them."""

    def __init__(self) -> None:
        self.stem = "kanarek" + "".join(secrets.choice("bcdfghjkmnpqrstvwxz") for _ in range(16))
        self.polish = "".join(secrets.choice("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ") for _ in range(16))
        self.control = "kontrola" + secrets.token_hex(8)

    def __getitem__(self, place: str) -> str:
        return f"{place}: {self.stem} {self.polish}"

    def needles(self) -> dict[str, bytes]:
        """Both stems in every writing in which they could lie about."""
        return dict(self._written(self.stem)) | dict(self._written(self.polish))

    @staticmethod
    def _written(word: str) -> Iterator[tuple[str, bytes]]:
        decomposed = unicodedata.normalize("NFD", word)
        for coding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "iso-8859-2", "cp1250"):
            yield f"{word} {coding}", word.encode(coding)
        yield f"{word} decomposed", decomposed.encode()
        yield f"{word} upper", word.upper().encode()
        yield f"{word} lower", word.lower().encode()
        yield f"{word} hex", word.encode().hex().encode()
        yield f"{word} escaped", json.dumps(word)[1:-1].encode()
        yield f"{word} escaped large", json.dumps(word)[1:-1].replace("u0", "U0").encode()
        yield f"{word} in an address", "".join(f"%{byte:02X}" for byte in word.encode()).encode()
        for shift, skipped in ((0, 0), (1, 2), (2, 3)):
            packed = base64.b64encode(b"\0" * shift + word.encode())
            yield f"{word} base64 {shift}", packed[skipped : -4 if len(packed) > 8 else None]


def found(folders: list[Path], needles: dict[str, bytes]) -> list[str]:
    """Which needle is in which file."""
    hits = []
    for folder in folders:
        for path in folder.rglob("*"):
            try:
                content = path.read_bytes() if path.is_file() else b""
            except FileNotFoundError:  # a server tidies up
                continue
            hits += [
                f"{name} in {path.relative_to(folder)}"
                for name, needle in needles.items()
                if needle in content
            ]
    return hits


async def settle(settings: Settings) -> None:
    """Have PostgreSQL write down what it still holds in memory."""
    if settings.database_url:
        connection = await asyncpg.connect(settings.database_url.replace("+asyncpg", ""))
        await connection.execute("CHECKPOINT")
        await connection.close()
