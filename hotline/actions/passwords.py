"""Passwords are hashed in one thread beside the event loop: a flood of sign-ins waits there, never the chat.

One lane and one thread keep a core free, a lower priority of that thread lets the chat go first where there is
only one, and what does not fit into the bounded queue is refused at once.
"""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hotline.errors import PasswordWeak, SignInBusy
from hotline.rules import passwords as rules

T = TypeVar("T")
# 46 MiB in one pass on one lane: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
_hasher: Final = PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1)
# What an unknown login is compared with, so that it costs the time of a known one. Nobody's password.
NOBODY: Final = (
    "$argon2id$v=19$m=47104,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$2Uxv8hUtPzZcnXaVGhYD0K4wAcXbyNDHBbnIymbZXB0"
)
QUEUE: Final = 8
STRANGERS_SECONDS: Final = 0.25  # between two of them: leaves cores and database to the chat
POLITE: Final = 10  # of nice: others first


def _step_back() -> None:
    """On Linux a priority is a thread's own."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), POLITE)


_thread: Final = ThreadPoolExecutor(1, "password", initializer=_step_back)
# People at a place where they signed in before have seats of their own: strangers cannot take all.
_seats: Final = {known: asyncio.Semaphore(QUEUE) for known in (True, False)}
_heads: Final = {known: asyncio.Lock() for known in (True, False)}
_turn: Final = asyncio.Lock()
_door: Final = asyncio.Lock()


@asynccontextmanager
async def door() -> AsyncIterator[None]:
    """To look up who it is, one after the other: thirty at once would take all connections of the database."""
    async with _door:
        yield


@asynccontextmanager
async def seat(*, known: bool) -> AsyncIterator[None]:
    """A seat in the queue, and with the block its turn. Raises SignInBusy when all seats are taken.

    One at a time, with all it writes: eight at once at the gate of the database would each be a message that
    waits. Of both queues the first waits for the turn, so that strangers hold up somebody known by one at most.
    """
    seats = _seats[known]
    if seats.locked():
        raise SignInBusy
    async with seats, _heads[known]:
        if not known:
            await asyncio.sleep(STRANGERS_SECONDS)
        async with _turn:
            yield


async def hashed(password: str, login: str) -> str:
    """What to keep of a new password. Raises PasswordWeak, SignInBusy."""
    if rules.weakness(password, login) is not None:
        raise PasswordWeak
    async with seat(known=True):
        return await renewed(password)


async def renewed(password: str) -> str:
    """A known password hashed with today's parameters. The caller has a seat."""
    return await _beside(lambda: _hasher.hash(password))


async def matches(password_hash: str, password: str) -> bool:
    """Is it the password? The caller has a seat."""
    return await _beside(lambda: _verified(password_hash, password[: rules.LONGEST]))


def is_old(password_hash: str) -> bool:
    """Was it hashed with other parameters than today's?"""
    return _hasher.check_needs_rehash(password_hash)


async def _beside(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_thread, work)


def _verified(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
