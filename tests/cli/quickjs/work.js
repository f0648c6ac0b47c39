// Uses the language and the files that this QuickJS offers. Prints the same on every engine.
import * as fs from '_node:fs';

const folder = args[1];
const primes = [];
for (let n = 2; n < 20000; ++n) if (primes.every(p => p * p > n || n % p)) primes.push(n);
print('primes', primes.length, primes.reduce((a, b) => a + b));

const sorted = Array.from({ length: 20000 }, (_, i) => (i * 7919) % 20011).sort((a, b) => a % 97 - b % 97 || a - b);
print('sorted', sorted[0], sorted[10000], sorted[19999]);
print('json', JSON.stringify({ größe: 'ß', pi: Math.PI, list: [1, null, true] }));
print('regexp', 'hello world, good day'.replace(/(?<first>\w+) (\w+)/g, '$2 $<first>'));
print('bigint', 2n ** 200n % 1000007n, [...'aé😀'].length);
print('generator', [...(function* () { for (let i = 0; i < 5; ++i) yield i * i; })()].join());
print('typed', [...new Uint8Array(new Float64Array([0.1]).buffer)].map(b => b.toString(16)).join(' '));
function depth(n) { return n === 0 ? 0 : 1 + depth(n - 1); }
print('depth', depth(1000));

fs.mkdirSync(folder + '/sub', false, 0o777);
fs.copyFileSync('/script/work.js', folder + '/sub/copy.js');
fs.renameSync(folder + '/sub/copy.js', folder + '/renamed.js');
fs.symlinkSync('renamed.js', folder + '/link');
print('stat', fs.statSync(folder + '/link').size === fs.statSync('/script/work.js').size, fs.lstatSync(folder + '/link').is_symlink);
const file = fs.openSync(folder + '/renamed.js', 0, 0);
const text = String.fromCharCode(...new Uint8Array(fs.freadSync(file, 3, 8)));
print('read', text);
fs.fcloseSync(file);
const directory = fs.openSync(folder, 0, 0);
print('files', fs.freaddirSync(directory, 0).res.map(entry => entry.name + ':' + entry.filetype).sort().join(' '));
fs.fcloseSync(directory);
fs.truncateSync(folder + '/renamed.js', 5);
print('cut', fs.statSync(folder + '/renamed.js').size);
fs.rmSync(folder + '/link', false, false);
fs.rmSync(folder + '/renamed.js', false, false);
fs.rmSync(folder + '/sub', true, false);
try {
  fs.statSync(folder + '/renamed.js');
} catch (error) {
  print('error', error.code, error.errno);
}
try {
  fs.openSync('/script/work.js', 1 | 512, 0o666);
  print('written');
} catch (error) {
  print('error', error.code);
}
setTimeout(() => { print('later'); exit(7); }, 20);
Promise.resolve().then(() => print('soon'));
