// An interpreter of a small language: source text to syntax, to instructions of a stack machine, run by a switch in a loop. Values are
// numbers, strings, tables (arrays and hashes) and functions; the script sorts, counts words, computes and calls itself.
#include "../bench.h"

enum type { NIL, NUMBER, STRING, TABLE };
struct value { enum type type; union { double number; struct string* string; struct table* table; }; };
struct string { struct string* next; uint32_t hash, size; char bytes[]; };
struct entry { struct value key, value; };
struct table { struct value* items; uint32_t count, capacity; struct entry* entries; uint32_t used, slots; };

// All memory of a run comes from one block, which is emptied at its beginning.
static uint8_t heap[24 << 20];
static size_t heap_used;
static struct string* strings[4096];

static void stop(const char* why) {
  (void)!write(2, why, strlen(why));
  exit(2);
}

static void* allocate(size_t size) {
  void* const block = heap + heap_used;
  heap_used += (size + 7) & ~(size_t)7;
  if (heap_used > sizeof heap) stop("script: out of memory\n");
  return block;
}

static struct string* intern(const char* bytes, uint32_t size) {
  uint32_t hash = 2166136261u;
  for (uint32_t i = 0; i < size; ++i) hash = (hash ^ (uint8_t)bytes[i]) * 16777619u;
  struct string** const list = &strings[hash & 4095];
  for (struct string* s = *list; s; s = s->next)
    if (s->hash == hash && s->size == size && memcmp(s->bytes, bytes, size) == 0) return s;
  struct string* const made = allocate(sizeof *made + size);
  *made = (struct string){*list, hash, size};
  memcpy(made->bytes, bytes, size);
  return *list = made;
}

static struct value number(double x) { return (struct value){NUMBER, {.number = x}}; }
static struct value string(struct string* s) { return (struct value){STRING, {.string = s}}; }
static struct value nil(void) { return (struct value){NIL, {.number = 0}}; }

static int same(struct value a, struct value b) {
  if (a.type != b.type) return 0;
  return a.type == NIL || (a.type == NUMBER ? a.number == b.number : (void*)a.string == (void*)b.string);
}

static uint32_t hash_of(struct value key) {
  if (key.type == STRING) return key.string->hash;
  const uint64_t bits = bits_of(key.number) * 0x9e3779b97f4a7c15u;
  return (uint32_t)(bits >> 32);
}

static struct entry* find(struct table* t, struct value key) {
  for (uint32_t i = hash_of(key) & (t->slots - 1);; i = (i + 1) & (t->slots - 1))
    if (t->entries[i].key.type == NIL || same(t->entries[i].key, key)) return &t->entries[i];
}

static int is_item(const struct table* t, struct value key, uint32_t* index) {
  if (key.type != NUMBER || !(key.number >= 0 && key.number <= t->count)) return 0;
  *index = (uint32_t)key.number;
  return *index == key.number;
}

static struct value get(struct table* t, struct value key) {
  uint32_t index;
  if (is_item(t, key, &index)) return index < t->count ? t->items[index] : nil();
  return t->slots ? find(t, key)->value : nil();
}

static void set(struct table* t, struct value key, struct value value) {
  uint32_t index;
  if (is_item(t, key, &index)) {
    if (index == t->capacity) {
      t->capacity = t->capacity ? 2 * t->capacity : 8;
      struct value* const items = allocate(t->capacity * sizeof *items);
      if (t->count) memcpy(items, t->items, t->count * sizeof *items);
      t->items = items;
    }
    t->items[index] = value;
    if (index == t->count) ++t->count;
    return;
  }
  if (t->used * 4 >= t->slots * 3) {
    struct entry* const old = t->entries;
    const uint32_t slots = t->slots;
    t->slots = slots ? 2 * slots : 8;
    t->entries = allocate(t->slots * sizeof *old);
    for (uint32_t i = 0; i < t->slots; ++i) t->entries[i].key = t->entries[i].value = nil();
    for (uint32_t i = 0; i < slots; ++i)
      if (old[i].key.type != NIL) *find(t, old[i].key) = old[i];
  }
  struct entry* const entry = find(t, key);
  t->used += entry->key.type == NIL;
  *entry = (struct entry){key, value};
}

// Instructions: an operation and a number.
#define OPERATIONS(X) X(CONSTANT) X(LOCAL) X(SET_LOCAL) X(GLOBAL) X(SET_GLOBAL) X(NEW_TABLE) X(INDEX) X(SET_INDEX) X(ADD) X(SUBTRACT) \
  X(MULTIPLY) X(DIVIDE) X(REMAINDER) X(CONCATENATE) X(LESS) X(LESS_EQUAL) X(EQUAL) X(NOT_EQUAL) X(LENGTH) X(JUMP) X(JUMP_UNLESS) X(CALL) X(RETURN) X(DROP)
enum operation {
#define X(name) name,
  OPERATIONS(X)
#undef X
};
struct instruction { uint16_t operation; uint16_t extra; int32_t number; };
struct function { int32_t entry, parameters, locals; struct string* name; };

static struct instruction code[4096];
static struct value constants[512], globals[64];
static struct string *global_names[64], *local_names[64];
static struct function functions[64];
static int code_size, constant_count, global_count, local_count, function_count, locals_at_once;

// The compiler: one token ahead, precedence climbing, no tree.
static const char* at;
enum token { END, NAME, NUMERAL, TEXT, SYMBOL } token;
static struct string* word;
static double numeral;
static int symbol;  // one character, or two as first * 256 + second

static int is_letter(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }
static int is_digit(char c) { return c >= '0' && c <= '9'; }

static void advance(void) {
  while (*at == ' ' || *at == '\n') ++at;
  const char* const start = at;
  if (!*at) {
    token = END;
  } else if (is_letter(*at)) {
    while (is_letter(*at) || is_digit(*at)) ++at;
    token = NAME;
    word = intern(start, (uint32_t)(at - start));
  } else if (is_digit(*at)) {
    for (numeral = 0; is_digit(*at); ++at) numeral = numeral * 10 + (*at - '0');
    token = NUMERAL;
  } else if (*at == '"') {
    while (*++at != '"') {}
    token = TEXT;
    word = intern(start + 1, (uint32_t)(at++ - start - 1));
  } else {
    token = SYMBOL;
    symbol = *at++;
    if (*at == '=' || (*at == '.' && symbol == '.')) symbol = symbol * 256 + *at++;
  }
}

static int is_word(const char* text) { return token == NAME && word->size == strlen(text) && memcmp(word->bytes, text, word->size) == 0; }
static int is_symbol(int s) { return token == SYMBOL && symbol == s; }
static void expect(int s) {
  if (!is_symbol(s)) stop("script: unexpected symbol\n");
  advance();
}
static int accept(const char* text) {
  if (!is_word(text)) return 0;
  advance();
  return 1;
}

static int emit(enum operation operation, int32_t number_) {
  code[code_size] = (struct instruction){(uint16_t)operation, 0, number_};
  return code_size++;
}

static int find_name(struct string** names, int count, struct string* name) {
  for (int i = count - 1; i >= 0; --i)
    if (names[i] == name) return i;
  return -1;
}

static int global(struct string* name) {
  const int found = find_name(global_names, global_count, name);
  if (found >= 0) return found;
  global_names[global_count] = name;
  return global_count++;
}

static void expression(int least);

static void arguments(struct string* name) {
  int count = 0, function = -1;
  for (; !is_symbol(')'); ++count) {
    expression(0);
    if (!is_symbol(')')) expect(',');
  }
  advance();
  for (int i = 0; i < function_count; ++i)
    if (functions[i].name == name) function = i;
  if (function < 0 || functions[function].parameters != count) stop("script: no such function\n");
  code[emit(CALL, function)].extra = (uint16_t)count;
}

static void primary(void) {
  if (token == NUMERAL || token == TEXT) {
    constants[constant_count] = token == NUMERAL ? number(numeral) : string(word);
    emit(CONSTANT, constant_count++);
    advance();
  } else if (is_symbol('(')) {
    advance();
    expression(0);
    expect(')');
  } else if (is_symbol('{')) {
    advance();
    expect('}');
    emit(NEW_TABLE, 0);
  } else if (is_symbol('#')) {
    advance();
    primary();
    emit(LENGTH, 0);
    return;
  } else {
    struct string* const name = word;
    advance();
    if (is_symbol('(')) {
      advance();
      arguments(name);
    } else {
      const int local = find_name(local_names, local_count, name);
      if (local >= 0) emit(LOCAL, local); else emit(GLOBAL, global(name));
    }
  }
  while (is_symbol('[')) {
    advance();
    expression(0);
    expect(']');
    emit(INDEX, 0);
  }
}

static int precedence(enum operation* operation) {
  static const struct { int symbol, precedence; enum operation operation; } table[] = {
      {'=' * 256 + '=', 1, EQUAL}, {'!' * 256 + '=', 1, NOT_EQUAL}, {'<', 1, LESS}, {'<' * 256 + '=', 1, LESS_EQUAL}, {'.' * 256 + '.', 2, CONCATENATE},
      {'+', 3, ADD}, {'-', 3, SUBTRACT}, {'*', 4, MULTIPLY}, {'/', 4, DIVIDE}, {'%', 4, REMAINDER}};
  for (size_t i = 0; i < sizeof table / sizeof *table; ++i)
    if (is_symbol(table[i].symbol)) {
      *operation = table[i].operation;
      return table[i].precedence;
    }
  return 0;
}

static void expression(int least) {
  primary();
  enum operation operation;
  for (int level; (level = precedence(&operation)) > least;) {
    advance();
    expression(level);
    emit(operation, 0);
  }
}

static void statements(void);

static void statement(void) {
  if (accept("while")) {
    const int begin = code_size;
    expression(0);
    const int out = emit(JUMP_UNLESS, 0);
    statements();
    emit(JUMP, begin);
    code[out].number = code_size;
  } else if (accept("if")) {
    expression(0);
    const int otherwise = emit(JUMP_UNLESS, 0);
    statements();
    if (accept("else")) {
      const int out = emit(JUMP, 0);
      code[otherwise].number = code_size;
      statements();
      code[out].number = code_size;
    } else {
      code[otherwise].number = code_size;
    }
  } else if (accept("return")) {
    expression(0);
    emit(RETURN, 0);
  } else if (accept("local")) {
    local_names[local_count] = word;
    advance();
    expect('=');
    expression(0);
    emit(SET_LOCAL, local_count++);
    if (local_count > locals_at_once) locals_at_once = local_count;
  } else if (accept("function")) {
    const int over = emit(JUMP, 0);
    struct function* const f = &functions[function_count++];
    *f = (struct function){code_size, 0, 0, word};
    local_count = locals_at_once = 0;
    advance();
    expect('(');
    for (; token == NAME; ++f->parameters) {
      local_names[local_count++] = word;
      advance();
      if (is_symbol(',')) advance();
    }
    expect(')');
    locals_at_once = local_count;
    statements();
    emit(NEW_TABLE, 0);
    emit(RETURN, 0);
    f->locals = locals_at_once;
    local_count = 0;
    code[over].number = code_size;
  } else {
    const int begin = code_size;
    struct string* const name = word;
    primary();
    if (!is_symbol('=')) {
      emit(DROP, 0);
      return;
    }
    advance();
    const struct instruction last = code[code_size - 1];
    if (last.operation == INDEX) {
      --code_size;
      expression(0);
      emit(SET_INDEX, 0);
    } else {
      code_size = begin;
      expression(0);
      const int local = find_name(local_names, local_count, name);
      if (local >= 0) emit(SET_LOCAL, local); else emit(SET_GLOBAL, global(name));
    }
  }
}

static void statements(void) {
  const int outer = local_count;
  while (token != END && !is_word("end") && !is_word("else")) statement();
  if (!is_word("else")) advance();
  local_count = outer;
}

// The machine.
struct frame { struct value* locals; const struct instruction* back; };
static struct value stack[4096];
static struct frame frames[512];
static uint64_t executed;

static struct table* table_of(struct value value) {
  if (value.type != TABLE) stop("script: not a table\n");
  return value.table;
}

static struct value join(struct value a, struct value b) {
  char text[128], digits[24];
  uint32_t size = 0;
  const struct value parts[2] = {a, b};
  for (int k = 0; k < 2; ++k) {
    if (parts[k].type == STRING) {
      if (size + parts[k].string->size > sizeof text) stop("script: a long string\n");
      memcpy(text + size, parts[k].string->bytes, parts[k].string->size);
      size += parts[k].string->size;
    } else {
      uint32_t count = 0, rest = (uint32_t)parts[k].number;
      do digits[count++] = (char)('0' + rest % 10); while (rest /= 10);
      while (count && size < sizeof text) text[size++] = digits[--count];
    }
  }
  return string(intern(text, size));
}

static int is_true(struct value v) { return v.type == NUMBER ? v.number != 0 : v.type != NIL; }

static struct value run(void) {
  struct value *top = stack, *locals = stack;
  struct frame* frame = frames;
  for (const struct instruction* pc = code;;) {
    const struct instruction i = *pc++;
    ++executed;
    switch ((enum operation)i.operation) {
      case CONSTANT: *top++ = constants[i.number]; break;
      case LOCAL: *top++ = locals[i.number]; break;
      case SET_LOCAL: locals[i.number] = *--top; break;
      case GLOBAL: *top++ = globals[i.number]; break;
      case SET_GLOBAL: globals[i.number] = *--top; break;
      case NEW_TABLE: {
        struct table* const t = allocate(sizeof *t);
        memset(t, 0, sizeof *t);
        *top++ = (struct value){TABLE, {.table = t}};
        break;
      }
      case INDEX: --top; top[-1] = get(table_of(top[-1]), top[0]); break;
      case SET_INDEX: top -= 3; set(table_of(top[0]), top[1], top[2]); break;
      case ADD: --top; top[-1].number += top[0].number; break;
      case SUBTRACT: --top; top[-1].number -= top[0].number; break;
      case MULTIPLY: --top; top[-1].number *= top[0].number; break;
      case DIVIDE: --top; top[-1].number /= top[0].number; break;
      case REMAINDER: --top; top[-1].number = (double)((int64_t)top[-1].number % (int64_t)top[0].number); break;
      case CONCATENATE: --top; top[-1] = join(top[-1], top[0]); break;
      case LESS: --top; top[-1] = number(top[-1].number < top[0].number); break;
      case LESS_EQUAL: --top; top[-1] = number(top[-1].number <= top[0].number); break;
      case EQUAL: --top; top[-1] = number(same(top[-1], top[0])); break;
      case NOT_EQUAL: --top; top[-1] = number(!same(top[-1], top[0])); break;
      case LENGTH: top[-1] = number(table_of(top[-1])->count); break;
      case JUMP: pc = code + i.number; break;
      case JUMP_UNLESS: if (!is_true(*--top)) pc = code + i.number; break;
      case CALL: {
        const struct function* const f = &functions[i.number];
        *frame++ = (struct frame){locals, pc};
        if (frame == frames + sizeof frames / sizeof *frames || top + 64 > stack + sizeof stack / sizeof *stack) stop("script: too deep\n");
        locals = top - i.extra;
        top = locals + f->locals;
        pc = code + f->entry;
        break;
      }
      case RETURN: {
        const struct value result = top[-1];
        if (frame == frames) return result;
        top = locals;
        *top++ = result;
        --frame;
        locals = frame->locals;
        pc = frame->back;
        break;
      }
      case DROP: --top; break;
    }
  }
}

static const char source[] =
    "function fib(n) if n < 2 return n end return fib(n - 1) + fib(n - 2) end\n"
    "function random(state) state[0] = (state[0] * 16807) % 2147483647 return state[0] end\n"
    "function sort(list, low, high)\n"
    "  while low < high\n"
    "    local pivot = list[low + (high - low - (high - low) % 2) / 2]\n"
    "    local i = low local j = high\n"
    "    while i <= j\n"
    "      while list[i] < pivot i = i + 1 end\n"
    "      while pivot < list[j] j = j - 1 end\n"
    "      if i <= j local t = list[i] list[i] = list[j] list[j] = t i = i + 1 j = j - 1 end\n"
    "    end\n"
    "    sort(list, low, j)\n"
    "    low = i\n"
    "  end\n"
    "  return 0\n"
    "end\n"
    "function count_words(state, rounds)\n"
    "  local counts = {} local i = 0\n"
    "  while i < rounds\n"
    "    local word = \"word\" .. random(state) % 300\n"
    "    if counts[word] == nothing counts[word] = 1 else counts[word] = counts[word] + 1 end\n"
    "    i = i + 1\n"
    "  end\n"
    "  local sum = 0 i = 0\n"
    "  while i < 300 if counts[\"word\" .. i] != nothing sum = sum + counts[\"word\" .. i] * i end i = i + 1 end\n"
    "  return sum\n"
    "end\n"
    "function sieve(limit)\n"
    "  local marks = {} local i = 0 local count = 0\n"
    "  while i < limit marks[i] = 1 i = i + 1 end\n"
    "  i = 2\n"
    "  while i < limit\n"
    "    if marks[i] count = count + 1 local j = i + i while j < limit marks[j] = 0 j = j + i end end\n"
    "    i = i + 1\n"
    "  end\n"
    "  return count\n"
    "end\n"
    "state = {} state[0] = 42 list = {} i = 0\n"
    "while i < 12000 list[i] = random(state) i = i + 1 end\n"
    "sort(list, 0, #list - 1)\n"
    "sum = 0 i = 1\n"
    "while i < #list if list[i] < list[i - 1] return 0 end sum = (sum + list[i] * i) % 1000003 i = i + 1 end\n"
    "return sum + fib(20) * 7 + count_words(state, 15000) * 3 + sieve(30000)\n";

uint64_t kernel(void) {
  heap_used = 0;
  memset(strings, 0, sizeof strings);
  code_size = constant_count = global_count = local_count = function_count = 0;
  executed = 0;
  for (int i = 0; i < 64; ++i) globals[i] = nil();
  at = source;
  advance();
  statements();
  return bits_of(run().number) ^ executed;
}
