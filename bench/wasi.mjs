// Runs a WASI command under node: node wasi.mjs [--dir=HOST::GUEST]... FILE [ARGS...]. Without --dir, / is the current directory.
// Node refuses an empty environment to modules of the first snapshot of WASI.
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const words = process.argv.slice(2);
const preopens = {};
while (words[0]?.startsWith("--dir=")) {
  const [host, guest] = words.shift().slice(6).split("::");
  preopens[guest] = host;
}
if (Object.keys(preopens).length === 0) preopens["/"] = ".";
const module = new WebAssembly.Module(await readFile(words[0]));
const wanted = WebAssembly.Module.imports(module);
const version = wanted.some((i) => i.module === "wasi_unstable") ? "unstable" : "preview1";
const wasi = new WASI({ version, args: words, env: { LANG: "C" }, preopens });
const given = wasi.getImportObject();
// Functions that node does not have (WasmEdge's sockets) fail with ENOSYS when called.
for (const { module: from, name } of wanted) given[from][name] ??= () => 52;
process.exitCode = wasi.start(new WebAssembly.Instance(module, given));
