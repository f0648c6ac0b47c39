"""The measurements of one program on all engines, and what is reported of them."""

import statistics
from dataclasses import dataclass, field

from .measure import Ended
from .programs import Program


@dataclass
class Results:
    program: Program
    rounds: list[dict[str, Ended]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def engines(self) -> list[str]:
        return list(self.rounds[0]) if self.rounds else []

    def of(self, engine: str, value) -> list[float]:
        return [value(ended[engine]) for ended in self.rounds]

    def time(self, engine: str) -> float:
        """The median over the rounds of a round's quickest call, in ms of processor time."""
        return statistics.median(self.of(engine, lambda e: e.best))

    def ratio(self, engine: str, base: str) -> float | None:
        """The median of the rounds' ratios: what slows the machine for a while slows both."""
        if not self.rounds or engine not in self.rounds[0] or base not in self.rounds[0]:
            return None
        return statistics.median(ended[engine].best / ended[base].best for ended in self.rounds)

    def vectorizing(self) -> float | None:
        """How much native gains by vectorizing."""
        return self.ratio("scalar", "native")

    def to_json(self) -> dict:
        engines = {}
        for engine in self.engines():
            best = self.of(engine, lambda e: e.best)
            engines[engine] = {
                "median_ms": round(statistics.median(best), 3),
                "min_ms": round(min(best), 3),
                "first_call_ms": round(statistics.median(self.of(engine, lambda e: e.first)), 3),
                "ratio_to_native": rounded(self.ratio(engine, "native")),
                "start_wall_ms": round(statistics.median(self.of(engine, lambda e: e.around_wall)), 1),
                "start_cpu_ms": round(statistics.median(self.of(engine, lambda e: e.around_cpu)), 1),
                "peak_rss_kib": round(statistics.median(self.of(engine, lambda e: e.rss))),
            }
        return {"name": self.program.name, "group": self.program.group, "about": self.program.about,
                "native_vectorizes": self.program.vectorized, "vectorizing_gains": rounded(self.vectorizing()),
                "notes": self.notes, "engines": engines}


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
