// Runs a WASI program under node, as the other engine to compare with. Usage: under_node.mjs FILE.wasm DIRECTORY ARGS...
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [file, directory, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: ["program", ...args], env: { PWD: "/" }, preopens: { "/": directory }, returnOnExit: true });
const { instance } = await WebAssembly.instantiate(readFileSync(file), { wasi_snapshot_preview1: wasi.wasiImport });
process.exit(wasi.start(instance));
