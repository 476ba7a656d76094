"""The vault: only the right key opens, only in the right place; what is stored tells nothing."""

import base64
import json
import os
import secrets
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyotp import TOTP
from sqlalchemy import LargeBinary, select, update

from hotline import vault as vault_module
from hotline.actions import cases, contacts, drafts, messages, parking, second_step, staff_notices, summaries
from hotline.errors import ConfigInvalid, KeyDestroyed, SealBroken
from hotline.ids import new_id
from hotline.rules import casework, forms
from hotline.rules.access import CHANNEL, OPERATOR
from hotline.store import tables, views
from hotline.system import System
from hotline.vault import Vault, make_master_key, read_master_key
from tests.factories import Person, add_caller, add_person, talk
from tests.keeping import lively

MASTER = bytes(range(32))
OWNER, ROW = new_id(), new_id()
CHAT = 4_503_599_627_370_497  # of a member of staff
TEXT = "Mieszkam przy ulicy Źródlanej 7, nie dzwońcie."
# letters that UTF-8 can hold; lone surrogates are refused before anything is sealed
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def opened(owner: str = OWNER, master: bytes = MASTER) -> Vault:
    """A vault that knows one owner's key."""
    vault = Vault(master)
    vault.new_key(owner)
    return vault


# -- sealing ---------------------------------------------------------------------------------------


@given(TEXTS)
def test_what_is_sealed_opens_unchanged(text: str) -> None:
    vault = opened()
    assert vault.unseal(OWNER, "entries", ROW, vault.seal(OWNER, "entries", ROW, text)) == text


def test_a_stored_key_opens_in_another_process() -> None:
    first, second = Vault(MASTER), Vault(MASTER)
    key_id, wrapped = first.new_key(OWNER)
    sealed = first.seal(OWNER, "entries", ROW, TEXT)
    assert not second.knows(OWNER)
    second.admit(OWNER, key_id, wrapped)
    assert second.knows(OWNER)
    assert second.unseal(OWNER, "entries", ROW, sealed) == TEXT


def test_a_sealed_value_names_its_format_and_key_and_nothing_else() -> None:
    vault = Vault(MASTER)
    key_id, wrapped = vault.new_key(OWNER)
    sealed = vault.seal(OWNER, "entries", ROW, TEXT)
    assert sealed[:1] == vault_module.FORMAT
    assert sealed[1:17] == UUID(key_id).bytes
    assert len(sealed) == 17 + vault_module.NONCE_BYTES + len(TEXT.encode()) + 16
    for part in (TEXT.encode(), b"entries", ROW.encode(), OWNER.encode()):
        assert part not in sealed
        assert part not in wrapped


def test_the_same_text_is_never_sealed_alike() -> None:
    vault = opened()
    values = {vault.seal(OWNER, "entries", ROW, TEXT) for _ in range(200)}
    assert len({value[17:29] for value in values}) == len({value[29:] for value in values}) == 200


def test_every_owner_has_a_key_of_its_own() -> None:
    vault = Vault(MASTER)
    keys = [vault.new_key(new_id()) for _ in range(50)]
    assert len({key_id for key_id, _ in keys}) == len({wrapped for _, wrapped in keys}) == 50


@pytest.mark.parametrize(
    ("owner", "table", "row"),
    [(OWNER, "entries", new_id()), (OWNER, "case_notes", ROW), ("other", "entries", ROW)],
    ids=["another row", "another table", "another owner"],
)
def test_a_moved_value_does_not_open(owner: str, table: str, row: str) -> None:
    vault = opened()
    vault.new_key("other")
    sealed = vault.seal(OWNER, "entries", ROW, TEXT)
    with pytest.raises(SealBroken):
        vault.unseal(owner, table, row, sealed)


def test_a_key_moved_to_another_owner_or_name_does_not_open() -> None:
    key_id, wrapped = Vault(MASTER).new_key(OWNER)
    for owner, name in (("other", key_id), (OWNER, new_id())):
        with pytest.raises(SealBroken):
            Vault(MASTER).admit(owner, name, wrapped)


def test_a_changed_or_cut_value_does_not_open() -> None:
    vault = opened()
    sealed = vault.seal(OWNER, "entries", ROW, "krótko")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealBroken):
            vault.unseal(OWNER, "entries", ROW, bytes(changed))
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            vault.unseal(OWNER, "entries", ROW, sealed[:length])


def test_another_master_key_opens_nothing() -> None:
    key_id, wrapped = Vault(MASTER).new_key(OWNER)
    for length in (len(wrapped), len(wrapped) - 1, 12, 5, 0):
        master = MASTER if length < len(wrapped) else secrets.token_bytes(32)
        with pytest.raises(SealBroken):
            Vault(master).admit(OWNER, key_id, wrapped[:length])


# -- blind indexes -----------------------------------------------------------------------------------


def test_a_blind_index_is_keyed_and_bound_to_its_purpose() -> None:
    vault = Vault(MASTER)
    index = vault.blind("telegram", "48600100200")
    assert index == Vault(MASTER).blind("telegram", "48600100200")
    assert len(index) == 64
    assert int(index, 16)
    others = {
        vault.blind("web", "48600100200"),
        vault.blind("telegram", "48600100201"),
        Vault(secrets.token_bytes(32)).blind("telegram", "48600100200"),
    }
    assert len(others | {index}) == 4


def test_a_blind_index_takes_whatever_arrives_in_a_header() -> None:
    assert Vault(MASTER).blind("web", "\udcff\udc80") != Vault(MASTER).blind("web", "?")


# -- the master key ------------------------------------------------------------------------------------


def test_a_new_master_key_is_random_and_closed_to_others(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        make_master_key(tmp_path / "keys" / "a.key")
        make_master_key(tmp_path / "keys" / "b.key")
    finally:
        os.umask(old)
    first, second = (tmp_path / "keys" / name for name in ("a.key", "b.key"))
    assert first.stat().st_mode & 0o777 == 0o600
    assert first.parent.stat().st_mode & 0o777 == 0o700
    assert len(read_master_key(first)) == 32
    assert read_master_key(first) != read_master_key(second)


def test_a_master_key_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    make_master_key(path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        make_master_key(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not base64!",
        b"\xff\xfe\x00",
        base64.b64encode(secrets.token_bytes(31)),
        base64.b64encode(secrets.token_bytes(33)),
        base64.b64encode(bytes(32)),
        base64.b64encode(b"abcdefg" * 4 + b"abcd"),
    ],
    ids=["empty", "words", "bytes", "short", "long", "zeros", "few letters"],
)
def test_a_weak_or_broken_master_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigInvalid, match="HOTLINE_MASTER_KEY_FILE") as refused:
        read_master_key(path)
    assert not content or content.decode(errors="replace") not in str(refused.value)


def test_a_missing_master_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="hotline init"):
        read_master_key(tmp_path / "none.key")
    with pytest.raises(ConfigInvalid, match="cannot be read"):
        read_master_key(tmp_path)


@pytest.mark.parametrize("mode", [0o604, 0o606, 0o620, 0o644, 0o660, 0o666, 0o777])
def test_a_master_key_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    make_master_key(path)
    path.chmod(mode)
    with pytest.raises(ConfigInvalid, match=r"HOTLINE_MASTER_KEY_FILE.*others"):
        read_master_key(path)
    for closed in (0o600, 0o400, 0o440):  # the last is how service managers hand over a secret
        path.chmod(closed)
        assert read_master_key(path)


# -- the cache of opened keys ----------------------------------------------------------------------------


def test_a_key_that_was_opened_long_ago_is_at_hand_no_more() -> None:
    now = 0.0
    vault = Vault(MASTER, clock=lambda: now)
    stored = vault.new_key(OWNER)
    sealed = vault.seal(OWNER, "entries", ROW, TEXT)
    now = vault_module.OPEN_SECONDS
    vault.new_key(new_id())
    assert vault.knows(OWNER)
    now += 1
    vault.new_key(new_id())
    assert not vault.knows(OWNER)
    vault.admit(OWNER, *stored)  # and opens as before
    assert vault.unseal(OWNER, "entries", ROW, sealed) == TEXT


def test_opened_keys_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault_module, "CACHE_SIZE", 3)
    vault = Vault(MASTER)
    owners = [new_id() for _ in range(5)]
    stored = {owner: vault.new_key(owner) for owner in owners}
    assert [vault.knows(owner) for owner in owners] == [False, False, True, True, True]
    vault.admit(owners[0], *stored[owners[0]])
    assert [vault.knows(owner) for owner in owners] == [True, False, False, True, True]


async def test_a_forgotten_key_is_read_again(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault_module, "CACHE_SIZE", 1)
    first, second = await add_caller(system, TEXT), await add_caller(system, "inny tekst")
    for caller, text in ((first, TEXT), (second, "inny tekst"), (first, TEXT)):
        await messages.receive(system, caller.actor, caller.contact_id, new_id(), text)
        async with system.read() as tx:
            found = await views.entries_after(tx, caller.contact_id, 0, "caller")
        assert {entry.text for entry in found if entry.kind == "message"} == {text}


async def test_a_destroyed_key_erases_the_words_and_leaves_the_rest(system: System) -> None:
    caller = await add_caller(system, TEXT)
    async with system.keys.write() as connection:
        erased = {"wrapped": None, "destroyed_at": system.clock.now()}
        await connection.execute(update(tables.sealing_keys).values(**erased))
    system.vault = Vault(read_master_key(system.settings.master_key))  # as after a restart
    async with system.read() as tx:
        head = await views.contact_head(tx, caller.contact_id)
        assert head is not None
        with pytest.raises(KeyDestroyed):
            await views.entries_after(tx, caller.contact_id, 0, "caller")


# -- what the tables hold --------------------------------------------------------------------------------


def test_bytes_in_tables_are_sealed_and_only_they_are() -> None:
    columns = [column for table in tables.metadata.tables.values() for column in table.columns]
    binary = {column.name for column in columns if isinstance(column.type, LargeBinary)}
    assert binary
    assert all(name.endswith("_sealed") for name in binary)
    assert all(isinstance(column.type, LargeBinary) for column in columns if column.name.endswith("_sealed"))
    keys = [column for column in tables.sealing_keys.columns if isinstance(column.type, LargeBinary)]
    assert [column.name for column in keys] == ["wrapped"]
    assert set(tables.key_metadata.tables) == {"sealing_keys", "key_contractions", "key_ledger"}
    assert not tables.key_metadata.tables.keys() & tables.metadata.tables.keys()


def test_free_text_of_forms_is_sealed() -> None:
    dates = {"first_visit"}  # checked to be a date and a time, and nothing else
    for field in (*forms.CARD, *casework.FIELDS):
        assert field.sealed == (field.kind == "text" and field.key not in dates), field.key


async def test_no_sealed_value_holds_its_text(system: System) -> None:
    """Every sealed column is filled once, and none of the bytes are the words in any writing."""
    anna = await add_person(system, "Anna")
    worker = await add_person(system, "Halina", lines=(), roles=("caseworker",))
    caller = await talk(system, anna, text=TEXT)
    await messages.note(system, anna.actor, caller.contact_id, "note-0001", TEXT)
    await contacts.set_priority(system, anna.actor, caller.contact_id, "P2", TEXT)
    case = {
        "subject": TEXT,
        "reach": TEXT,
        "reason": TEXT,
        "worker": worker.id,
        "shelter": "oik",
        "privacy_given": "yes",
        "conflict_checked": "yes",
    }
    case_id = await cases.open_case(system, anna.actor, caller.contact_id, case)
    await cases.note(system, worker.actor, case_id, "note-0001", TEXT)
    await contacts.end(system, anna.actor, caller.contact_id, "completed")
    await summaries.save(system, anna.actor, caller.contact_id, card(system))
    async with system.transaction(OPERATOR) as tx:
        address = await tx.seal(caller.contact_id, "contacts", caller.contact_id, TEXT)
        await tx.connection.execute(update(tables.contacts).values(address_sealed=address))
    shown = [await app_secret(system, person) for person in (anna, worker)]
    await second_step.prove(system, anna.actor, TOTP(shown[0]).at(system.clock.now()))
    code = await staff_notices.issue_code(system, anna.actor, anna.id)
    await staff_notices.link(system, CHANNEL, code, CHAT)
    assert await parking.park(system, CHANNEL, "telegram:7", "KeyError", TEXT)
    await lively.write_what_is_rare(system, TEXT)
    going_on = await talk(system, anna, text=TEXT)
    await drafts.save(system, anna.actor, going_on.contact_id, "message", None, "draft-0001", TEXT)
    writings = {each.encode() for each in (TEXT, *shown, str(CHAT), lively.NUMBER)}
    writings |= {TEXT.encode("utf-16-le"), json.dumps(TEXT).encode()[1:-1]}
    async with system.read() as tx:
        for table in tables.metadata.tables.values():
            for column in table.columns:
                if not column.name.endswith("_sealed"):
                    continue
                query = select(column).where(column.is_not(None))
                values = list((await tx.connection.execute(query)).scalars())
                assert values, column
                for value in values:
                    assert value[:1] == vault_module.FORMAT
                    assert not any(writing in value for writing in writings)


async def app_secret(system: System, person: Person) -> str:
    """What the person's authenticator app is shown."""
    await second_step.begin(system, person.actor, None)
    shown = await second_step.setting_up(system, person.actor)
    assert shown is not None
    return shown.secret


def card(system: System) -> dict[str, forms.Value]:
    """A complete card."""
    return {
        "reporter_role": "subject",
        "problem_primary": next(iter(system.centre.problem_areas)),
        "priority_final": "P2",
        "help_forms": [next(iter(system.centre.help_forms))],
        "agreements": TEXT,
        "narrative": TEXT,
        "end_reason": "completed",
    }
