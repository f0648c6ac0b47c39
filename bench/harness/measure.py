"""Runs processes and takes their times, from inside and outside; medians and means."""

import fcntl
import math
import os
import re
import signal
import statistics
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

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


def launcher() -> str:
    """The small program that starts all others; compiled when missing or old."""
    source, made = Path(__file__).with_name("launch.c"), tools.OUT / "launch"
    if not made.exists() or made.stat().st_mtime < source.stat().st_mtime:
        tools.OUT.mkdir(parents=True, exist_ok=True)
        subprocess.run([tools.clang(), "-O2", "-Wall", "-Wextra", str(source), "-o", str(made)], check=True)
    return str(made)


def run(command: list[str], *, timeout: float = 300, stdin: bytes = b"") -> Ended:
    """Runs a command to its end. A status below 0 is minus the signal that ended it; -9 after `timeout` seconds."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
        given.write(stdin)
        given.seek(0)
        fds = [given.fileno(), out.fileno(), err.fileno(), said.fileno()]
        # First out of the way: the files may have numbers below 4 themselves.
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in fds]
        pid = os.posix_spawn(launcher(), [launcher(), *command], os.environ,
                             file_actions=[(os.POSIX_SPAWN_DUP2, fd, place) for place, fd in enumerate(high)])
        for fd in high:
            os.close(fd)
        watch = threading.Timer(timeout, os.kill, (pid, signal.SIGKILL))
        watch.start()
        os.waitpid(pid, 0)
        watch.cancel()
        for file in (out, err, said):
            file.seek(0)
        status, wall, cpu, rss = map(int, said.read().split() or (-signal.SIGKILL, timeout * 1e6, 0, 0))
        text = err.read().decode(errors="replace")
        calls = [(int(a) / 1e3, int(b) / 1e3) for a, b in TIMES.findall(text)]
        return Ended(out.read(), text, status, wall / 1e3, cpu / 1e3, rss, calls)


def fallback(ended: Ended) -> str:
    """Why wasmrun's baseline compiled what -O2 should have; empty when it did not."""
    found = FALLBACK.search(ended.err)
    return found.group(1) if found else ""


def geometric_mean(values: list[float]) -> float | None:
    return math.exp(statistics.fmean(math.log(v) for v in values)) if values else None
