// Runs the modules under node and compares: node differential.mjs SUPPORT.wasm < what fuzz_differential printed.
// Prints each difference and a last line of counts; exit status 1 when there was a difference.
import { readFileSync } from "node:fs";

const support = new WebAssembly.Module(readFileSync(process.argv[2]));
const counts = { modules: 0, calls: 0, traps: 0, exhausted: 0, refused_by_node: 0, differences: 0 };
const number = new DataView(new ArrayBuffer(8));

// One vocabulary for what the engines say of a trap. The first that matches counts.
const kinds = [
  ["exhausted", /call stack|Maximum call stack|stack overflow|allocation failure|interrupt|out of memory|Out of memory|invalid array length/i],
  ["exception", /uncaught exception|WebAssembly\.Exception|wasm exception/],
  ["unreachable", /^unreachable/],
  ["divide", /divide by zero|remainder by zero/],
  ["overflow", /integer overflow|unrepresentable|invalid conversion to integer/],
  ["memory", /out of bounds memory access|memory access out of bounds|data segment/],
  ["cast", /cast failure|illegal cast/],
  ["array", /out of bounds array access|array element access out of bounds|array size|array is too large|requested new array/],
  ["null", /null .*reference|rethrowing null|dereferencing a null pointer/],
  ["call", /indirect call type mismatch|uninitialized element|undefined element|function signature mismatch|table index is out of bounds|call_indirect/],
  ["table", /out of bounds table access|table access out of bounds|table index|element segment|table .*out of bounds/],
];
function kindOf(message) {
  for (const [kind, pattern] of kinds) if (pattern.test(message)) return kind;
  return `unknown: ${message}`;
}
// Calling through a null or absent entry, node says "table index" for what the standard calls an element or an access.
const same = (a, b) => a === b || (["call", "table"].includes(a) && ["call", "table"].includes(b));

function argument(letter, position) {
  switch (letter) {
    case "i": return position * 77 + 3;
    case "l": return BigInt(position * 77 + 3);
    case "f": return position + 0.5;
    case "d": return position + 0.25;
    default: return null;
  }
}
function shown(letter, value) {
  switch (letter) {
    case "i": case "l": return String(value);
    case "f":
      if (value !== value) return "nan";
      number.setFloat32(0, value);
      return number.getUint32(0).toString(16).padStart(8, "0");
    case "d":
      if (value !== value) return "nan";
      number.setFloat64(0, value);
      return number.getBigUint64(0).toString(16).padStart(16, "0");
    default: return value === null ? "null" : "ref";
  }
}
function outcome(call, letters) {
  try {
    const value = call();
    if (letters === "-") return ["ok", ""];
    return ["ok", (letters.length === 1 ? [value] : [...value]).map((part, i) => shown(letters[i], part)).join(" ")];
  } catch (error) {
    if (error instanceof WebAssembly.Exception) return ["trap", "uncaught exception"];
    if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) return ["trap", String(error.message)];
    throw error;
  }
}
function hash(memory) {
  let value = 2166136261;
  for (const byte of new Uint8Array(memory.buffer)) value = Math.imul(value ^ byte, 16777619);
  return value >>> 0;
}

class Difference extends Error {}
class Stop extends Error {}

// Throws when what both engines did cannot be the same thing. Exhaustion comes at other depths: the rest is not compared.
function compare(what, wasmrun, node) {
  if (wasmrun[0] === "stop" || (node[0] === "trap" && kindOf(node[1]) === "exhausted")) throw new Stop();
  const agree = wasmrun[0] === node[0] && (wasmrun[0] === "trap" ? same(kindOf(wasmrun[1]), kindOf(node[1])) : wasmrun[1] === node[1]);
  if (wasmrun[0] === "trap") ++counts.traps;
  if (!agree) throw new Difference(`${what}: wasmrun ${wasmrun.join(" ")}, node ${node.join(" ")}`);
}

function check(file, lines) {
  const refusal = lines.find((line) => line[0] === "refused");
  let module;
  try {
    module = new WebAssembly.Module(readFileSync(file));
  } catch (error) {
    if (refusal) return;
    if (/legacy/.test(error.message)) return void ++counts.refused_by_node;
    throw new Difference(`node refuses it: ${error.message}`);
  }
  if (refusal) throw new Difference(`wasmrun refuses it: ${refusal[1]}`);
  const helper = new WebAssembly.Instance(support).exports;
  const externs = Object.fromEntries(lines.filter((line) => line[0] === "extern").map((line) => [line[1], 7]));
  let exports;
  for (const [what, ...rest] of lines) {
    if (what === "instantiate") {
      compare(what, rest, outcome(() => { exports = new WebAssembly.Instance(module, { "fuzzing-support": helper, __fuzz_import: externs }).exports; }, "-"));
    } else if (what === "call") {
      const [name, params, results, ...got] = rest;
      ++counts.calls;
      const words = params === "-" ? [] : [...params].map(argument);
      compare(`${name}(${words})`, got, outcome(() => exports[name](...words), results));
    } else if (what === "memory") {
      if (hash(exports[rest[0]]) !== Number(rest[1])) throw new Difference(`memory ${rest[0]} differs`);
    } else if (what === "log") {
      if (String(helper.log.value) !== rest[0]) throw new Difference("what it told the support module differs");
    }
  }
}

const groups = readFileSync(0, "utf8").split(/^module\t/m).slice(1).map((text) => text.split("\n").filter(Boolean));
for (const [file, ...lines] of groups) {
  ++counts.modules;
  try {
    check(file, lines.map((line) => line.split("\t")));
  } catch (error) {
    if (error instanceof Stop) { ++counts.exhausted; continue; }
    ++counts.differences;
    console.log(`${file}: ${error instanceof Difference ? error.message : error.stack}`);
  }
}
console.log(Object.entries(counts).map(([name, count]) => `${count} ${name.replaceAll("_", " ")}`).join(", "));
process.exitCode = counts.differences ? 1 : 0;
