"""The C programs: which there are, in which groups, and how each engine's build of one is made."""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from . import tools

# Folders with a program a file. SIMD builds of `loops` that native vectorizes join the group `simd`.
GROUPS = {
    "kernels": "in the manner of Embench: codes, digests, searches, sorting, trees",
    "loops": "in the manner of PolyBench: loops over matrices and grids",
    "programs": "interpreters, compression, a database, JSON",
    "simd": "compiled with -msimd128: vector intrinsics beside SSE's, and the loops that native vectorizes",
}

# No contraction to fused multiply-adds: WebAssembly has none, and outputs are compared bit by bit.
NATIVE = ["-O3", "-ffp-contract=off"]
WASM = ["--target=wasm32-wasi", "-Wno-deprecated", "--no-wasm-opt", "-O3"]
SIMD = ["-msimd128"]


@dataclass(frozen=True)
class Program:
    name: str
    group: str
    source: Path
    vectorized: bool  # native clang vectorizes what takes its time: the source says so
    about: str

    @property
    def wasm(self) -> Path:
        return tools.OUT / f"{self.name}.wasm"

    def native(self, variant: str) -> Path:
        return tools.OUT / f"{self.source.stem}.{variant}"


def all_programs() -> list[Program]:
    found = []
    for group in GROUPS:
        for source in sorted((tools.BENCH / group).glob("*.c")):
            text = source.read_text()
            vectorized = "// Native clang vectorizes this." in text
            about = re.match(r"// (.*)", text).group(1)
            found.append(Program(source.stem, group, source, vectorized, about))
    vector_loops = [Program(f"{p.name}.simd", "simd", p.source, True, p.about) for p in found if p.group == "loops" and p.vectorized]
    return found + vector_loops


def select(words: list[str], others: list[str]) -> list[Program]:
    """Programs by name or group; all without words. `others`: words that are somebody else's."""
    programs = all_programs()
    for word in words:
        if word not in others and not any(word in (p.name, p.group) for p in programs):
            tools.fail(f"no program or group is called {word}: bench/run --list shows them")
    return [p for p in programs if not words or p.name in words or p.group in words]


def build_commands(program: Program, variants: list[str]) -> list[tuple[Path, list[str]]]:
    clang, source = tools.clang(), str(program.source)
    flags = {
        "native": NATIVE,
        "scalar": NATIVE + ["-fno-vectorize", "-fno-slp-vectorize"],
        "march": NATIVE + ["-march=native"],
    }
    made = [(program.native(v), [clang, *flags[v], source, "-o", str(program.native(v)), "-lm"]) for v in variants if v in flags]
    simd = SIMD if program.group == "simd" else []
    return made + [(program.wasm, [clang, *WASM, *simd, source, "-o", str(program.wasm)])]


def build(programs: list[Program], variants: list[str]) -> None:
    """Compiles what is missing or older than its source."""
    tools.OUT.mkdir(parents=True, exist_ok=True)
    shared = (tools.BENCH / "bench.h").stat().st_mtime
    rules = Path(__file__).stat().st_mtime
    commands = {}
    for program in programs:
        newest = max(shared, rules, program.source.stat().st_mtime)
        for out, command in build_commands(program, variants):
            if not out.exists() or out.stat().st_mtime < newest:
                commands[out] = command

    def compile_one(command: list[str]) -> str:
        done = subprocess.run(command, capture_output=True, text=True)
        return "" if done.returncode == 0 else f"{' '.join(command)}\n{done.stderr}"

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for problem in pool.map(compile_one, commands.values()):
            if problem:
                tools.fail(f"cannot compile: {problem}")
