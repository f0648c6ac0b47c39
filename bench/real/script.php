<?php
// Work for PHP: arrays, strings, functions, sorting. A line "@" begins and ends each timed piece.
ob_implicit_flush(true);
function mark() { echo "@\n"; flush(); }
function fib($n) { return $n < 2 ? $n : fib($n - 1) + fib($n - 2); }
function words($count) {
    $seed = 7;
    $counts = [];
    for ($i = 0; $i < $count; $i++) {
        $seed = $seed * 75 % 65537;
        $word = "word" . ($seed % 500);
        $counts[$word] = ($counts[$word] ?? 0) + 1;
    }
    ksort($counts);
    $sum = 0;
    foreach ($counts as $word => $n) $sum += strlen($word) * $n;
    return $sum;
}
for ($round = 0; $round < 4; $round++) {
    mark();
    echo fib(20), " ", words(40000), "\n";
}
mark();
