"""Tries at signing in are counted before they are looked at, per account and place and per network.

Where somebody has signed in before, what others do elsewhere does not slow them down: the night shift gets in.
"""

import math

from hotline.errors import TooSoon
from hotline.rules import throttle as rules
from hotline.rules.throttle import Limit
from hotline.store import claims, sign_ins
from hotline.system import Transaction
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody signs in from: a network, the secret of a browser that was here before, a kind of device.

    Networks and secrets are stored as blind indexes only.
    """

    network: str = ""
    browser: str = ""
    device: str = "other"


async def is_known(tx: Transaction, staff_id: str | None, place: Place) -> bool:
    """Has this person signed in from this browser, or within a day from this network?"""
    if staff_id is None:
        return False
    return bool(await sign_ins.known_place(tx, staff_id, [blind for _, blind in _blinds(tx, place)]))


async def count(
    tx: Transaction, staff_id: str | None, login: str, place: Place, *, code: bool = False
) -> None:
    """One more try; with `code` at the second step. Raises TooSoon, which takes the whole transaction back."""
    known = await is_known(tx, staff_id, place)
    counted: list[tuple[str, Limit]] = [(await _pair(tx, staff_id, login, place), rules.PAIR)]
    if not known and place.network:
        counted.append((_network(tx, place), rules.NETWORK))
    if not known and code:
        counted.append((tx.blind("codes", login), rules.CODES))
    for key, limit in counted:
        until = await claims.count_try(tx, key, limit)
        if until is not None:
            raise TooSoon(seconds=max(1, math.ceil((until - tx.now).total_seconds())))


async def count_code(tx: Transaction, network: str) -> None:
    """One more code of a caller is tried from this network. Raises TooSoon."""
    until = await claims.count_try(tx, tx.blind("caller codes", network), rules.CALLER_CODES)
    if until is not None:
        raise TooSoon(seconds=max(1, math.ceil((until - tx.now).total_seconds())))


async def succeeded(tx: Transaction, staff_id: str, login: str, place: Place, *, tries: int) -> None:
    """The person is in: the tries it took are forgiven, and the place counts as known."""
    await sign_ins.forgive(tx, await _pair(tx, staff_id, login, place))
    await sign_ins.forgive(tx, tx.blind("codes", login))
    if not await is_known(tx, staff_id, place):
        await sign_ins.take_back(tx, _network(tx, place), tries)
    for kind, blind in _blinds(tx, place):
        await sign_ins.remember_place(tx, staff_id, blind, kind)


async def _pair(tx: Transaction, staff_id: str | None, login: str, place: Place) -> str:
    """A known browser is a place of its own: others in its network do not slow it down either."""
    where = place.network
    browser = tx.blind("browser", place.browser)
    if staff_id is not None and await sign_ins.known_place(tx, staff_id, [browser]):
        where = place.browser
    return tx.blind("account and place", f"{login}\n{where}")


def _network(tx: Transaction, place: Place) -> str:
    return tx.blind("network", place.network)


def _blinds(tx: Transaction, place: Place) -> list[tuple[str, str]]:
    found = [("network", tx.blind("known network", place.network))] if place.network else []
    return [*found, ("browser", tx.blind("browser", place.browser))] if place.browser else found
