#include "engine/cache/directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/cache/folder.h"

namespace wasmrun::cache {
namespace {

constexpr Key kKey{1, 2, 3, Kind::Optimized};

void add(const Directory& directory, const Key& key, const std::string& text) {
  auto draft = directory.begin({"app.wasm", "build=1\n"});
  REQUIRE(draft.ok());
  REQUIRE(::write(draft.value().file(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  REQUIRE(directory.publish(std::move(draft).value(), key).ok());
}

std::string content(const Directory& directory, const Key& key) {
  const auto entry = directory.find(key);
  if (!entry.ok()) return "error: " + entry.error().message;
  std::string text(entry.value().size_bytes - kLabelBytes, '\0');
  REQUIRE(::pread(entry.value().file.get(), text.data(), text.size(), kLabelBytes) == static_cast<ssize_t>(text.size()));
  return text;
}

void set_age(const std::string& path, int64_t seconds) {
  const timespec then{::time(nullptr) - seconds, 0};
  const timespec times[] = {then, then};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

}  // namespace

TEST_CASE("the first variable that is set says where the cache is", "[cache]") {
  CHECK(choose_path("/c", "/x", "/h") == "/c");
  CHECK(choose_path("relative", "/x", "/h") == "relative");
  CHECK(choose_path(nullptr, "/x", "/h") == "/x/wasmrun");
  CHECK(choose_path("", "/x", "/h") == "/x/wasmrun");
  CHECK(choose_path(nullptr, "relative", "/h") == "/h/.cache/wasmrun");
  CHECK(choose_path(nullptr, "", "/h") == "/h/.cache/wasmrun");
  CHECK(choose_path(nullptr, nullptr, "relative") == "");
  CHECK(choose_path(nullptr, nullptr, "") == "");
  CHECK(choose_path(nullptr, nullptr, nullptr) == "");
}

TEST_CASE("a cache that is not there is made with its parents, for the owner alone", "[cache]") {
  const CacheFolder folder;
  const std::string path = folder.path() + "/a/b/cache";
  CHECK_FALSE(Directory::open(path, false).ok());
  CHECK_FALSE(std::filesystem::exists(folder.path() + "/a"));
  REQUIRE(Directory::open(path, true).ok());
  for (const char* part : {"/a", "/a/b", "/a/b/cache"}) {
    struct stat status;
    REQUIRE(::stat((folder.path() + part).c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0700);
  }
}

TEST_CASE("a cache that others may write to is refused", "[cache]") {
  const CacheFolder folder;
  for (const mode_t mode : {0770, 0702, 0777}) {
    REQUIRE(::chmod(folder.path().c_str(), mode) == 0);
    const auto directory = Directory::open(folder.path(), true);
    REQUIRE_FALSE(directory.ok());
    CHECK(directory.error().message == "the cache " + folder.path() + " can be written by others");
  }
  REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
  CHECK(Directory::open(folder.path(), true).ok());
}

TEST_CASE("a cache of somebody else is refused", "[cache]") {
  const CacheFolder folder;
  if (::chown(folder.path().c_str(), 12345, 12345) != 0) {
    std::printf("SKIPPED: only root can give a folder away\n");
    SUCCEED();
    return;
  }
  const auto directory = Directory::open(folder.path(), true);
  REQUIRE_FALSE(directory.ok());
  CHECK(directory.error().message == "the cache " + folder.path() + " belongs to another user");
}

TEST_CASE("a file is no cache", "[cache]") {
  const CacheFolder folder;
  std::ofstream(folder.path() + "/file") << "text";
  CHECK_FALSE(Directory::open(folder.path() + "/file", true).ok());
  CHECK_FALSE(Directory::open(folder.path() + "/file/cache", true).ok());
}

TEST_CASE("an entry is found once it is published, with its label", "[cache]") {
  const CacheFolder folder;
  const Directory directory = folder.open();
  CHECK(content(directory, kKey) == "error: no entry");
  CHECK_FALSE(directory.has(kKey));
  add(directory, kKey, "content");
  CHECK(content(directory, kKey) == "content");
  CHECK(directory.has(kKey));
  CHECK(directory.find(kKey).value().label == Label{"app.wasm", "build=1\n"});
  CHECK(content(directory, kKey.with(Kind::Baseline)) == "error: no entry");
  struct stat status;
  REQUIRE(::stat(folder.file(kKey).c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a later entry takes the place of an earlier one, which its readers keep", "[cache]") {
  const CacheFolder folder;
  const Directory directory = folder.open();
  add(directory, kKey, "first");
  const Entry first = directory.find(kKey).value();
  add(directory, kKey, "second");
  CHECK(content(directory, kKey) == "second");
  std::string text(5, '\0');
  CHECK(::pread(first.file.get(), text.data(), 5, kLabelBytes) == 5);
  CHECK(text == "first");
  CHECK(folder.count() == 1);
}

TEST_CASE("a draft that is given up leaves nothing", "[cache]") {
  const CacheFolder folder;
  const Directory directory = folder.open();
  { const auto draft = directory.begin({}); }
  CHECK(folder.count() == 0);
}

TEST_CASE("links, folders, pipes and foreign files are no entries", "[cache]") {
  const CacheFolder folder;
  const Directory directory = folder.open();
  const Key other{9, 9, 9, Kind::Optimized};
  add(directory, other, "content");
  REQUIRE(::symlink(folder.file(other).c_str(), folder.file(kKey).c_str()) == 0);
  CHECK_FALSE(directory.find(kKey).ok());
  REQUIRE(::unlink(folder.file(kKey).c_str()) == 0);
  REQUIRE(::mkfifo(folder.file(kKey).c_str(), 0600) == 0);
  CHECK_FALSE(directory.find(kKey).ok());
  REQUIRE(::unlink(folder.file(kKey).c_str()) == 0);
  REQUIRE(::mkdir(folder.file(kKey).c_str(), 0700) == 0);
  CHECK_FALSE(directory.find(kKey).ok());
  REQUIRE(::chmod(folder.file(other).c_str(), 0622) == 0);
  CHECK_FALSE(directory.find(other).ok());
  REQUIRE(::chmod(folder.file(other).c_str(), 0600) == 0);
  CHECK(directory.find(other).ok());
  if (::chown(folder.file(other).c_str(), 12345, 12345) == 0) CHECK_FALSE(directory.find(other).ok());
}

TEST_CASE("an entry that is cut off in its label is no entry", "[cache]") {
  const CacheFolder folder;
  const Directory directory = folder.open();
  add(directory, kKey, "content");
  REQUIRE(::truncate(folder.file(kKey).c_str(), kLabelBytes - 1) == 0);
  CHECK_FALSE(directory.find(kKey).ok());
  REQUIRE(::truncate(folder.file(kKey).c_str(), 0) == 0);
  CHECK_FALSE(directory.find(kKey).ok());
}

TEST_CASE("finding an entry marks it as used, to the day", "[cache]") {
  const CacheFolder folder;
  const Directory directory = folder.open();
  add(directory, kKey, "content");
  const int64_t now = ::time(nullptr);
  set_age(folder.file(kKey), 1000);
  REQUIRE(directory.find(kKey).ok());
  CHECK(directory.list().at(0).used_at <= now - 999);
  set_age(folder.file(kKey), 100000);
  REQUIRE(directory.find(kKey).ok());
  CHECK(directory.list().at(0).used_at >= now);
}

TEST_CASE("what was used least recently goes first when there is too much", "[cache]") {
  const CacheFolder folder;
  const Directory directory = folder.open();
  for (uint64_t i = 0; i < 4; ++i) {
    const Key key{i, 0, 0, Kind::Optimized};
    add(directory, key, "content");
    set_age(folder.file(key), static_cast<int64_t>(1000 - i));
  }
  const uint64_t each = kLabelBytes + 7;
  CHECK(directory.collect(4 * each).files == 0);
  const auto removed = directory.collect(2 * each + 100);
  CHECK(removed.files == 2);
  CHECK(removed.bytes == 2 * each);
  CHECK_FALSE(directory.has({0, 0, 0, Kind::Optimized}));
  CHECK_FALSE(directory.has({1, 0, 0, Kind::Optimized}));
  CHECK(directory.has({3, 0, 0, Kind::Optimized}));
  CHECK(directory.collect(0).files == 2);
}

TEST_CASE("what a killed process left goes after an hour, and files that are not the cache's stay", "[cache]") {
  const CacheFolder folder;
  const Directory directory = folder.open();
  for (const char* name : {".new-1-0", ".new-1-1", "notes.txt"}) std::ofstream(folder.path() + "/" + name) << "text";
  set_age(folder.path() + "/.new-1-0", 4000);
  set_age(folder.path() + "/notes.txt", 4000);
  CHECK(directory.collect(Directory::kDefaultMaxBytes).files == 1);
  CHECK(folder.count() == 2);
  CHECK(directory.clear().files == 1);
  CHECK(folder.count() == 1);
}

TEST_CASE("a directory that nobody can write to is still read", "[cache]") {
  const CacheFolder folder;
  add(folder.open(), kKey, "content");
  REQUIRE(::chmod(folder.path().c_str(), 0500) == 0);
  const Directory directory = folder.open();
  CHECK(content(directory, kKey) == "content");
  if (::geteuid() != 0) CHECK_FALSE(directory.begin({}).ok());
  REQUIRE(::chmod(folder.path().c_str(), 0700) == 0);
}

}  // namespace wasmrun::cache
