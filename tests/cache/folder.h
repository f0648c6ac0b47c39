// A cache in a temporary folder. Visible: CacheFolder.
#pragma once

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "engine/cache/directory.h"
#include "tests/support/catch.h"

namespace wasmrun::cache {

class CacheFolder {
 public:
  CacheFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "wasmrun-test-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()));
    path_ = pattern;
  }
  ~CacheFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  CacheFolder(const CacheFolder&) = delete;
  CacheFolder& operator=(const CacheFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const Key& key) const { return path_ + "/" + file_name(key); }
  Directory open() const {
    auto directory = Directory::open(path_, false);
    REQUIRE(directory.ok());
    return std::move(directory).value();
  }
  std::string read(const Key& key) const {
    std::ifstream stream(file(key), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void write(const Key& key, const std::string& bytes) const { std::ofstream(file(key), std::ios::binary) << bytes; }
  size_t count() const { return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(path_), {})); }

 private:
  std::string path_;
};

}  // namespace wasmrun::cache
