# Uses CPython's standard library, reads and writes files, sorts. Prints the same on every engine.
import collections
import csv
import decimal
import hashlib
import io
import itertools
import json
import math
import os
import random
import re
import struct
import sys
import textwrap

folder = sys.argv[1]

random.seed(20260101)
numbers = [random.randrange(10**9) for _ in range(20000)]
ordered = sorted(numbers, key=lambda n: (n % 97, n))
print("sorted", hashlib.sha256(repr(ordered).encode()).hexdigest()[:16], min(numbers), max(numbers))

path = os.path.join(folder, "table.csv")
with open(path, "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["name", "count"])
    writer.writerows(sorted(collections.Counter("the quick brown fox jumps over the lazy dog").items()))
with open(path) as file:
    rows = list(csv.DictReader(file))
print("rows", len(rows), max(rows, key=lambda row: int(row["count"]))["name"] == " ", os.path.getsize(path))
os.rename(path, os.path.join(folder, "renamed.csv"))
os.mkdir(os.path.join(folder, "sub"))
print("files", sorted(os.listdir(folder)))
os.remove(os.path.join(folder, "renamed.csv"))
os.rmdir(os.path.join(folder, "sub"))

text = json.dumps({"pi": math.pi, "list": list(itertools.islice(itertools.count(1, 3), 5)), "größe": "ß"}, sort_keys=True)
print("json", text, json.loads(text)["list"])
print("decimal", decimal.Decimal(2).sqrt(), 2**200 % 1000007)
print("re", re.sub(r"(\w+) (\w+)", r"\2 \1", "hello world, good day"))
print("struct", struct.pack("<iqd", -1, 2**40, 0.1).hex())
print("wrap", textwrap.fill("one two three four five six seven", 12).split("\n"))


def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)


print("depth", depth(500))
try:
    open(os.path.join(folder, "missing"))
except FileNotFoundError as error:
    print("error", error.errno)
sys.stdout.flush()
sys.exit(7)
