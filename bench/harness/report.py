"""Tables of results."""

import statistics

from .measure import geometric_mean
from .programs import GROUPS
from .results import Results, rounded

# The groups of which geometric means are given: a title and which programs belong.
SUMMARIES = [
    ("all kernels and loops that native does not vectorize", lambda p: p.group in ("kernels", "loops") and not p.vectorized),
    ("kernels", lambda p: p.group == "kernels"),
    ("loops", lambda p: p.group == "loops"),
    ("loops that native vectorizes", lambda p: p.group == "loops" and p.vectorized),
    ("programs", lambda p: p.group == "programs"),
    ("simd", lambda p: p.group == "simd"),
]


def means(results: list[Results], engines: list[str]) -> list[dict]:
    rows = []
    for title, belongs in SUMMARIES:
        chosen = [r for r in results if belongs(r.program)]
        if not chosen:
            continue
        row = {"of": title, "programs": len(chosen)}
        for engine in engines:
            row[engine] = rounded(geometric_mean([r.ratio(engine, "native") for r in chosen]))
        if {"O2", "scalar"} <= set(engines):
            # What is lost beyond vectorizing.
            row["O2/scalar"] = rounded(geometric_mean([r.ratio("O2", "scalar") for r in chosen]))
        rows.append(row)
    return rows


def ratio_text(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def print_results(results: list[Results], engines: list[str]) -> None:
    """Milliseconds of native, and the others' ratios to it; a note's letter marks what is explained below."""
    others = [e for e in engines if e != "native"]
    notes: list[str] = []
    for group in GROUPS:
        chosen = [r for r in results if r.program.group == group]
        if not chosen:
            continue
        print(f"\n{group}: {GROUPS[group]}")
        print(f"{'':24} {'native':>9}" + "".join(f" {e:>8}" for e in others) + ("  -O2: compile wall, cpu, RSS" if "O2" in engines else ""))
        for r in chosen:
            mark = ""
            for note in r.notes:
                if note not in notes:
                    notes.append(note)
                mark += f"[{notes.index(note) + 1}]"
            line = f"{r.program.name + (' v' if r.program.vectorized else ''):24} {r.time('native'):7.2f}ms"
            line += "".join(f" {ratio_text(r.ratio(e, 'native')):>8}" for e in others)
            if "O2" in engines:
                wall, cpu, rss = (statistics.median(r.of("O2", v)) for v in (lambda e: e.around_wall, lambda e: e.around_cpu, lambda e: e.rss))
                line += f"  {wall:6.0f}ms {cpu:6.0f}ms {rss / 1024:5.0f}M"
            print(f"{line} {mark}".rstrip())
    print("\ngeometric means of ratios to native")
    for row in means(results, others):
        title = f"{row['of']} ({row['programs']})"
        print(f"{title:58}" + "  ".join(f"{e} {ratio_text(row[e])}" for e in [*others, "O2/scalar"] if e in row))
    print("\nv: native clang vectorizes it. Times: processor time of the quickest call of a process, the median over the rounds.")
    for number, note in enumerate(notes, 1):
        print(f"[{number}] {note}")
