"""Proofs that a copy is whole: tables with the same rows, and sealed values, taken by chance, that open."""

from collections.abc import Callable, Mapping

from hotline.errors import CopyFailed, SealBroken
from hotline.store import copying, keys
from hotline.store.copying import Connection, Sealed, Tally
from hotline.store.tables import metadata
from hotline.values import dataclass
from hotline.vault import Vault, key_id_of

SAMPLES = 100


def compare(one: Mapping[str, Tally], other: Mapping[str, Tally], names: tuple[str, str]) -> str:
    """A line per table, for people. Raises CopyFailed naming the tables that are not the same."""
    lines = [f"{'table':24} {names[0]:>12} {names[1]:>12}  digest"]
    different = []
    for name in sorted(one.keys() | other.keys()):
        left, right = one.get(name), other.get(name)
        if left != right or left is None:
            different.append(name)
        else:
            lines.append(f"{name:24} {left.rows:>12} {left.rows:>12}  {left.digest[:16]}")
    if different:
        raise CopyFailed(
            f"the copy differs from its original in {', '.join(different)}; nothing of it was kept"
        )
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of the samples. `erased` are those whose key was destroyed on purpose."""

    opened: int
    erased: int
    closed: int

    def __str__(self) -> str:
        erased = f", {self.erased} more were erased" if self.erased else ""
        return f"{self.opened} of {self.opened + self.closed} sealed samples open{erased}."


async def samples(
    main: Connection,
    wrapped: Connection,
    vault: Vault,
    has: Callable[[str, str], bool] = lambda _table, _column: True,
) -> Opened:
    """Take a hundred sealed values by chance and open them with the keys of the other database."""
    taken = await copying.sample(main, metadata, SAMPLES, has)
    known = await keys.by_ids(wrapped, {key_id_of(each.value) for each in taken})
    counts = {"opened": 0, "erased": 0, "closed": 0}
    for each in taken:
        if counts["opened"] + counts["closed"] == SAMPLES:
            break
        counts[_try(each, known.get(key_id_of(each.value)), vault)] += 1
    return Opened(**counts)


def _try(sealed: Sealed, key: keys.StoredKey | None, vault: Vault) -> str:
    if key is None:
        return "closed"
    if key.wrapped is None:
        return "erased"
    try:
        vault.admit(key.owner_id, key_id_of(sealed.value), key.wrapped)
    except SealBroken:
        return "closed"
    return "opened" if _opens(sealed, key.owner_id, vault) else "closed"


def _opens(sealed: Sealed, owner_id: str, vault: Vault) -> bool:
    for place, row_id in sealed.places(owner_id):
        try:
            vault.unseal(owner_id, place, row_id, sealed.value)
        except SealBroken:
            continue
        return True
    return False


def require_open(found: Opened) -> None:
    """Raises CopyFailed if one sealed value did not open."""
    if found.closed:
        raise CopyFailed(f"{found.closed} sealed values do not open; nothing of the copy was kept")
