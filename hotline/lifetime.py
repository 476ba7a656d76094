"""How a process lives under a supervisor such as systemd: it says when it serves and that it is not stuck, and it
ends when it is told to, in order if it can and in any case in time.
"""

import asyncio
import ctypes
import gc
import os
import signal
import socket
import threading
from contextlib import suppress
from itertools import count

import structlog

log = structlog.get_logger()
# New objects until garbage is looked for among them, and how many such looks until one among those that outlived them.
# Hardly anything is found, and each look stops everything: for 10,000 new ones it is 20 milliseconds; for 1,000 one or
# two, and five among the older, in all a hundredth of the time that a message takes. What is old, a fifth of a second
# with a thousand pages open, is gone through by the clock alone.
NEVER = 2**31 - 1
LOOKS = (1_000, 3, NEVER)
POLITE = 5  # of nice
GIVE_BACK_SECONDS = 20.0
AMONG_ALL = 30  # times that memory is given back until one before which garbage is looked for among all
AGAIN_SECONDS = 0.1
LIMIT_SECONDS = 25.0  # from the signal to the end, whatever hangs; supervisors kill after thirty


async def told_to_end() -> None:
    """Until SIGTERM. From then on a second one ends the process at once, and so does the limit."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, told.set)
    await told.wait()
    log.info("ending")
    tell("STOPPING=1")
    loop.remove_signal_handler(signal.SIGTERM)
    # A thread, because the loop itself may be what hangs.
    limit = threading.Timer(LIMIT_SECONDS, _end_by_force)
    limit.daemon = True
    limit.start()


def _end_by_force() -> None:
    """What is committed stays; what is not was never acknowledged."""
    log.error("ended by force")
    os._exit(0)


async def end(tasks: set[asyncio.Task[None]]) -> None:
    """Each is cancelled once, for a second time would cut an end in good order short; all are over afterwards.

    Who seems to be cancelled already may only have a limit of time that expires just now, of which nothing is left a
    moment later: such a one is asked again.
    """
    while tasks:
        for task in tasks:
            if not task.cancelling():
                task.cancel()
        _, tasks = await asyncio.wait(tasks, timeout=AGAIN_SECONDS)


def step_back() -> None:
    """Where cores are few, whoever speaks goes first, and the database that stores it: a look at all who wait takes
    longer than a word.
    """
    os.nice(POLITE)


def settle() -> None:
    """What is loaded by now stays while the process lives. Collections of garbage, which stop everything, need not
    go through it each time: a tenth of a second, for which every caller waited.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*LOOKS)
    gc.enable()


async def give_back() -> None:
    """Now and then the memory that is free goes back to the kernel, until cancelled, where it is glibc's. The allocator
    keeps what lies between pieces in use, so that a process grows without holding anything more.

    Before it, garbage is looked for among what is young: in a quiet night nothing else would for hours; and now and
    then among all.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    for time in count(1):
        await asyncio.sleep(GIVE_BACK_SECONDS)
        gc.collect(1 if time % AMONG_ALL else 2)
        if trim is not None:
            trim(0)


def tell(state: str) -> None:
    """A word to systemd, as sd_notify(3) says it; without systemd nobody listens."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end, suppress(OSError):
        end.setblocking(False)  # one that does not listen must not hold us up
        end.sendto(state.encode(), place.replace("@", "\0", 1) if place.startswith("@") else place)


async def watchdog() -> None:
    """Tell systemd that the loop turns, three times within the span it set; at once over if it set none."""
    microseconds = int(os.environ.get("WATCHDOG_USEC", "0"))
    while microseconds:
        tell("WATCHDOG=1")
        await asyncio.sleep(microseconds / 3_000_000)
