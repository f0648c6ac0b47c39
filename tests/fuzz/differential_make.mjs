// Makes random valid modules: node differential_make.mjs WASM_OPT FOLDER FIRST_SEED COUNT [both]. The same seed makes the same module.
// both: for both compilers instead of node, with threads and relaxed vectors too.
// wasm-opt of the npm package binaryen is a script; it is run again and again in this process, since starting it takes longer
// than a module does.
import { mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const [tool, folder, first, count, both] = process.argv.slice(2);
const script = readFileSync(tool, "utf8").replace(/^#!.*\n/, "");
const body = new Function("Module", "require", "process", "WebAssembly", "__dirname", "__filename", "module", script);

let compiled;
const instantiate = async (bytes, imports) => {
  compiled ??= await WebAssembly.compile(bytes);
  return { module: compiled, instance: new WebAssembly.Instance(compiled, imports) };
};
const onceCompiled = Object.create(WebAssembly, { instantiate: { value: instantiate } });

// It reports a mistake of its own (a pass that cannot take a module) as an exception from a promise that nobody holds.
let fail;
process.on("unhandledRejection", () => fail());
function wasmOpt(words) {
  return new Promise((resolve) => {
    fail = () => resolve(1);
    const outside = Object.create(process, {
      argv: { value: ["node", "wasm-opt", ...words] },
      exitCode: { set: (status) => setImmediate(resolve, status) },
      on: { value: () => {} },
    });
    body({ print: () => {}, printErr: () => {}, quit: () => {} }, createRequire(import.meta.url), outside, onceCompiled, "/", "/wasm-opt", {});
  });
}

function generator(seed) {  // a linear congruential generator, upper bits
  let state = BigInt(seed) * 0x9e3779b97f4a7c15n + 1442695040888963407n;
  return (bound) => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return Number((state >> 33n) % BigInt(bound));
  };
}

// Every feature in most modules; a module without one now and then takes other paths through wasm-opt.
const features = ["mutable-globals", "nontrapping-float-to-int", "simd", "bulk-memory", "sign-ext", "reference-types", "multivalue", "tail-call",
  "exception-handling", "gc", "extended-const", "memory64", "multimemory"];
if (both) features.push("threads", "relaxed-simd");
const needed = { gc: "reference-types", "exception-handling": "reference-types", multimemory: "bulk-memory" };
const passes = [[], [], ["-O1"], ["-O3"], ["--coalesce-locals", "--precompute"]];

// Exports every memory of its own, so that its content can be compared.
function withMemoriesExported(bytes) {
  let at = 8;
  const unsigned = () => { let value = 0, shift = 0, byte; do { byte = bytes[at++]; value |= (byte & 127) << shift; shift += 7; } while (byte & 128); return value >>> 0; };
  const encoded = (value) => { const out = []; do { out.push((value & 127) | (value > 127 ? 128 : 0)); value >>>= 7; } while (value); return out; };
  let memories = 0;
  const parts = [bytes.subarray(0, 8)];
  while (at < bytes.length) {
    const start = at, id = bytes[at++], size = unsigned(), content = at;
    if (id === 5) memories = unsigned();
    if (id === 7 && memories) {
      const exports = unsigned();
      const added = [];
      for (let i = 0; i < memories; ++i) added.push(8, ...Buffer.from(`$memory${i}`), 2, i);
      const changed = [...encoded(exports + memories), ...bytes.subarray(at, content + size), ...added];
      parts.push(Uint8Array.from([7, ...encoded(changed.length), ...changed]));
    } else {
      parts.push(bytes.subarray(start, content + size));
    }
    at = content + size;
  }
  return Buffer.concat(parts);
}

mkdirSync(folder, { recursive: true });
for (let seed = Number(first); seed < Number(first) + Number(count); ++seed) {
  const random = generator(seed);
  const input = new Uint8Array(100 + random(random(8) === 0 ? 20000 : 3000)).map(() => random(256));
  const words = ["-ttf", `${folder}/input`];
  const off = new Set(random(3) ? [] : features.filter(() => random(6) === 0));
  for (const feature of features) if (!off.has(feature) && !off.has(needed[feature])) words.push(`--enable-${feature}`);
  if (random(4)) words.push("--translate-to-exnref");  // node takes no module that has both forms of exceptions
  words.push("--denan", ...passes[random(passes.length)]);
  writeFileSync(`${folder}/input`, input);
  const file = `${folder}/${seed}.wasm`;
  if (await wasmOpt([...words, "-o", file])) {
    process.stderr.write(`wasm-opt refused seed ${seed}\n`);
    continue;
  }
  writeFileSync(file, withMemoriesExported(readFileSync(file)));
  unlinkSync(`${folder}/input`);
}
