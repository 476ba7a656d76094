"""What the kernel knows of a process that runs: its memory, its time on a core, its descriptors."""

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def memory(process: int) -> int:
    """kB that it holds in memory."""
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


def cpu(process: int) -> float:
    """Seconds that it has had a core."""
    after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / TICK


def descriptors(process: int) -> int:
    """Open files and connections."""
    return len(os.listdir(f"/proc/{process}/fd"))
