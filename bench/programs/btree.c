// A database's table: a B-tree of pages of 4 KiB with records of varying length sorted by key, in a file of pages in memory. Rows are
// inserted, looked up, changed, deleted and scanned in order; each page carries a checksum when it leaves the cache.
#include "../bench.h"

enum { PAGE = 4096, PAGES = 4096, CACHE = 64, MOST_KEY = 40, MOST_VALUE = 400 };

// A page: this header (`used`: bytes of its records), offsets of the records in the order of their keys, free room, the records. A record:
// length of key, length of value (or the child's page in 4 bytes, within inner pages), key, value.
struct header { uint32_t checksum; uint16_t count, records_from; uint32_t next; uint16_t leaf, used; };
struct cached { uint32_t page, used_at, dirty; uint8_t bytes[PAGE]; };

static uint8_t file[PAGES][PAGE];
static uint32_t page_count, root, clock_, misses;
static struct cached cache[CACHE];
static int16_t where[PAGES];

static uint32_t checksum(const uint8_t* page) {
  uint32_t a = 1, b = 0;
  for (int i = 4; i < PAGE; i += 4) {
    uint32_t word;
    memcpy(&word, page + i, 4);
    a += word;
    b = (b << 3 | b >> 29) + a;
  }
  return a ^ b;
}

static struct header* header(uint8_t* page) { return (struct header*)(void*)page; }
static uint16_t* offsets(uint8_t* page) { return (uint16_t*)(void*)(page + sizeof(struct header)); }

// The page's bytes in the cache; at most the few pages of one path are in use at once.
static uint8_t* page_at(uint32_t page, int to_write) {
  if (where[page] >= 0) {
    struct cached* const c = &cache[where[page]];
    c->used_at = ++clock_;
    c->dirty |= (uint32_t)to_write;
    return c->bytes;
  }
  ++misses;
  int oldest = 0;
  for (int i = 1; i < CACHE; ++i)
    if (cache[i].used_at < cache[oldest].used_at) oldest = i;
  struct cached* const c = &cache[oldest];
  if (c->used_at) {
    where[c->page] = -1;
    if (c->dirty) {
      header(c->bytes)->checksum = checksum(c->bytes);
      memcpy(file[c->page], c->bytes, PAGE);
    }
  }
  memcpy(c->bytes, file[page], PAGE);
  if (header(c->bytes)->checksum != checksum(c->bytes)) exit(3);
  c->page = page;
  c->used_at = ++clock_;
  c->dirty = (uint32_t)to_write;
  where[page] = (int16_t)oldest;
  return c->bytes;
}

static uint32_t new_page(int leaf) {
  if (page_count == PAGES) exit(4);
  uint8_t* const page = file[page_count];
  memset(page, 0, PAGE);
  *header(page) = (struct header){0, 0, PAGE, 0, (uint16_t)leaf, 0};
  header(page)->checksum = checksum(page);
  return page_count++;
}

struct bytes { const uint8_t* at; uint32_t size; };

static struct bytes key_of(uint8_t* page, int i) {
  const uint8_t* const record = page + offsets(page)[i];
  return (struct bytes){record + 3, record[0]};
}
static struct bytes value_of(uint8_t* page, int i) {
  const uint8_t* const record = page + offsets(page)[i];
  return (struct bytes){record + 3 + record[0], (uint32_t)(record[1] | record[2] << 8)};
}
static uint32_t child_of(uint8_t* page, int i) {
  uint32_t child;
  memcpy(&child, value_of(page, i).at, 4);
  return child;
}

static int compare(struct bytes a, struct bytes b) {
  const uint32_t size = a.size < b.size ? a.size : b.size;
  for (uint32_t i = 0; i < size; ++i)
    if (a.at[i] != b.at[i]) return a.at[i] < b.at[i] ? -1 : 1;
  return (a.size > b.size) - (a.size < b.size);
}

// The first record whose key is not below `key`.
static int lower_bound(uint8_t* page, struct bytes key, int* equal) {
  int low = 0, high = header(page)->count;
  *equal = 0;
  while (low < high) {
    const int middle = (low + high) / 2, order = compare(key_of(page, middle), key);
    if (order < 0) {
      low = middle + 1;
    } else {
      *equal |= order == 0;
      high = middle;
    }
  }
  return low;
}

// In inner pages a record's key is the least of its child's; the first child takes all keys below the second's.
static int child_for(uint8_t* page, struct bytes key) {
  int equal;
  const int i = lower_bound(page, key, &equal);
  return equal || i == 0 ? i : i - 1;
}

static uint32_t size_of_record(const uint8_t* record) { return 3u + record[0] + (uint32_t)(record[1] | record[2] << 8); }

static void remove_at(uint8_t* page, int i) {
  struct header* const h = header(page);
  h->used = (uint16_t)(h->used - size_of_record(page + offsets(page)[i]));
  memmove(offsets(page) + i, offsets(page) + i + 1, (size_t)(h->count - i - 1) * 2);
  --h->count;
}

// Squeezes out what removed records left.
static void compact(uint8_t* page) {
  static uint8_t old[PAGE];
  memcpy(old, page, PAGE);
  struct header* const h = header(page);
  h->records_from = PAGE;
  h->used = 0;
  for (int i = 0; i < h->count; ++i) {
    const uint8_t* const record = old + offsets(page)[i];
    const uint32_t size = size_of_record(record);
    h->records_from = (uint16_t)(h->records_from - size);
    h->used = (uint16_t)(h->used + size);
    memcpy(page + h->records_from, record, size);
    offsets(page)[i] = h->records_from;
  }
}

static int insert_at(uint8_t* page, int i, struct bytes key, struct bytes value) {
  struct header* const h = header(page);
  const uint32_t size = 3 + key.size + value.size, offsets_end = (uint32_t)sizeof *h + 2u * (h->count + 1u);
  if (h->records_from < offsets_end + size) {
    compact(page);
    if (h->records_from < offsets_end + size) return 0;
  }
  h->records_from = (uint16_t)(h->records_from - size);
  uint8_t* const record = page + h->records_from;
  record[0] = (uint8_t)key.size;
  record[1] = (uint8_t)value.size;
  record[2] = (uint8_t)(value.size >> 8);
  memcpy(record + 3, key.at, key.size);
  memcpy(record + 3 + key.size, value.at, value.size);
  memmove(offsets(page) + i + 1, offsets(page) + i, (size_t)(h->count - i) * 2);
  offsets(page)[i] = h->records_from;
  h->used = (uint16_t)(h->used + size);
  ++h->count;
  return 1;
}

static void split(uint32_t parent, int place, uint32_t left) {
  uint8_t* const from = page_at(left, 1);
  const uint32_t right = new_page(header(from)->leaf);
  uint8_t* const to = page_at(right, 1);
  const int half = header(from)->count / 2;
  for (int i = half; i < header(from)->count; ++i) insert_at(to, i - half, key_of(from, i), value_of(from, i));
  header(from)->count = (uint16_t)half;
  compact(from);
  header(to)->next = header(from)->next;
  header(from)->next = right;
  insert_at(page_at(parent, 1), place + 1, key_of(to, 0), (struct bytes){(const uint8_t*)&right, 4});
}

// Whether some record would not fit; such pages are split on the way down, so that a split below always has room above.
static int is_full(uint8_t* page) {
  const struct header* const h = header(page);
  return sizeof *h + 2u * (h->count + 1u) + h->used + 3 + MOST_KEY + (h->leaf ? MOST_VALUE : 4) > PAGE;
}

static void put(struct bytes key, struct bytes value) {
  if (is_full(page_at(root, 0))) {
    const uint32_t old = root;
    root = new_page(0);
    insert_at(page_at(root, 1), 0, key_of(page_at(old, 0), 0), (struct bytes){(const uint8_t*)&old, 4});
    split(root, 0, old);
  }
  uint32_t page = root;
  while (!header(page_at(page, 0))->leaf) {
    int i = child_for(page_at(page, 0), key);
    const uint32_t child = child_of(page_at(page, 0), i);
    if (is_full(page_at(child, 0))) {
      split(page, i, child);
      i = child_for(page_at(page, 0), key);
    }
    page = child_of(page_at(page, 0), i);
  }
  uint8_t* const leaf = page_at(page, 1);
  int equal;
  const int i = lower_bound(leaf, key, &equal);
  if (equal) remove_at(leaf, i);
  if (!insert_at(leaf, i, key, value)) exit(5);
}

static uint8_t* leaf_of(struct bytes key, int to_write) {
  uint32_t page = root;
  while (!header(page_at(page, 0))->leaf) page = child_of(page_at(page, 0), child_for(page_at(page, 0), key));
  return page_at(page, to_write);
}

static uint64_t look_up(struct bytes key) {
  uint8_t* const leaf = leaf_of(key, 0);
  int equal;
  const int i = lower_bound(leaf, key, &equal);
  if (!equal) return 0;
  const struct bytes value = value_of(leaf, i);
  return value.size * 257u + value.at[value.size / 2];
}

static int erase(struct bytes key) {
  uint8_t* const leaf = leaf_of(key, 1);
  int equal;
  const int i = lower_bound(leaf, key, &equal);
  if (equal) remove_at(leaf, i);
  return equal;
}

static uint64_t scan(struct bytes from, uint32_t most) {
  uint64_t sum = 0;
  uint8_t* leaf = leaf_of(from, 0);
  int equal, i = lower_bound(leaf, from, &equal);
  while (most > 0) {
    if (i == header(leaf)->count) {
      if (header(leaf)->next == 0) break;
      leaf = page_at(header(leaf)->next, 0);
      i = 0;
      continue;
    }
    const struct bytes key = key_of(leaf, i), value = value_of(leaf, i);
    sum = sum * 31 + key.at[key.size - 1] + value.size;
    ++i;
    --most;
  }
  return sum;
}

static uint8_t key_bytes[MOST_KEY], value_bytes[MOST_VALUE];

// The key of a row: letters made of its number, so that the order is not that of insertion.
static struct bytes key_for(uint32_t row) {
  uint32_t mixed = row * 2654435761u, size = 6 + mixed % 20;
  for (uint32_t i = 0; i < size; ++i) key_bytes[i] = (uint8_t)('a' + (mixed >> (i % 7 * 4) & 15));
  memcpy(key_bytes + size, &row, 4);
  return (struct bytes){key_bytes, size + 4};
}
static struct bytes value_for(uint32_t row) {
  const uint32_t size = 20 + row * 7919 % 200;
  memset(value_bytes, (int)(row & 255), size);
  memcpy(value_bytes, &row, 4);
  return (struct bytes){value_bytes, size};
}

uint64_t kernel(void) {
  page_count = clock_ = misses = 0;
  memset(cache, 0, sizeof cache);
  for (int i = 0; i < PAGES; ++i) where[i] = -1;
  new_page(1);  // page 0 means none
  root = new_page(1);
  enum { ROWS = 10000 };
  uint32_t seed = 61;
  uint64_t sum = 0;
  for (uint32_t i = 0; i < ROWS; ++i) put(key_for(next_random(&seed) % 25000), value_for(i));
  for (uint32_t i = 0; i < ROWS; ++i) sum = sum * 31 + look_up(key_for(next_random(&seed) % 25000));
  for (uint32_t i = 0; i < ROWS / 2; ++i) sum += (uint64_t)erase(key_for(next_random(&seed) % 25000));
  for (uint32_t i = 0; i < ROWS / 4; ++i) put(key_for(next_random(&seed) % 25000), value_for(i * 3));
  for (uint32_t i = 0; i < 500; ++i) sum = sum * 31 + scan(key_for(next_random(&seed) % 25000), 100);
  return (sum * 31 + page_count) * 31 + misses;
}
