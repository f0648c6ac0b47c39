"""Runs processes and takes their times, from inside and outside; medians and means."""

import math
import os
import re
import signal
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass, field

from . import tools

TIMES = re.compile(r"^(\d+) (\d+)$", re.MULTILINE)
FALLBACK = re.compile(r"compiled by the baseline: (.*?)(?: \(at offset .*)?$", re.MULTILINE)


@dataclass
class Ended:
    """One process. Times in milliseconds, memory in KiB; `calls`: (clock, processor) of each call of the kernel."""

    out: bytes
    err: str
    status: int
    wall: float
    cpu: float
    rss: int
    calls: list[tuple[float, float]] = field(default_factory=list)

    @property
    def best(self) -> float:
        """Processor time of the quickest call."""
        return min(cpu for _, cpu in self.calls)

    @property
    def first(self) -> float:
        return self.calls[0][1]

    @property
    def around_wall(self) -> float:
        """What passed outside the kernel: start, loading, compiling, ending."""
        return self.wall - sum(wall for wall, _ in self.calls)

    @property
    def around_cpu(self) -> float:
        return max(0.0, self.cpu - sum(cpu for _, cpu in self.calls))


def run(command: list[str], *, timeout: float = 300, stdin: bytes = b"") -> Ended:
    """Runs a command to its end. A status below 0 is minus the signal that ended it; -9 after `timeout` seconds."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        begin = time.monotonic()
        actions = [(os.POSIX_SPAWN_DUP2, given.fileno(), 0), (os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, err.fileno(), 2)]
        try:
            pid = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
        except OSError as problem:
            tools.fail(f"cannot run {command[0]}: {problem.strerror}")
        watch = threading.Timer(timeout, os.kill, (pid, signal.SIGKILL))
        watch.start()
        _, status, usage = os.wait4(pid, 0)
        watch.cancel()
        wall = (time.monotonic() - begin) * 1e3
        out.seek(0)
        err.seek(0)
        text = err.read().decode(errors="replace")
        calls = [(int(a) / 1e3, int(b) / 1e3) for a, b in TIMES.findall(text)]
        return Ended(out.read(), text, os.waitstatus_to_exitcode(status), wall, (usage.ru_utime + usage.ru_stime) * 1e3,
                     usage.ru_maxrss, calls)


def fallback(ended: Ended) -> str:
    """Why wasmrun's baseline compiled what -O2 should have; empty when it did not."""
    found = FALLBACK.search(ended.err)
    return found.group(1) if found else ""


def geometric_mean(values: list[float]) -> float | None:
    return math.exp(statistics.fmean(math.log(v) for v in values)) if values else None
