"""What the kernel knows of a process that runs: its memory, its time on a core and before one, its descriptors."""

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def memory(process: int) -> int:
    """kB that it holds in memory."""
    return _kilobytes(process, "VmRSS:")


def most_memory(process: int) -> int:
    """kB that it ever held."""
    return _kilobytes(process, "VmHWM:")


def _kilobytes(process: int, what: str) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(what))


def cpu(process: int) -> float:
    """Seconds that it has had a core."""
    after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / TICK


def queued(process: int) -> float:
    """Seconds that its first thread, in which the loop turns, was ready and stood in line for a core."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[1]) / 1e9


def descriptors(process: int) -> int:
    """Open files and connections."""
    return len(os.listdir(f"/proc/{process}/fd"))
