#include "engine/cache/entry.h"

#include "tests/support/catch.h"

namespace wasmrun::cache {

TEST_CASE("the name of an entry's file holds its whole key", "[cache]") {
  const Key key{0x0123456789abcdef, 0xf, 0xfedcba9876543210, Kind::Clusters};
  CHECK(file_name(key) == "0123456789abcdef000000000000000f-fedcba9876543210.clusters");
  for (const Kind kind : {Kind::Optimized, Kind::Baseline, Kind::Clusters}) CHECK(parse_file_name(file_name(key.with(kind))) == key.with(kind));
}

TEST_CASE("other names are of no entry", "[cache]") {
  const std::string name = file_name({1, 2, 3, Kind::Baseline});
  for (const std::string& other : {std::string(), name + "x", name.substr(1), "x" + name.substr(1), "A" + name.substr(1),
                                   name.substr(0, 49) + ".other", name.substr(0, 32) + "_" + name.substr(33), std::string(".new-12-3")}) {
    INFO(other);
    CHECK_FALSE(parse_file_name(other));
  }
}

TEST_CASE("a label is read back as it was written", "[cache]") {
  const Label label{"app.wasm", "build=1\nflags=none\n"};
  const std::string bytes = write_label(label);
  CHECK(bytes.size() == kLabelBytes);
  CHECK(read_label(bytes) == label);
  CHECK(bytes.starts_with("wasmrun-cache 1\napp=app.wasm\nbuild=1\n"));
}

TEST_CASE("a label is cut to fit, and a line break in a name does not end it", "[cache]") {
  CHECK(read_label(write_label({"a\nb=c", ""}))->app == "a?b=c");
  CHECK(read_label(write_label({std::string(9999, 'a'), std::string(9999, 'b')}))->app == std::string(255, 'a'));
}

TEST_CASE("what is no label is refused", "[cache]") {
  const std::string bytes = write_label({"app", "build=1\n"});
  CHECK_FALSE(read_label(bytes.substr(0, 100)));
  CHECK_FALSE(read_label(std::string(kLabelBytes, '\0')));
  CHECK_FALSE(read_label(std::string(kLabelBytes, 'x')));
  std::string endless = bytes;
  for (char& c : endless) {
    if (c == '\0') c = 'x';
  }
  CHECK_FALSE(read_label(endless));
  std::string other_version = bytes;
  other_version[14] = '2';
  CHECK_FALSE(read_label(other_version));
}

}  // namespace wasmrun::cache
