// Work for QuickJS: objects, strings, closures, sorting. A line "@" begins and ends each timed piece.
import * as std from "std";

function mark() {
  print("@");
  std.out.flush();
}
function fib(n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}
function words(count) {
  let seed = 7;
  const counts = new Map();
  for (let i = 0; i < count; i++) {
    seed = (seed * 16807) % 2147483647;
    const word = "word" + (seed % 500);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => (a[0] < b[0] ? -1 : 1)).reduce((sum, [word, n]) => sum + word.length * n, 0);
}
function matrix(n) {
  const a = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i * j) % 7));
  let sum = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) sum += a[i][k] * a[k][j];
  return sum;
}
for (let round = 0; round < 4; round++) {
  mark();
  print(fib(23), words(60000), matrix(80));
}
mark();
