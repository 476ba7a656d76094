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

import structlog

log = structlog.get_logger()
# New objects until garbage is looked for among them, how many such looks until one among those that outlived them, and
# how many of those until one among all. Hardly anything is found, and each look stops everything: for 10,000 new ones
# it is 20 milliseconds, for 1,000 two, but those come ten times as often and more, for what comes and goes in a burst
# counts as new as well. What is old, a fifth of a second with a thousand pages open, is seldom gone through.
LOOKS = (10_000, 3, 10)
GIVE_BACK_SECONDS = 20.0
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


def settle() -> None:
    """What is loaded by now stays while the process lives. Collections of garbage, which stop everything, need not
    go through it each time: a tenth of a second, for which every caller waited.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*LOOKS)
    gc.enable()


async def give_back() -> None:
    """Now and then the memory that is free goes back to the kernel, until cancelled; where it is not glibc's, at once
    over. The allocator keeps what lies between pieces in use, so that a process grows without holding anything more.

    Before it, garbage is looked for among what is young: in a quiet night nothing else would for hours.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    while trim is not None:
        await asyncio.sleep(GIVE_BACK_SECONDS)
        gc.collect(1)
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
