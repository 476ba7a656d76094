"""`hotline keys destroy`, as an operator types it."""

import subprocess
from pathlib import Path

import pytest

from hotline.errors import KeyDestroyed
from hotline.store import views
from hotline.system import System
from tests import commands, factories
from tests.flows.processes import environment


def destroy(system: System, ref: str, typed: str) -> subprocess.CompletedProcess[str]:
    command = ("keys", "destroy", "--contact", ref, "--reason", "request")
    return commands.run(*command, environment=environment(system.settings), typed=typed)


async def test_the_reference_is_typed_twice(system: System, tmp_path: Path) -> None:
    anna = await factories.add_person(system, "Anna")
    caller = await factories.talk(system, anna)
    async with system.read() as tx:
        head = await views.contact_head(tx, caller.contact_id)
    assert head is not None
    early = destroy(system, head.ref, head.ref + "\n")
    assert (early.returncode, "not closed yet. Nothing was destroyed." in early.stdout) == (1, True)
    await factories.finish(system, anna, caller.contact_id)
    for typed in ("", "y\n"):
        refused = destroy(system, head.ref, typed)
        assert (refused.returncode, "Nothing was destroyed." in refused.stdout) == (1, True)
    async with system.read() as tx:
        assert await views.entries_after(tx, caller.contact_id, 0, "staff")
    done = destroy(system, head.ref, head.ref + "\n")
    assert done.returncode == 0, done.stderr
    assert f"The key of contact {head.ref} is destroyed" in done.stdout
    system.vault.forget(caller.contact_id)
    async with system.read() as tx:
        with pytest.raises(KeyDestroyed):
            await views.entries_after(tx, caller.contact_id, 0, "staff")
    unknown = destroy(system, "K/2026/999999", "K/2026/999999\n")
    assert unknown.returncode == 1
    assert "Traceback" not in unknown.stderr
