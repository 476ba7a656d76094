"""The `hotline` command. Each subcommand imports only what it needs."""

import argparse
import asyncio
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from hotline import config, logs
from hotline.config import Settings
from hotline.errors import ConfigInvalid, HotlineError

if TYPE_CHECKING:
    from hotline import app

Command = Callable[[Settings, argparse.Namespace], Awaitable[int]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit status. A wrong setting or file is one sentence, not a traceback."""
    chosen = _parser().parse_args(arguments)
    try:
        settings = config.read()
        logs.configure(settings.log_level)
        return asyncio.run(_interruptible(chosen.run(settings, chosen)))
    except HotlineError as error:
        print(f"hotline: {_sentence(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _sentence(error: HotlineError) -> str:
    if error.args != (error.code,):
        return str(error)
    from hotline.texts import say

    return say(f"error.{error.code}", "en", **error.params)


async def _interruptible(work: Awaitable[int]) -> int:
    """SIGTERM ends the work like Ctrl+C. Processes that serve have an end in order of their own, see `_live`."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await work
    except asyncio.CancelledError:
        return 0
    except BaseExceptionGroup as group:
        # Parts run side by side in groups; a fact one of them found is told as plainly as any other.
        facts, others = group.split(HotlineError)
        if facts is None or others is not None:
            raise
        raise _first(facts) from None


def _first(facts: BaseExceptionGroup[HotlineError]) -> HotlineError:
    fact = facts.exceptions[0]
    return _first(fact) if isinstance(fact, BaseExceptionGroup) else fact


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hotline", description="A hotline for crisis intervention centres.")
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, run: Command, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    add("demo", _demo, "try it: Kielce with invented staff and simulated callers")
    add("serve", _serve, "everything in one process")
    add("web", _web, "the pages alone, in as many processes as are wanted")
    add("engine", _engine, "the engine alone; a second one stands by")
    telegram = add("telegram", _telegram, "the bots alone; or what they could not take").add_argument
    telegram("what", nargs="?", choices=["run", "parked"], default="run")
    telegram("do", nargs="?", choices=["list", "retry", "discard"], default="list")
    telegram("id", nargs="?", help="of the parked update")
    init = add("init", _init, "make the data folder, the keys, the schema and the first administrator")
    init.add_argument("--login", default="admin")
    init.add_argument("--name", default="Administrator")
    add("migrate", _migrate, "bring both databases to the newest schema")
    add("check", _check, "print the settings, secrets masked, and try each part")

    centre = add("centre", _centre, "show a centre's lines, and what staff changed of it").add_argument
    centre("what", choices=["show", "export", "changes", "withdraw"])
    centre(
        "centre", nargs="?", help="short name, id or file of a centre to show; default: this installation's"
    )
    centre("--change", help="id of the change to take back")
    centre("--at", type=_instant, help="instant such as 2026-12-24T16:00, local to the centre; default now")
    centre("--overlay", type=Path, action="append", default=[])

    duty = add("duty", _duty, "who is on duty, and changes to the roster").add_argument
    duty("what", choices=["who", "next", "gaps", "explain", "add", "remove", "list"])
    duty("--line")
    duty("--at", type=_instant)
    duty("--login", help="whose shift")
    duty("--days", type=int, default=14, help="how far ahead to look for gaps; default 14")
    duty("--from", dest="start", type=_instant)
    duty("--to", dest="end", type=_instant)
    duty("--shift", help="id of the shift to remove")

    people = add(
        "staff", _staff, "put people on the staff, give them sign-in links and codes for the bot"
    ).add_argument
    people("what", choices=["invite", "add", "link", "list", "telegram"])
    people("--login")
    people("--name")
    people("--signature", help="what callers see")
    people("--role", action="append", default=[], help="counsellor, supervisor, caseworker, administrator")
    people("--line", action="append", default=[], help="a line the person may serve")
    people("--flag", action="append", default=[], help="may_sign, is_dpo, restricted (a volunteer)")
    people("--password-file", type=Path)

    add(
        "move", _move, "move from the SQLite files of the data folder to the empty PostgreSQL of the settings"
    )
    backup = add(
        "backup", _backup, "back both databases up while everything runs: words and keys apart"
    ).add_argument
    backup("folder", type=Path, help="for the main database")
    backup(
        "--keys-to", type=Path, help="for the wrapped keys, kept for 30 days; default: keys/ in the folder"
    )
    backup("--keep", type=_days, metavar="DAYS", help="remove older main backups; default: keep all")
    restore = add("restore", _restore, "bring a backup back into empty databases, and check it").add_argument
    restore("folder", type=Path)
    restore("--keys-from", type=Path, help="default: keys/ in the folder")
    restore("--backup", metavar="NAME", help="of the main database; default: the newest")
    keys = add(
        "keys", _keys, "erase: destroy the key of a contact or a case, and with it every word of theirs"
    )
    keys.add_argument("what", choices=["destroy"])
    owner = keys.add_mutually_exclusive_group(required=True)
    owner.add_argument("--contact", metavar="REF")
    owner.add_argument("--case", metavar="REF")
    keys.add_argument("--reason", required=True, choices=["request", "retention", "court", "mistake"])
    return parser


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not an instant such as 2026-12-24T16:00") from None


def _days(text: str) -> timedelta:
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:6]) < 100_000:
        raise argparse.ArgumentTypeError(f"{text} is not a number of days")
    return timedelta(days=int(text))


async def _demo(settings: Settings, _chosen: argparse.Namespace) -> int:
    from hotline import demo

    if not {"HOTLINE_DATA", "HOTLINE_DATA_FILE"} & os.environ.keys():
        settings = replace(settings, data=settings.data / "demo")  # never the data of a real installation
    await demo.run(settings)
    return 0


async def _serve(settings: Settings, _chosen: argparse.Namespace) -> int:
    return await _live(settings, "web", "engine", *(("telegram",) if _bots(settings) else ()))


async def _web(settings: Settings, _chosen: argparse.Namespace) -> int:
    return await _apart(settings, "web")


async def _engine(settings: Settings, _chosen: argparse.Namespace) -> int:
    return await _apart(settings, "engine")


async def _telegram(settings: Settings, chosen: argparse.Namespace) -> int:
    if not _bots(settings):
        raise ConfigInvalid("HOTLINE_TELEGRAM_TOKEN", "is needed here")
    if chosen.what == "parked":
        return await _parked(settings, chosen.do, chosen.id)
    return await _apart(settings, "telegram")


def _bots(settings: Settings) -> bool:
    return bool(settings.telegram_token or settings.staff_telegram_token)


async def _parked(settings: Settings, do: str, row_id: str | None) -> int:
    from bots.telegram import parked
    from hotline import app

    parts: tuple[app.Part, ...] = ("telegram",)
    async with app.house(settings, parts=parts) as house:
        if do == "list":
            print("\n".join(await parked.show(house.system) or ["Nothing is parked."]))
        elif row_id is None:
            print("hotline: which one? see 'hotline telegram parked'", file=sys.stderr)
            return 2
        else:
            await (parked.retry if do == "retry" else parked.discard)(house.system, row_id)
    return 0


async def _apart(settings: Settings, part: "app.Part") -> int:
    from hotline import app, lifetime

    app.require_shared(settings)
    if part == "engine":
        lifetime.step_back()
    return await _live(settings, part)


async def _live(settings: Settings, *parts: "app.Part") -> int:
    """These parts in this process, until it is told to end; then what is under way is finished."""
    gc.disable()  # until all is settled: nothing is garbage yet, and looking for it took a quarter of the start
    from hotline import app, lifetime

    async with app.house(settings, parts=parts) as house:
        if "web" in parts:
            print(f"Listening on {settings.origin}", file=sys.stderr)
        else:
            print(f"Running: {', '.join(parts)}", file=sys.stderr)
        if "telegram" in parts:
            from bots import telegram  # after the web server listens: importing aiogram takes seconds

            house.open(telegram.run(house.system))
        lifetime.settle()
        lifetime.tell("READY=1")
        await lifetime.told_to_end()
        house.system.closing.set()
    return 0


async def _init(settings: Settings, chosen: argparse.Namespace) -> int:
    from hotline import commands

    return await commands.init(settings, chosen.login, chosen.name)


async def _migrate(settings: Settings, _chosen: argparse.Namespace) -> int:
    from hotline import commands

    return await commands.migrate(settings)


async def _check(settings: Settings, _chosen: argparse.Namespace) -> int:
    from hotline import commands

    if not _bots(settings):
        return await commands.check(settings)
    from bots import telegram

    doors = []
    if settings.telegram_token:
        doors.append(("telegram", lambda: telegram.check(settings)))
    if settings.staff_telegram_token:
        doors.append(("staff telegram", lambda: telegram.check(settings, staff=True)))
    return await commands.check(settings, *doors)


async def _centre(settings: Settings, chosen: argparse.Namespace) -> int:
    from hotline import commands

    return await commands.centre(settings, chosen)


async def _duty(settings: Settings, chosen: argparse.Namespace) -> int:
    from hotline import duty_commands

    return await duty_commands.duty(settings, chosen)


async def _staff(settings: Settings, chosen: argparse.Namespace) -> int:
    from hotline import commands

    return await commands.staff(settings, chosen)


async def _move(settings: Settings, _chosen: argparse.Namespace) -> int:
    from hotline.keeping import move

    return await move.run(settings)


async def _backup(settings: Settings, chosen: argparse.Namespace) -> int:
    from hotline.keeping import backup

    return await backup.run(settings, chosen.folder, chosen.keys_to or chosen.folder / "keys", chosen.keep)


async def _restore(settings: Settings, chosen: argparse.Namespace) -> int:
    from hotline.keeping import restore

    return await restore.run(
        settings, chosen.folder, chosen.keys_from or chosen.folder / "keys", chosen.backup
    )


async def _keys(settings: Settings, chosen: argparse.Namespace) -> int:
    from hotline.keeping import erase

    if chosen.contact:
        return await erase.run(settings, "contact", chosen.contact, chosen.reason)
    return await erase.run(settings, "case", chosen.case, chosen.reason)


if __name__ == "__main__":
    sys.exit(main())
