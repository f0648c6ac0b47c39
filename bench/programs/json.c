// JSON: a document is written, parsed to a tree, queried by keys, sorted by a member and printed again: allocation, strings, numbers,
// recursion.
#include "../bench.h"

enum kind { NOTHING, FALSE, TRUE, NUMBER, STRING, ARRAY, OBJECT };
struct value {
  enum kind kind;
  uint32_t size;
  union { double number; const char* bytes; struct value* items; struct member* members; };
};
struct member { const char* name; uint32_t name_size; struct value value; };

static char text[4 << 20], printed[4 << 20];
static uint8_t heap[32 << 20];
static size_t heap_used;

static void* allocate(size_t size) {
  void* const block = heap + heap_used;
  heap_used += (size + 15) & ~(size_t)15;
  if (heap_used > sizeof heap) exit(3);
  return block;
}

// Parsing.
static const char* at;

static void skip_space(void) {
  while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') ++at;
}

static uint32_t hex(const char* digits) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = digits[i];
    value = value * 16 + (uint32_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
  }
  return value;
}

static const char* parse_string(uint32_t* size) {
  const char* end = ++at;
  int escapes = 0;
  for (; *end != '"'; ++end)
    if (*end == '\\') {
      ++end;
      escapes = 1;
    }
  const char* const begin = at;
  at = end + 1;
  if (!escapes) {
    *size = (uint32_t)(end - begin);
    return begin;
  }
  char *const made = allocate((size_t)(end - begin)), *to = made;
  for (const char* p = begin; p < end; ++p) {
    if (*p != '\\') {
      *to++ = *p;
      continue;
    }
    switch (*++p) {
      case 'n': *to++ = '\n'; break;
      case 't': *to++ = '\t'; break;
      case 'u': {
        const uint32_t c = hex(p + 1);
        p += 4;
        if (c < 0x80) {
          *to++ = (char)c;
        } else if (c < 0x800) {
          *to++ = (char)(0xc0 | c >> 6);
          *to++ = (char)(0x80 | (c & 63));
        } else {
          *to++ = (char)(0xe0 | c >> 12);
          *to++ = (char)(0x80 | (c >> 6 & 63));
          *to++ = (char)(0x80 | (c & 63));
        }
        break;
      }
      default: *to++ = *p;
    }
  }
  *size = (uint32_t)(to - made);
  return made;
}

static double power_of_ten(int exponent) {
  double result = 1, base = 10;
  for (int rest = exponent < 0 ? -exponent : exponent; rest; rest >>= 1, base *= base)
    if (rest & 1) result *= base;
  return result;
}

static double parse_number(void) {
  const int negative = *at == '-';
  at += negative;
  uint64_t digits = 0;
  int exponent = 0;
  for (; *at >= '0' && *at <= '9'; ++at) digits = digits * 10 + (uint64_t)(*at - '0');
  if (*at == '.')
    for (++at; *at >= '0' && *at <= '9'; ++at, --exponent) digits = digits * 10 + (uint64_t)(*at - '0');
  if ((*at | 32) == 'e') {
    const int minus = *++at == '-';
    at += minus || *at == '+';
    int given = 0;
    for (; *at >= '0' && *at <= '9'; ++at) given = given * 10 + (*at - '0');
    exponent += minus ? -given : given;
  }
  const double value = exponent < 0 ? (double)digits / power_of_ten(exponent) : (double)digits * power_of_ten(exponent);
  return negative ? -value : value;
}

static struct value parse(void);

// Items are gathered on a stack until their number is known.
static struct member gathered[1 << 14];
static uint32_t gathered_count;

static struct value parse_list(enum kind kind, char close) {
  const uint32_t first = gathered_count;
  ++at;
  skip_space();
  while (*at != close) {
    struct member member = {NULL, 0, {NOTHING, 0, {0}}};
    if (kind == OBJECT) {
      member.name = parse_string(&member.name_size);
      skip_space();
      ++at;
    }
    member.value = parse();
    if (gathered_count == sizeof gathered / sizeof *gathered) exit(4);
    gathered[gathered_count++] = member;
    skip_space();
    if (*at == ',') ++at;
    skip_space();
  }
  ++at;
  struct value value = {kind, gathered_count - first, {0}};
  if (kind == OBJECT) {
    value.members = allocate(value.size * sizeof *value.members);
    memcpy(value.members, gathered + first, value.size * sizeof *value.members);
  } else {
    value.items = allocate(value.size * sizeof *value.items);
    for (uint32_t i = 0; i < value.size; ++i) value.items[i] = gathered[first + i].value;
  }
  gathered_count = first;
  return value;
}

static struct value parse(void) {
  struct value value = {NOTHING, 0, {0}};
  skip_space();
  switch (*at) {
    case '{': return parse_list(OBJECT, '}');
    case '[': return parse_list(ARRAY, ']');
    case '"':
      value.kind = STRING;
      value.bytes = parse_string(&value.size);
      return value;
    case 't': at += 4; value.kind = TRUE; return value;
    case 'f': at += 5; value.kind = FALSE; return value;
    case 'n': at += 4; return value;
    default:
      value.kind = NUMBER;
      value.number = parse_number();
      return value;
  }
}

// Printing.
static char* out;

static void print_text(const char* s) {
  while (*s) *out++ = *s++;
}

static void print_integer(uint64_t n) {
  char digits[24];
  int count = 0;
  do digits[count++] = (char)('0' + n % 10); while (n /= 10);
  while (count) *out++ = digits[--count];
}

// Up to six digits after the point.
static void print_number(double number) {
  if (number < 0) {
    *out++ = '-';
    number = -number;
  }
  const uint64_t millionths = (uint64_t)(number * 1e6 + 0.5);
  print_integer(millionths / 1000000);
  uint32_t rest = (uint32_t)(millionths % 1000000);
  if (!rest) return;
  *out++ = '.';
  for (uint32_t unit = 100000; rest; rest %= unit, unit /= 10) *out++ = (char)('0' + rest / unit);
}

static void print_string(const char* bytes, uint32_t size) {
  *out++ = '"';
  for (uint32_t i = 0; i < size; ++i) {
    const uint8_t c = (uint8_t)bytes[i];
    if (c == '"' || c == '\\') {
      *out++ = '\\';
      *out++ = (char)c;
    } else if (c == '\n') {
      print_text("\\n");
    } else if (c < 0x20) {
      print_text("\\u00");
      *out++ = "0123456789abcdef"[c >> 4];
      *out++ = "0123456789abcdef"[c & 15];
    } else {
      *out++ = (char)c;
    }
  }
  *out++ = '"';
}

static void print(const struct value* value) {
  switch (value->kind) {
    case NOTHING: print_text("null"); break;
    case FALSE: print_text("false"); break;
    case TRUE: print_text("true"); break;
    case NUMBER: print_number(value->number); break;
    case STRING: print_string(value->bytes, value->size); break;
    case ARRAY:
      *out++ = '[';
      for (uint32_t i = 0; i < value->size; ++i) {
        if (i) *out++ = ',';
        print(&value->items[i]);
      }
      *out++ = ']';
      break;
    case OBJECT:
      *out++ = '{';
      for (uint32_t i = 0; i < value->size; ++i) {
        if (i) *out++ = ',';
        print_string(value->members[i].name, value->members[i].name_size);
        *out++ = ':';
        print(&value->members[i].value);
      }
      *out++ = '}';
      break;
  }
}

// Querying.
static const struct value* member(const struct value* object, const char* name) {
  const size_t size = strlen(name);
  for (uint32_t i = 0; object->kind == OBJECT && i < object->size; ++i)
    if (object->members[i].name_size == size && memcmp(object->members[i].name, name, size) == 0) return &object->members[i].value;
  return NULL;
}

static void sort_by(struct value* array, const char* name) {
  for (uint32_t gap = array->size / 2; gap; gap /= 2)
    for (uint32_t i = gap; i < array->size; ++i) {
      const struct value moved = array->items[i];
      const double key = member(&moved, name)->number;
      uint32_t k = i;
      for (; k >= gap && member(&array->items[k - gap], name)->number > key; k -= gap) array->items[k] = array->items[k - gap];
      array->items[k] = moved;
    }
}

static void write_document(uint32_t rows) {
  uint32_t seed = 71;
  out = text;
  print_text("[\n");
  for (uint32_t i = 0; i < rows; ++i) {
    if (i) print_text(",\n");
    print_text("  {\"id\": ");
    print_integer(i);
    print_text(", \"name\": \"user \\u00e9\\u4e2d ");
    for (int k = 0; k < 12; ++k) *out++ = (char)('a' + next_random(&seed) % 26);
    print_text("\", \"score\": ");
    print_integer(next_random(&seed) % 1000);
    *out++ = '.';
    print_integer(next_random(&seed) % 1000);
    print_text("e1, \"tags\": [\"a\\nb\", \"plain text of some length\", true, null, false], \"nested\": {\"x\": -12.5, \"list\": [1, 2, 3, [4, 5, {}]], \"y\": 3.25e-2}}");
  }
  print_text("\n]\n");
  *out = 0;
}

uint64_t kernel(void) {
  write_document(8000);
  uint64_t sum = 0;
  for (int round = 0; round < 2; ++round) {
    heap_used = 0;
    at = round ? printed : text;
    struct value document = parse();
    sort_by(&document, round ? "id" : "score");
    double total = 0;
    for (uint32_t i = 0; i < document.size; ++i) total += member(member(&document.items[i], "nested"), "y")->number * (double)i;
    out = printed;
    print(&document);
    *out = 0;
    for (const char* p = printed; *p; ++p) sum = sum * 31 + (uint8_t)*p;
    sum ^= bits_of(total);
  }
  return sum;
}
