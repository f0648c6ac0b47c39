// The same as compile.cpp under node: node FLAGS compile.mjs ROUNDS FILE...
import { readFileSync } from "node:fs";

const [rounds, ...files] = process.argv.slice(2);
for (const file of files) {
  const bytes = readFileSync(file);
  const times = [];
  for (let round = 0; round < Number(rounds); ++round) {
    // One changed byte in an appended custom section, so that no cache of compiled modules answers.
    const fresh = Buffer.concat([bytes, Buffer.from([0, 3, 1, 0x78, round])]);
    const begin = performance.now();
    new WebAssembly.Module(fresh);
    times.push(performance.now() - begin);
  }
  times.sort((a, b) => a - b);
  const median = times[times.length >> 1], megabytes = bytes.length / 1e6;
  console.log(`${file} ${megabytes.toFixed(2)} ${median.toFixed(1)} ${((megabytes / median) * 1e3).toFixed(1)}`);
}
