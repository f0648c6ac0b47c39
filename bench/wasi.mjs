// Runs a WASI command under node: node wasi.mjs [--dir=HOST::GUEST]... FILE [ARGS...]. Without --dir, / is the current directory.
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const words = process.argv.slice(2);
const preopens = {};
while (words[0]?.startsWith("--dir=")) {
  const [host, guest] = words.shift().slice(6).split("::");
  preopens[guest] = host;
}
if (Object.keys(preopens).length === 0) preopens["/"] = ".";
const wasi = new WASI({ version: "preview1", args: words, env: {}, preopens });
const module = new WebAssembly.Module(await readFile(words[0]));
process.exitCode = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
