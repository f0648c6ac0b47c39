"""Real modules from npm, beside node alone: nobody compiled them for this machine. Scripts of ours in bench/real/ give them work."""

import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import measure as measure_
from . import tools
from .engines import NATIVE_ENGINES, Engines

GUESTS = tools.BUILD / "guests"
LANGUAGES = GUESTS / "sandbox/dist/langs"
REAL = tools.BENCH / "real"


@dataclass(frozen=True)
class RealModule:
    name: str
    wasm: Path
    words: tuple[str, ...] = ()
    stdin: Path | None = None
    dirs: tuple[tuple[Path, str], ...] = ()


MODULES = [
    RealModule("sqlite", LANGUAGES / "sqlite.wasm", stdin=REAL / "script.sql"),
    RealModule("quickjs", LANGUAGES / "wasmedge_quickjs.wasm", ("/real/script.js",), dirs=((REAL, "/real"),)),
    RealModule("python", GUESTS / "python/python.wasm", ("/real/script.py",), dirs=((REAL, "/real"), (GUESTS / "python/usr", "/usr"))),
    RealModule("esbuild", GUESTS / "esbuild/esbuild.wasm", ("--loader=js", "--minify"), stdin=REAL / "script.js"),
    RealModule("php", LANGUAGES / "php-cgi-8.2.0.wasm", ("-q", "/real/script.php"), dirs=((REAL, "/real"),)),
]


@dataclass
class Run:
    """Milliseconds of processor time of each piece between two marks, and the whole process: milliseconds, peak memory in KiB."""

    pieces: list[float] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    err: str = ""
    status: int = 0
    wall: float = 0
    between_wall: float = 0
    cpu: float = 0
    rss: int = 0

    @property
    def best(self) -> float | None:
        return min(self.pieces) if self.pieces else None

    @property
    def around_wall(self) -> float:
        """What passed before the first mark and after the last: start, loading, compiling. On a busy machine a little more than that."""
        return self.wall - self.between_wall

    @property
    def around_cpu(self) -> float:
        return self.cpu - sum(self.pieces)


def fetch() -> None:
    """Brings the modules; ends with a message when that fails."""
    subprocess.run([str(tools.BENCH.parent / "scripts/fetch-guests")], stdout=sys.stderr, check=True)
    if not all(m.wasm.exists() for m in MODULES):
        tools.fail("the real modules are missing: scripts/fetch-guests needs npm and a network")


def run(command: list[str], stdin: Path | None, timeout: float) -> Run:
    """Runs a module. At each line with a mark the main thread's processor time is read, which other threads and programs do not add to."""
    begin, run_ = time.monotonic(), Run()
    with tempfile.TemporaryFile() as err, open(stdin or os.devnull, "rb") as given:
        child = subprocess.Popen(["timeout", "--foreground", "-s", "KILL", str(timeout), *command], stdin=given, stdout=subprocess.PIPE, stderr=err, text=True, errors="replace")
        clock = None
        marks, times = [], []
        for line in child.stdout:
            if re.match(r"(sqlite> )*@$", line):
                clock = clock or clock_of(child.pid)
                marks.append(processor_ms(clock))
                times.append(time.monotonic())
            else:
                run_.out.append(re.sub(r"(sqlite> )+", "", line))
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = run_.status = os.waitstatus_to_exitcode(status)
        err.seek(0)
        run_.err = err.read().decode(errors="replace")
    run_.pieces = [b - a for a, b in zip(marks, marks[1:])]
    run_.between_wall = (times[-1] - times[0]) * 1e3 if times else 0
    run_.wall, run_.cpu, run_.rss = (time.monotonic() - begin) * 1e3, (usage.ru_utime + usage.ru_stime) * 1e3, usage.ru_maxrss
    return run_


def measure(module: RealModule, engines: Engines, rounds: int, timeout: float) -> dict[str, list[Run]]:
    """All rounds of all engines, in turn; outputs must agree. An engine that takes longer than `timeout` seconds is left out with a message."""
    found: dict[str, list[Run]] = {}
    late = set()
    wanted = None
    for _ in range(rounds):
        for engine in engines.names:
            if engine in NATIVE_ENGINES or engine in late:
                continue
            dirs = [(str(host), guest) for host, guest in module.dirs]
            one = run(engines.wasm_command(engine, str(module.wasm), dirs=dirs, words=list(module.words)), module.stdin, timeout)
            if one.status == -signal.SIGKILL or one.status == 137:
                print(f"bench: {module.name}: {engine} was stopped after {timeout:.0f} s", file=sys.stderr)
                late.add(engine)
                continue
            if one.status != 0:
                tools.fail(f"{module.name}: {engine} ended with status {one.status}: {one.err.strip()[-2000:]}")
            wanted = wanted or one.out
            if one.out != wanted:
                tools.fail(f"{module.name}: outputs differ: {engine} printed {one.out[:5]}, another {wanted[:5]}")
            found.setdefault(engine, []).append(one)
    return found


def rows(module: RealModule, found: dict[str, list[Run]]) -> list[dict]:
    made = []
    for engine, runs in found.items():
        pieces = [r.best for r in runs if r.best]
        ratios = [r.best / n.best for r, n in zip(runs, found.get("node", [])) if r.best and n.best]
        reason = measure_.fallback(runs[0])
        made.append({
            "name": module.name, "engine": engine, "megabytes": round(module.wasm.stat().st_size / 1e6, 1),
            "work_ms": round(statistics.median(pieces), 1) if pieces else None,
            "ratio_to_node": round(statistics.median(ratios), 3) if ratios else None,
            "start_wall_ms": round(statistics.median(r.around_wall for r in runs)),
            "start_cpu_ms": round(statistics.median(r.around_cpu for r in runs)),
            "peak_rss_kib": round(statistics.median(r.rss for r in runs)),
            "note": f"the baseline compiled it: {reason}" if engine == "O2" and reason else "",
        })
    return made


def print_rows(made: list[dict]) -> None:
    print(f"\n{'real modules':16} {'MB':>5} {'engine':>8} {'work':>10} {'/node':>6} {'start wall':>11} {'cpu':>10} {'RSS':>7}")
    for row in made:
        work = f"{row['work_ms']:8.1f}ms" if row["work_ms"] else f"{'-':>10}"
        ratio = f"{row['ratio_to_node']:6.2f}" if row["ratio_to_node"] else f"{'-':>6}"
        print(f"{row['name']:16} {row['megabytes']:5.1f} {row['engine']:>8} {work} {ratio} {row['start_wall_ms'] / 1e3:9.2f} s {row['start_cpu_ms'] / 1e3:8.2f} s "
              f"{row['peak_rss_kib'] / 1024:5.0f} M  {row['note']}".rstrip())
    print("work: processor time of the main thread for the quickest of four pieces; start: all that is not work, with compiling, as one sees it and as processor time")


def clock_of(parent: int) -> Path:
    """The main thread of the one child of `timeout`."""
    child = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()[0]
    return Path(f"/proc/{child}/task/{child}/schedstat")


def processor_ms(clock: Path) -> float:
    try:
        return int(clock.read_text().split()[0]) / 1e6
    except OSError:  # it wrote its last mark and ended
        return float("nan")
