<?php
// Uses PHP's standard library, reads and writes files. Prints the same on every engine.
$folder = $argv[1];

mt_srand(20260101);
$numbers = [];
for ($i = 0; $i < 20000; ++$i) $numbers[] = mt_rand(0, 999999);
usort($numbers, fn($a, $b) => [$a % 97, $a] <=> [$b % 97, $b]);
echo "sorted ", substr(hash("sha256", implode(",", $numbers)), 0, 16), " ", min($numbers), " ", max($numbers), "\n";

$path = "$folder/table.csv";
$file = fopen($path, "w");
foreach (array_count_values(str_split("the quick brown fox jumps over the lazy dog")) as $char => $count) fputcsv($file, [$char, $count]);
fclose($file);
file_put_contents($path, "end,0\n", FILE_APPEND);
$rows = array_map(fn($line) => str_getcsv($line), file($path, FILE_IGNORE_NEW_LINES));
echo "rows ", count($rows), " ", $rows[0][0], " ", end($rows)[0], " ", filesize($path), "\n";
$file = fopen($path, "r+");
fseek($file, -6, SEEK_END);
fwrite($file, "END");
rewind($file);
echo "seek ", strlen(stream_get_contents($file)), " ", ftell($file), " ", var_export(feof($file), true), "\n";
ftruncate($file, 10);
fclose($file);
clearstatcache();
rename($path, "$folder/renamed.csv");
mkdir("$folder/a/b", 0777, true);
$names = scandir($folder);
sort($names);
echo "files ", implode(" ", $names), " ", filesize("$folder/renamed.csv"), "\n";
touch("$folder/renamed.csv", 1234567890);
clearstatcache();
echo "times ", filemtime("$folder/renamed.csv"), " ", is_dir("$folder/a/b") ? "dir" : "none", " ", file_exists("$folder/missing") ? "there" : "missing", "\n";
unlink("$folder/renamed.csv");
rmdir("$folder/a/b");
rmdir("$folder/a");
echo "empty ", count(scandir($folder)), "\n";

echo "json ", json_encode(["größe" => "ß", "pi" => M_PI, "list" => [1, null, true]], JSON_UNESCAPED_UNICODE), "\n";
echo "preg ", preg_replace('/(\w+) (\w+)/', '$2 $1', "hello world, good day"), "\n";
echo "pack ", bin2hex(pack("lNd", -1, 0x7fffffff, 0.1)), " ", hash("crc32b", "wasm"), " ", md5("wasm"), "\n";
function numbers() { for ($i = 0; $i < 5; ++$i) yield $i * $i; }
echo "generator ", implode(",", iterator_to_array(numbers())), "\n";
function depth($n) { return $n === 0 ? 0 : 1 + depth($n - 1); }
echo "depth ", depth(5000), "\n";
try {
  intdiv(1, 0);
} catch (DivisionByZeroError $error) {
  echo "caught ", $error->getMessage(), "\n";
} finally {
  echo "finally\n";
}
exit(7);
