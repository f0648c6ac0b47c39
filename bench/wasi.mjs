// Runs a WASI command under node: node wasi.mjs FILE [ARGS...]
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const [file, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [file, ...args], env: {}, preopens: { "/": "." } });
const module = new WebAssembly.Module(await readFile(file));
process.exitCode = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
