// A recursive-descent reader of Rust v0 symbols that writes as it reads. Back references make hostile names expand without
// end, so depth and length are bounded.
#include "engine/runtime/demangle_rust.h"

#include <cstdint>

namespace wasmrun::runtime {
namespace {

constexpr int kMaxDepth = 100;
constexpr size_t kMaxLength = 4096;

const char* basic_type(char code) {
  switch (code) {
    case 'a': return "i8";
    case 'b': return "bool";
    case 'c': return "char";
    case 'd': return "f64";
    case 'e': return "str";
    case 'f': return "f32";
    case 'h': return "u8";
    case 'i': return "isize";
    case 'j': return "usize";
    case 'l': return "i32";
    case 'm': return "u32";
    case 'n': return "i128";
    case 'o': return "u128";
    case 'p': return "_";
    case 's': return "i16";
    case 't': return "u16";
    case 'u': return "()";
    case 'v': return "...";
    case 'x': return "i64";
    case 'y': return "u64";
    case 'z': return "!";
    default: return nullptr;
  }
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<std::string> symbol() {
    path(true);
    // What follows names the crate that instantiated a generic; nobody wants to read it.
    if (failed_) return std::nullopt;
    return std::move(output_);
  }

 private:
  struct Identifier {
    uint64_t disambiguator = 0;
    std::string_view name;
  };

  char peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }
  char next() {
    if (position_ < text_.size()) return text_[position_++];
    failed_ = true;
    return '\0';
  }
  bool eat(char c) {
    if (peek() != c) return false;
    ++position_;
    return true;
  }
  void print(std::string_view text) {
    if (silent_) return;
    output_ += text;
    if (output_.size() > kMaxLength) failed_ = true;
  }

  // "_" is 0, "0_" is 1, ...
  uint64_t base_62() {
    if (eat('_')) return 0;
    uint64_t value = 0;
    while (!failed_) {
      const char c = next();
      if (c == '_') return value + 1;
      uint64_t digit = 0;
      if (c >= '0' && c <= '9') digit = static_cast<uint64_t>(c - '0');
      else if (c >= 'a' && c <= 'z') digit = static_cast<uint64_t>(c - 'a') + 10;
      else if (c >= 'A' && c <= 'Z') digit = static_cast<uint64_t>(c - 'A') + 36;
      else failed_ = true;
      value = value * 62 + digit;
    }
    return 0;
  }
  // Absent is 0, "s_" is 1, "s0_" is 2, ...
  uint64_t disambiguator() { return eat('s') ? base_62() + 1 : 0; }

  std::string_view plain_identifier() {
    eat('u');  // punycode stays encoded
    uint64_t size = 0;
    if (peek() < '0' || peek() > '9') failed_ = true;
    if (!eat('0')) {
      while (peek() >= '0' && peek() <= '9' && size < text_.size()) size = size * 10 + static_cast<uint64_t>(next() - '0');
    }
    eat('_');
    if (failed_ || size > text_.size() - position_) return failed_ = true, std::string_view{};
    const std::string_view name = text_.substr(position_, size);
    position_ += size;
    return name;
  }
  Identifier identifier() {
    const uint64_t number = disambiguator();
    return {number, plain_identifier()};
  }

  // Reads what stands at an earlier position, then goes on here.
  template <class F>
  void back_reference(F read) {
    const size_t start = position_;
    const uint64_t target = base_62();
    // The tag before the number is one character: a reference may not reach itself.
    if (failed_ || target + 1 >= start) {
      failed_ = true;
      return;
    }
    const size_t resume = position_;
    position_ = target;
    read();
    position_ = resume;
  }

  struct Depth {
    explicit Depth(Reader& reader) : reader(reader) {
      if (++reader.depth_ > kMaxDepth) reader.failed_ = true;
    }
    ~Depth() { --reader.depth_; }
    Reader& reader;
  };

  // In an expression, generic arguments follow "::".
  void path(bool in_expression) {
    const Depth depth(*this);
    if (failed_) return;
    switch (next()) {
      case 'C': print(identifier().name); break;
      case 'M':
        impl_path();
        print("<");
        type();
        print(">");
        break;
      case 'X':
        impl_path();
        qualified();
        break;
      case 'Y': qualified(); break;
      case 'N': nested(in_expression); break;
      case 'I':
        path(in_expression);
        print(in_expression ? "::<" : "<");
        list([this] { generic_argument(); });
        print(">");
        break;
      case 'B': back_reference([&] { path(in_expression); }); break;
      default: failed_ = true;
    }
  }
  // Where the impl block stands is left out.
  void impl_path() {
    disambiguator();
    const bool was_silent = silent_;
    silent_ = true;
    path(false);
    silent_ = was_silent;
  }
  void qualified() {
    print("<");
    type();
    print(" as ");
    path(false);
    print(">");
  }
  void nested(bool in_expression) {
    const char space = next();
    path(in_expression);
    const Identifier id = identifier();
    if (space >= 'A' && space <= 'Z') {
      print("::{");
      print(space == 'C' ? "closure" : space == 'S' ? "shim" : std::string_view(&space, 1));
      if (!id.name.empty()) {
        print(":");
        print(id.name);
      }
      print("#" + std::to_string(id.disambiguator) + "}");
    } else if (space >= 'a' && space <= 'z') {
      if (!id.name.empty()) {
        print("::");
        print(id.name);
      }
    } else {
      failed_ = true;
    }
  }

  // Items up to "E", with commas. Returns how many.
  template <class F>
  size_t list(F item) {
    size_t count = 0;
    while (!failed_ && !eat('E')) {
      if (count++) print(", ");
      item();
    }
    return count;
  }

  void lifetime() { print(base_62() == 0 ? "'_" : "'a"); }

  void generic_argument() {
    if (eat('L')) return lifetime();
    if (eat('K')) return constant();
    type();
  }

  void type() {
    const Depth depth(*this);
    if (failed_) return;
    if (const char* name = basic_type(peek())) {
      ++position_;
      return print(name);
    }
    switch (peek()) {
      case 'A':
        ++position_;
        print("[");
        type();
        print("; ");
        constant();
        return print("]");
      case 'S':
        ++position_;
        print("[");
        type();
        return print("]");
      case 'T':
        ++position_;
        print("(");
        if (list([this] { type(); }) == 1) print(",");
        return print(")");
      case 'R':
      case 'Q': {
        const bool is_mutable = next() == 'Q';
        print("&");
        if (eat('L') && base_62() != 0) print("'a ");
        if (is_mutable) print("mut ");
        return type();
      }
      case 'P': return ++position_, print("*const "), type();
      case 'O': return ++position_, print("*mut "), type();
      case 'F': return ++position_, function_type();
      case 'D':
        ++position_;
        if (eat('G')) base_62();
        print("dyn ");
        dyn_traits();
        if (!eat('L')) failed_ = true;
        base_62();
        return;
      case 'B': return ++position_, back_reference([this] { type(); });
      default: return path(false);
    }
  }
  void function_type() {
    if (eat('G')) base_62();
    if (eat('U')) print("unsafe ");
    if (eat('K')) {
      print("extern \"");
      print(eat('C') ? "C" : plain_identifier());
      print("\" ");
    }
    print("fn(");
    list([this] { type(); });
    print(")");
    if (eat('u')) return;  // "-> ()" is not written
    print(" -> ");
    type();
  }
  void dyn_traits() {
    for (bool first = true; !failed_ && !eat('E'); first = false) {
      if (!first) print(" + ");
      path(false);
      while (!failed_ && eat('p')) {
        print("<");
        print(plain_identifier());
        print(" = ");
        type();
        print(">");
      }
    }
  }

  void constant() {
    const Depth depth(*this);
    if (failed_) return;
    if (eat('p')) return print("_");
    if (eat('B')) return back_reference([this] { constant(); });
    const char type_code = next();
    if (!basic_type(type_code)) {
      failed_ = true;
      return;
    }
    const bool is_negative = eat('n');
    uint64_t value = 0;
    size_t digits = 0;
    while (!failed_ && !eat('_')) {
      const char c = next();
      if (c >= '0' && c <= '9') value = value * 16 + static_cast<uint64_t>(c - '0');
      else if (c >= 'a' && c <= 'f') value = value * 16 + static_cast<uint64_t>(c - 'a') + 10;
      else failed_ = true;
      if (++digits > 16) failed_ = true;
    }
    if (type_code == 'b') return print(value ? "true" : "false");
    print((is_negative ? "-" : "") + std::to_string(value));
  }

  std::string_view text_;
  size_t position_ = 0;
  std::string output_;
  int depth_ = 0;
  bool silent_ = false;
  bool failed_ = false;
};

}  // namespace

std::optional<std::string> demangle_rust_v0(std::string_view name) {
  if (!name.starts_with("_R")) return std::nullopt;
  return Reader(name.substr(2)).symbol();
}

}  // namespace wasmrun::runtime
