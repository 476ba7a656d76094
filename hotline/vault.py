"""Sealing: a key per contact and per case, wrapped by a master key that is never in a database.

AES-256-GCM. A sealed value carries its format, its key's id and its nonce; table, owner and row are
associated data, so a value copied to another row does not open. Look-ups go through keyed blind indexes.
"""

import base64
import hashlib
import hmac
import os
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hotline.errors import ConfigInvalid, SealBroken
from hotline.ids import new_id

FORMAT = b"\x01"
KEY_BYTES = 32
NONCE_BYTES = 12
CACHE_SIZE = 5_000  # keys at hand: of more talks than are spoken in at once in one process
OPEN_SECONDS = 600.0  # then a key is fetched anew: whoever has talked is not at hand for the rest of the day
OPEN_TO_OTHERS = 0o037  # a service manager may hand the file over readable by a group of its own


def make_master_key(path: Path) -> None:
    """Write a new master key to `path`, readable by its owner only. Refuses to replace one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")


def read_master_key(path: Path) -> bytes:
    """The 32 bytes in `path`. Raises ConfigInvalid for a missing, malformed or weak key, or one open to others."""
    setting = "HOTLINE_MASTER_KEY_FILE"
    try:
        if path.stat().st_mode & OPEN_TO_OTHERS:
            raise ConfigInvalid(setting, f"{path} is open to others; run 'chmod 600 {path}'")
        key = base64.b64decode(path.read_text().strip(), validate=True)
    except FileNotFoundError:
        raise ConfigInvalid(setting, f"{path} does not exist; run 'hotline init'") from None
    except (OSError, ValueError):
        raise ConfigInvalid(setting, f"{path} cannot be read as base64") from None
    if len(key) != KEY_BYTES or len(set(key)) < 8:
        raise ConfigInvalid(setting, f"{path} must hold {KEY_BYTES} random bytes")
    return key


def key_id_of(sealed: bytes) -> str:
    """The id of the key that a value was sealed with. Raises SealBroken."""
    try:
        return str(UUID(bytes=sealed[1:17]))
    except ValueError:
        raise SealBroken from None


class _Opened(NamedTuple):
    """A key at hand: what its values begin with, and since when (monotonic seconds)."""

    header: bytes
    key: bytes
    at: float

    @property
    def cipher(self) -> AESGCM:
        """Made when it is used, in a microsecond: kept, it would take seven times as much memory as the key."""
        return AESGCM(self.key)


class Vault:
    """Wraps, seals, opens; remembers a bounded number of opened keys for a bounded time. Knows no rows."""

    def __init__(self, master: bytes, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrapping = AESGCM(_derive(master, b"wrap"))
        self._index_key = _derive(master, b"blind index")
        self._opened: OrderedDict[str, _Opened] = OrderedDict()  # as they were opened

    def new_key(self, owner_id: str) -> tuple[str, bytes]:
        """A fresh key for an owner: (key id, wrapped key to be stored)."""
        key_id, key = new_id(), secrets.token_bytes(KEY_BYTES)
        nonce = secrets.token_bytes(NONCE_BYTES)
        wrapped = nonce + self._wrapping.encrypt(nonce, key, f"{owner_id}|{key_id}".encode())
        self._remember(owner_id, key_id, key)
        return key_id, wrapped

    def knows(self, owner_id: str) -> bool:
        """Is the owner's key opened already?"""
        return owner_id in self._opened

    def admit(self, owner_id: str, key_id: str, wrapped: bytes) -> None:
        """Open a stored key. Raises SealBroken if the master key is another one."""
        nonce, body = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        try:
            key = self._wrapping.decrypt(nonce, body, f"{owner_id}|{key_id}".encode())
        except (InvalidTag, ValueError):  # cut short
            raise SealBroken from None
        self._remember(owner_id, key_id, key)

    def forget(self, owner_id: str) -> None:
        """Have the owner's key at hand no more."""
        self._opened.pop(owner_id, None)

    def seal(self, owner_id: str, table: str, row_id: str, text: str) -> bytes:
        """format · key id · nonce · ciphertext, for an owner whose key is opened."""
        opened = self._opened[owner_id]
        nonce = secrets.token_bytes(NONCE_BYTES)
        place = _place(owner_id, table, row_id)
        return opened.header + nonce + opened.cipher.encrypt(nonce, text.encode(), place)

    def unseal(self, owner_id: str, table: str, row_id: str, sealed: bytes) -> str:
        """The text, if it was sealed by this owner's key for this very place. Raises SealBroken."""
        opened = self._opened[owner_id]
        header, nonce, body = sealed[:17], sealed[17 : 17 + NONCE_BYTES], sealed[17 + NONCE_BYTES :]
        if header != opened.header:
            raise SealBroken
        try:
            return opened.cipher.decrypt(nonce, body, _place(owner_id, table, row_id)).decode()
        except (InvalidTag, ValueError):
            raise SealBroken from None

    def blind(self, purpose: str, value: str) -> str:
        """A keyed fingerprint (64 hex digits): finds equal values, tells nothing about them."""
        # A header may hold bytes that are no text; they find nothing, and must not be a failure either.
        place = f"{purpose}|{value}".encode(errors="surrogatepass")
        return hmac.new(self._index_key, place, hashlib.sha256).hexdigest()

    def _remember(self, owner_id: str, key_id: str, key: bytes) -> None:
        now = self._clock()
        self._opened[owner_id] = _Opened(FORMAT + UUID(key_id).bytes, key, now)
        self._opened.move_to_end(owner_id)
        while len(self._opened) > CACHE_SIZE or next(iter(self._opened.values())).at < now - OPEN_SECONDS:
            self._opened.popitem(last=False)


def _place(owner_id: str, table: str, row_id: str) -> bytes:
    return f"{table}|{owner_id}|{row_id}".encode()


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"hotline " + purpose).derive(master)
