"""What runs a program: each engine's command line."""

import subprocess
from dataclasses import dataclass

from . import tools
from .programs import Program

ENGINES = {
    "native": "clang -O3, plain x86-64 (or the plain form of this machine)",
    "march": "clang -O3 -march=native",
    "scalar": "clang -O3 without vectorizing",
    "O2": "wasmrun -O2",
    "O0": "wasmrun -O0",
    "node": "node, default tiers",
    "liftoff": "node, Liftoff only",
}
NATIVE_ENGINES = ("native", "march", "scalar")
LIFTOFF = ["--liftoff-only"]


@dataclass
class Engines:
    names: list[str]
    wasmrun: str = ""
    node: str = ""
    no_cache: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if {"O0", "O2"} & set(self.names):
            self.wasmrun = tools.wasmrun()
            said = subprocess.run([self.wasmrun, "--help"], capture_output=True, text=True, check=True).stdout
            # Compile times are wanted, so nothing may come from a cache.
            self.no_cache = ("--no-cache",) if "--no-cache" in said else ()
        if {"node", "liftoff"} & set(self.names):
            self.node = tools.node()

    def versions(self) -> dict[str, str]:
        found = {"clang": tools.first_line([tools.clang(), "--version"])}
        if self.wasmrun:
            found["wasmrun"] = tools.first_line([self.wasmrun, "--version"])
        if self.node:
            found["node"] = tools.first_line([self.node, "--version"])
        return found

    def wasm_command(self, engine: str, wasm: str, *, dirs: list[tuple[str, str]] = (), words: list[str] = ()) -> list[str]:
        """Runs a module with directories (host, guest) and arguments."""
        if engine in ("O0", "O2"):
            granted = [f"--dir={host}::{guest}" for host, guest in dirs]
            return [self.wasmrun, "-v", f"-{engine}", *self.no_cache, *granted, wasm, "--", *words]
        flags = LIFTOFF if engine == "liftoff" else []
        granted = [f"--dir={host}::{guest}" for host, guest in dirs]
        return [self.node, "--no-warnings", *flags, str(tools.BENCH / "wasi.mjs"), *granted, wasm, *words]

    def command(self, engine: str, program: Program, calls: int) -> list[str]:
        if engine in NATIVE_ENGINES:
            return [str(program.native(engine)), str(calls)]
        return self.wasm_command(engine, str(program.wasm), words=[str(calls)])
