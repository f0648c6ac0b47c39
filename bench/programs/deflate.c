// A compressor in the manner of deflate and its decompressor: matches from chains of hashes with one step of lookahead, canonical Huffman codes
// of limited length for literals, lengths and distances in each block, decoding by tables.
#include "../bench.h"

enum { SIZE = 600 << 10, WINDOW = 1 << 15, HASH = 1 << 14, BLOCK = 1 << 15, LEAST = 4, MOST = 258, CHAIN = 24 };
enum { LITERALS = 256 + 1 + 29, DISTANCES = 30, LONGEST = 15, FAST = 10 };

static uint8_t input[SIZE], packed[SIZE + SIZE / 4], output[SIZE];
static int32_t head[HASH], previous[WINDOW];
static struct { uint16_t length, distance; } symbols[BLOCK];  // distance 0: a literal

static struct { uint8_t* at; uint64_t bits; int count; } out, in;

static void put_bits(uint32_t bits, int count) {
  out.bits |= (uint64_t)bits << out.count;
  out.count += count;
  while (out.count >= 8) {
    *out.at++ = (uint8_t)out.bits;
    out.bits >>= 8;
    out.count -= 8;
  }
}

static void fill(void) {
  while (in.count <= 48) {
    in.bits |= (uint64_t)*in.at++ << in.count;
    in.count += 8;
  }
}
static uint32_t get_bits(int count) {
  const uint32_t bits = (uint32_t)(in.bits & ((1u << count) - 1));
  in.bits >>= count;
  in.count -= count;
  return bits;
}

// Classes of lengths and distances, each of twice the width after every few: the base value and the extra bits.
static uint16_t length_base[29], distance_base[30];
static uint8_t length_extra[29], distance_extra[30], length_class[MOST + 1];

static void make_classes(void) {
  int base = LEAST;
  for (int i = 0; i < 29; ++i) {
    length_extra[i] = (uint8_t)(i < 8 ? 0 : (i - 4) / 4);
    length_base[i] = (uint16_t)base;
    for (int k = 0; k < 1 << length_extra[i]; ++k, ++base)
      if (base <= MOST) length_class[base] = (uint8_t)i;
  }
  base = 1;
  for (int i = 0; i < 30; ++i) {
    distance_extra[i] = (uint8_t)(i < 4 ? 0 : (i - 2) / 2);
    distance_base[i] = (uint16_t)base;
    base += 1 << distance_extra[i];
  }
}

static int distance_class(uint32_t distance) {
  int low = 0, high = 29;
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    if (distance_base[middle] <= distance) low = middle; else high = middle - 1;
  }
  return low;
}

struct codes { uint8_t lengths[LITERALS]; uint16_t codes[LITERALS]; };

static uint16_t reversed(uint32_t code, int length) {
  uint32_t back = 0;
  for (int i = 0; i < length; ++i) back |= (code >> i & 1) << (length - 1 - i);
  return (uint16_t)back;
}

static void number_codes(struct codes* c, int count) {
  uint32_t per_length[LONGEST + 1] = {0}, next[LONGEST + 1] = {0};
  for (int i = 0; i < count; ++i) ++per_length[c->lengths[i]];
  per_length[0] = 0;
  for (int length = 1; length <= LONGEST; ++length) next[length] = (next[length - 1] + per_length[length - 1]) << 1;
  for (int i = 0; i < count; ++i)
    if (c->lengths[i]) c->codes[i] = reversed(next[c->lengths[i]]++, c->lengths[i]);
}

// Lengths by joining the two lightest trees again and again; frequencies are halved until no code is too long.
static void choose_codes(struct codes* c, uint32_t* weights, int count) {
  for (;;) {
    static uint32_t weight[2 * LITERALS];
    static int16_t parent[2 * LITERALS], order[LITERALS];
    int leaves = 0;
    for (int i = 0; i < count; ++i)
      if (weights[i]) {
        int k = leaves++;
        for (; k > 0 && weights[order[k - 1]] > weights[i]; --k) order[k] = order[k - 1];
        order[k] = (int16_t)i;
      }
    memset(c->lengths, 0, (size_t)count);
    for (int i = 0; i < leaves; ++i) weight[i] = weights[order[i]];
    int leaf = 0, inner = leaves, made = leaves;
    while (made < 2 * leaves - 1) {
      weight[made] = 0;
      for (int k = 0; k < 2; ++k) {
        const int lightest = leaf < leaves && (inner == made || weight[leaf] <= weight[inner]) ? leaf++ : inner++;
        weight[made] += weight[lightest];
        parent[lightest] = (int16_t)made;
      }
      ++made;
    }
    int longest = 0;
    for (int i = 0; i < leaves; ++i) {
      int depth = 0;
      for (int node = i; node != made - 1; node = parent[node]) ++depth;
      c->lengths[order[i]] = (uint8_t)(depth ? depth : 1);
      if (depth > longest) longest = depth;
    }
    if (longest <= LONGEST) break;
    for (int i = 0; i < count; ++i)
      if (weights[i]) weights[i] = weights[i] / 2 + 1;
  }
  number_codes(c, count);
}

static void write_block(int count) {
  static struct codes literals, distances;
  uint32_t literal_weights[LITERALS] = {0}, distance_weights[DISTANCES] = {0};
  for (int i = 0; i < count; ++i) {
    if (symbols[i].distance) {
      ++literal_weights[257 + length_class[symbols[i].length]];
      ++distance_weights[distance_class(symbols[i].distance)];
    } else {
      ++literal_weights[symbols[i].length];
    }
  }
  ++literal_weights[256];
  choose_codes(&literals, literal_weights, LITERALS);
  choose_codes(&distances, distance_weights, DISTANCES);
  for (int i = 0; i < LITERALS; ++i) put_bits(literals.lengths[i], 4);
  for (int i = 0; i < DISTANCES; ++i) put_bits(distances.lengths[i], 4);
  for (int i = 0; i < count; ++i) {
    if (!symbols[i].distance) {
      put_bits(literals.codes[symbols[i].length], literals.lengths[symbols[i].length]);
      continue;
    }
    const int length = length_class[symbols[i].length], distance = distance_class(symbols[i].distance);
    put_bits(literals.codes[257 + length], literals.lengths[257 + length]);
    put_bits((uint32_t)symbols[i].length - length_base[length], length_extra[length]);
    put_bits(distances.codes[distance], distances.lengths[distance]);
    put_bits((uint32_t)symbols[i].distance - distance_base[distance], distance_extra[distance]);
  }
  put_bits(literals.codes[256], literals.lengths[256]);
}

static uint32_t hash(const uint8_t* p) {
  uint32_t word;
  memcpy(&word, p, 4);
  return word * 2654435761u >> 18;
}

static uint32_t longest_match(int32_t at, uint32_t* distance) {
  uint32_t best = LEAST - 1;
  const uint32_t most = SIZE - at < MOST ? (uint32_t)(SIZE - at) : MOST;
  int32_t candidate = head[hash(input + at)];
  for (int tries = CHAIN; candidate >= 0 && at - candidate < WINDOW && tries > 0; --tries, candidate = previous[candidate & (WINDOW - 1)]) {
    if (best < most && input[candidate + (int32_t)best] != input[at + (int32_t)best]) continue;
    uint32_t length = 0;
    while (length < most && input[candidate + (int32_t)length] == input[at + (int32_t)length]) ++length;
    if (length > best) {
      best = length;
      *distance = (uint32_t)(at - candidate);
      if (best == most) break;
    }
  }
  return best;
}

static void remember(int32_t at) {
  const uint32_t h = hash(input + at);
  previous[at & (WINDOW - 1)] = head[h];
  head[h] = at;
}

static size_t compress(void) {
  for (int i = 0; i < HASH; ++i) head[i] = -1;
  out.at = packed;
  out.bits = 0;
  out.count = 0;
  int count = 0;
  for (int32_t at = 0; at < SIZE;) {
    uint32_t distance = 0, next_distance = 0, length = 0;
    if (at + 8 < SIZE) {
      length = longest_match(at, &distance);
      remember(at);
      if (length >= LEAST && length < 32 && at + 9 < SIZE && longest_match(at + 1, &next_distance) > length) length = 0;
    }
    if (length >= LEAST) {
      symbols[count].length = (uint16_t)length;
      symbols[count++].distance = (uint16_t)distance;
      for (uint32_t i = 1; i < length; ++i)
        if (at + (int32_t)i + 8 < SIZE) remember(at + (int32_t)i);
      at += (int32_t)length;
    } else {
      symbols[count].length = input[at++];
      symbols[count++].distance = 0;
    }
    if (count == BLOCK || at == SIZE) {
      put_bits(at < SIZE, 1);
      write_block(count);
      count = 0;
    }
  }
  put_bits(0, 7);
  return (size_t)(out.at - packed);
}

// Short codes by a table of their bits: symbol * 16 + length; longer ones bit by bit.
struct decoder { uint16_t fast[1 << FAST], first[LONGEST + 2], start[LONGEST + 2], sorted[LITERALS]; };

static void make_decoder(struct decoder* d, const struct codes* c, int count) {
  uint16_t per_length[LONGEST + 2] = {0}, place[LONGEST + 2];
  for (int i = 0; i < count; ++i) ++per_length[c->lengths[i]];
  per_length[0] = 0;
  d->first[0] = d->start[0] = 0;
  for (int length = 1; length <= LONGEST + 1; ++length) {
    d->first[length] = (uint16_t)((d->first[length - 1] + per_length[length - 1]) << 1);
    d->start[length] = (uint16_t)(d->start[length - 1] + per_length[length - 1]);
    place[length] = d->start[length];
  }
  memset(d->fast, 0, sizeof d->fast);
  for (int i = 0; i < count; ++i) {
    const int length = c->lengths[i];
    if (!length) continue;
    d->sorted[place[length]++] = (uint16_t)i;
    if (length <= FAST)
      for (uint32_t k = c->codes[i]; k < 1 << FAST; k += 1u << length) d->fast[k] = (uint16_t)(i * 16 + length);
  }
}

static uint32_t decode(const struct decoder* d) {
  const uint16_t found = d->fast[in.bits & ((1 << FAST) - 1)];
  if (found) {
    get_bits(found & 15);
    return found >> 4;
  }
  uint32_t code = 0;
  for (int length = 1; length <= LONGEST; ++length) {
    code = code << 1 | get_bits(1);
    const uint32_t index = code - d->first[length];
    if (length > 0 && code >= d->first[length] && index < (uint32_t)(d->start[length + 1] - d->start[length])) return d->sorted[d->start[length] + index];
  }
  exit(3);
}

static size_t decompress(void) {
  static struct codes literals, distances;
  static struct decoder literal_decoder, distance_decoder;
  in.at = packed;
  in.bits = 0;
  in.count = 0;
  uint8_t* to = output;
  for (int more = 1; more;) {
    fill();
    more = (int)get_bits(1);
    for (int i = 0; i < LITERALS + DISTANCES; ++i) {
      fill();
      const uint8_t length = (uint8_t)get_bits(4);
      if (i < LITERALS) literals.lengths[i] = length; else distances.lengths[i - LITERALS] = length;
    }
    number_codes(&literals, LITERALS);
    number_codes(&distances, DISTANCES);
    make_decoder(&literal_decoder, &literals, LITERALS);
    make_decoder(&distance_decoder, &distances, DISTANCES);
    for (;;) {
      fill();
      const uint32_t symbol = decode(&literal_decoder);
      if (symbol < 256) {
        *to++ = (uint8_t)symbol;
        continue;
      }
      if (symbol == 256) break;
      uint32_t length = length_base[symbol - 257] + get_bits(length_extra[symbol - 257]);
      fill();
      const uint32_t class = decode(&distance_decoder);
      const uint32_t distance = distance_base[class] + get_bits(distance_extra[class]);
      for (const uint8_t* from = to - distance; length > 0; --length) *to++ = *from++;
    }
  }
  return (size_t)(to - output);
}

uint64_t kernel(void) {
  static const char* const words[] = {"the ", "module ", "of ", "memory ", "and ", "table", ", ", "function ", "value ", "a ", "trap ", "is ", ". ", "instance ", "\n"};
  make_classes();
  uint32_t seed = 67;
  for (size_t i = 0; i < SIZE;) {
    const uint32_t r = next_random(&seed);
    if (r % 20 == 0 && i > 2000) {
      for (size_t from = i - 1 - r % 2000, k = 0; k < 10 + (r >> 16) % 60 && i < SIZE; ++k) input[i++] = input[from + k];
    } else if (r % 20 == 1) {
      input[i++] = (uint8_t)(r >> 20);
    } else {
      for (const char* w = words[(r >> 8) % 15]; *w && i < SIZE; ++w) input[i++] = (uint8_t)*w;
    }
  }
  const size_t size = compress();
  if (decompress() != SIZE || memcmp(input, output, SIZE) != 0) return 0;
  uint64_t sum = size;
  for (size_t i = 0; i < size; ++i) sum = sum * 31 + packed[i];
  return sum;
}
