# Work for CPython: an interpreter's daily bread. A line "@" begins and ends each timed piece.
import sys


def mark():
    print("@", flush=True)


def primes(limit):
    sieve = bytearray([1]) * limit
    for i in range(2, int(limit ** 0.5) + 1):
        if sieve[i]:
            for j in range(i * i, limit, i):
                sieve[j] = 0
    return sum(sieve) - 2


def words(count):
    seed, counts = 7, {}
    for _ in range(count):
        seed = seed * 16807 % 2147483647
        word = "word%d" % (seed % 500)
        counts[word] = counts.get(word, 0) + 1
    return sum(len(w) * n for w, n in sorted(counts.items()))


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


for _ in range(4):
    mark()
    print(primes(200000), words(60000), fib(21))
mark()
