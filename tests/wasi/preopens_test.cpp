// What a program starts with: preopens, their names and errors, arguments, environment.
#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

namespace {
std::string error_of(std::vector<Preopen> preopens) {
  WasiOptions options;
  options.preopens = std::move(preopens);
  auto created = Wasi::create(std::move(options));
  if (created.ok()) return "";
  CHECK(created.error().kind == ErrorKind::Io);
  return created.error().message;
}
}  // namespace

TEST_CASE("a directory that cannot be opened is named", "[wasi][preopen]") {
  TempTree tree;
  tree.write("root/f", "x");
  CHECK(error_of({{"/no/such", "", false}}) == "--dir: cannot open '/no/such': No such file or directory");
  CHECK(error_of({{tree.path("root/f"), "", false}}) ==
        "--dir: cannot open '" + tree.path("root/f") + "': Not a directory");
}

TEST_CASE("procfs is no preopen", "[wasi][preopen][attack][attack23]") {
  CHECK(error_of({{"/proc", "/proc", true}}).find("procfs") != std::string::npos);
  CHECK(error_of({{"/proc/self/fdinfo", "x", true}}).find("procfs") != std::string::npos);
}

TEST_CASE("one tree cannot be writable by one name and read-only by another", "[wasi][preopen][attack][attack27]") {
  TempTree tree;
  tree.mkdir("root/a/b");
  tree.symlink("root/a", "link");
  const std::string a = tree.path("root/a"), b = tree.path("root/a/b"), root = tree.root(), link = tree.path("link");
  CHECK(error_of({{a, "", true}, {a, "x", false}}).find("overlaps") != std::string::npos);
  CHECK(error_of({{a, "", true}, {b, "", false}}).find("overlaps") != std::string::npos);
  CHECK(error_of({{a, "", false}, {b, "", true}}).find("overlaps") != std::string::npos);
  CHECK(error_of({{link, "", true}, {b, "", false}}).find("overlaps") != std::string::npos);
  CHECK(error_of({{a, "", true}, {b, "", true}}).empty());
  CHECK(error_of({{a, "", false}, {b, "", false}}).empty());
  tree.mkdir("other");
  CHECK(error_of({{a, "", true}, {tree.path("other"), "", false}}).empty());
}

TEST_CASE("preopens are found from 3 on until Badf", "[wasi][fd_prestat_get]") {
  TempTree tree;
  tree.mkdir("second");
  WasiOptions options;
  options.preopens = {{tree.root(), "/", false}, {tree.path("second"), "", true}};
  Guest guest(std::move(options));
  REQUIRE(guest.call("fd_prestat_get", 3, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 0);
  CHECK(guest.get<uint32_t>(kResult + 4) == 1);
  REQUIRE(guest.call("fd_prestat_get", 4, kResult) == Errno::Success);
  const auto size = guest.get<uint32_t>(kResult + 4);
  REQUIRE(guest.call("fd_prestat_dir_name", 4, kBuffer, size) == Errno::Success);
  CHECK(guest.text(kBuffer, size) == tree.path("second"));
  CHECK(guest.call("fd_prestat_get", 5, kResult) == Errno::Badf);
  CHECK(guest.call("fd_prestat_get", 1, kResult) == Errno::Badf);
  CHECK(guest.call("fd_prestat_get", 0xffffffff, kResult) == Errno::Badf);
  tree.mkdir("root/d");
  CHECK(guest.call("fd_prestat_get", guest.open("d"), kResult) == Errno::Badf);
}

TEST_CASE("fd_prestat_dir_name wants room for the name and no more", "[wasi][fd_prestat_dir_name]") {
  TempTree tree;
  WasiOptions options;
  options.preopens = {{tree.root(), "name", false}};
  Guest guest(std::move(options));
  guest.put(kBuffer, "########");
  CHECK(guest.call("fd_prestat_dir_name", kRoot, kBuffer, 3) == Errno::Nametoolong);
  CHECK(guest.text(kBuffer, 8) == "########");
  CHECK(guest.call("fd_prestat_dir_name", kRoot, kBuffer, 8) == Errno::Success);
  CHECK(guest.text(kBuffer, 8) == "name####");
  tree.write("root/f", "x");
  CHECK(guest.call("fd_prestat_dir_name", guest.open("f"), kBuffer, 8) == Errno::Notdir);
  CHECK(guest.call("fd_prestat_dir_name", 50, kBuffer, 8) == Errno::Badf);
}

TEST_CASE("a preopen's rights are those of directories", "[wasi][fd_fdstat_get]") {
  TempTree tree;
  Guest guest(tree);
  REQUIRE(guest.call("fd_fdstat_get", kRoot, kResult) == Errno::Success);
  CHECK(guest.get<uint8_t>(kResult) == static_cast<uint8_t>(FileType::Directory));
  CHECK(guest.get<uint16_t>(kResult + 2) == 0);
  const auto base = guest.get<uint64_t>(kResult + 8), inheriting = guest.get<uint64_t>(kResult + 16);
  CHECK((base & (rights::kFdSeek | rights::kFdFilestatSetSize | rights::kFdRead)) == 0);
  const uint64_t needed = rights::kPathCreateDirectory | rights::kPathCreateFile | rights::kPathLinkSource |
                          rights::kPathLinkTarget | rights::kPathOpen | rights::kFdReaddir | rights::kPathReadlink |
                          rights::kPathRenameSource | rights::kPathRenameTarget | rights::kPathSymlink |
                          rights::kPathRemoveDirectory | rights::kPathUnlinkFile | rights::kPathFilestatGet |
                          rights::kPathFilestatSetTimes | rights::kFdFilestatGet | rights::kFdFilestatSetTimes;
  CHECK((base & needed) == needed);
  const uint64_t below = needed | rights::kFdDatasync | rights::kFdRead | rights::kFdSeek | rights::kFdSync |
                         rights::kFdFdstatSetFlags | rights::kFdTell | rights::kFdWrite | rights::kFdAdvise |
                         rights::kFdAllocate | rights::kFdFilestatSetSize | rights::kPollFdReadwrite;
  CHECK((inheriting & below) == below);
}

TEST_CASE("arguments and environment arrive byte for byte", "[wasi][args_get][environ_get][attack][attack43]") {
  WasiOptions options;
  options.args = {"prog", "", "a b", "\xff"};
  options.env = {{"A", "1"}, {"EMPTY", ""}, {"EQ", "x=y"}, {"A", "2"}};
  Guest guest(std::move(options));
  REQUIRE(guest.call("args_sizes_get", kResult, kResult2) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 4);
  CHECK(guest.get<uint32_t>(kResult2) == 12);
  REQUIRE(guest.call("args_get", kResult, kBuffer) == Errno::Success);
  CHECK(guest.text(kBuffer, 12) == std::string("prog\0\0a b\0\xff\0", 12));
  CHECK(guest.get<uint32_t>(kResult) == kBuffer);
  CHECK(guest.get<uint32_t>(kResult + 4) == kBuffer + 5);
  CHECK(guest.get<uint32_t>(kResult + 8) == kBuffer + 6);
  CHECK(guest.get<uint32_t>(kResult + 12) == kBuffer + 10);
  REQUIRE(guest.call("environ_sizes_get", kResult, kResult2) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 3);
  REQUIRE(guest.call("environ_get", kResult, kBuffer) == Errno::Success);
  CHECK(guest.text(kBuffer, guest.get<uint32_t>(kResult2)) == std::string("A=2\0EMPTY=\0EQ=x=y\0", 18));
}

TEST_CASE("a program starts with nothing by default", "[wasi][environ_get]") {
  Guest guest(WasiOptions{});
  REQUIRE(guest.call("environ_sizes_get", kResult, kResult2) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 0);
  CHECK(guest.get<uint32_t>(kResult2) == 0);
  CHECK(guest.call("environ_get", kResult, kBuffer) == Errno::Success);
  CHECK(guest.call("fd_prestat_get", 3, kResult) == Errno::Badf);
}

}  // namespace wasmrun::wasi
