#include "engine/cache/cluster_log.h"

#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "tests/cache/folder.h"

namespace wasmrun::cache {
namespace {

using Wait = ClusterLog::Wait;
constexpr Key kKey{1, 2, 3, Kind::Clusters};
const Label kLabel{"app.wasm", "build=1\n"};
const std::vector<uint8_t> kModule{0, 'a', 's', 'm', 1, 0, 0, 0};

ClusterLog open(const Directory& directory, const std::vector<uint8_t>& module = kModule, const Label& label = kLabel, uint32_t clusters = 3) {
  auto log = ClusterLog::open(directory, kKey, label, module, clusters, Wait::No);
  REQUIRE(log.ok());
  REQUIRE(log.value());
  return std::move(*log.value());
}

}  // namespace

TEST_CASE("clusters are there again when the log is opened again", "[cache]") {
  const CacheFolder folder;
  const Directory directory = folder.open();
  {
    ClusterLog log = open(directory);
    CHECK(log.count() == 0);
    REQUIRE(log.append(2, "two").ok());
    REQUIRE(log.append(0, "").ok());
  }
  ClusterLog log = open(directory);
  CHECK(log.count() == 2);
  CHECK(log.read(2) == "two");
  CHECK(log.read(0) == "");
  CHECK_FALSE(log.has(1));
  CHECK_FALSE(log.read(1));
  REQUIRE(log.append(1, "one").ok());
  CHECK(log.read(1) == "one");
  const auto progress = ClusterLog::look(directory.find(kKey).value());
  REQUIRE(progress);
  CHECK(progress->done == 3);
  CHECK(progress->of == 3);
}

TEST_CASE("a module that was given up stays so, with the reason", "[cache]") {
  const CacheFolder folder;
  const Directory directory = folder.open();
  {
    ClusterLog log = open(directory);
    REQUIRE(log.append(1, "one").ok());
    CHECK_FALSE(log.given_up());
    REQUIRE(log.give_up("not supported yet").ok());
  }
  CHECK(open(directory).given_up() == "not supported yet");
  CHECK(open(directory).count() == 1);
  const auto progress = ClusterLog::look(directory.find(kKey).value());
  REQUIRE(progress);
  CHECK(progress->done == 1);
  CHECK(progress->given_up == "not supported yet");
}

TEST_CASE("a log has one owner at a time", "[cache]") {
  const CacheFolder folder;
  const Directory directory = folder.open();
  {
    const ClusterLog log = open(directory);
    const auto second = ClusterLog::open(directory, kKey, kLabel, kModule, 3, Wait::No);
    REQUIRE(second.ok());
    CHECK_FALSE(second.value());
  }
  CHECK(open(directory).count() == 0);
}

TEST_CASE("who waits for a log gets the one that is there then", "[cache]") {
  const Wait wait = GENERATE(Wait::Yes, Wait::WhileItGrows);
  const CacheFolder folder;
  const Directory directory = folder.open();
  int go[2];
  REQUIRE(::pipe(go) == 0);
  // Forked before the lock is taken: a copy of the descriptor would hold it.
  const pid_t child = ::fork();
  if (child == 0) {
    char byte;
    if (::read(go[0], &byte, 1) != 1) ::_exit(2);
    const auto own = Directory::open(folder.path(), false);
    const auto second = ClusterLog::open(own.value(), kKey, kLabel, kModule, 3, wait);
    // The first owner's log is gone by the time that its lock is.
    ::_exit(second.ok() && second.value() && second.value()->count() == 0 ? 0 : 1);
  }
  {
    ClusterLog log = open(directory);
    REQUIRE(log.append(0, "zero").ok());
    REQUIRE(::write(go[1], "", 1) == 1);
    ::usleep(50000);
    CHECK(directory.remove(kKey));
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(directory.has(kKey));
  ::close(go[0]);
  ::close(go[1]);
}

TEST_CASE("a log of another module, identity or division is begun anew", "[cache]") {
  const CacheFolder folder;
  const Directory directory = folder.open();
  const auto fill = [&] {
    ClusterLog log = open(directory);
    if (!log.has(0)) REQUIRE(log.append(0, "zero").ok());
  };
  std::vector<uint8_t> other = kModule;
  other.back() ^= 1;
  fill();
  CHECK(open(directory, other).count() == 0);
  fill();
  other.resize(4);
  CHECK(open(directory, other).count() == 0);
  fill();
  CHECK(open(directory, kModule, {"app.wasm", "build=2\n"}).count() == 0);
  fill();
  CHECK(open(directory, kModule, kLabel, 4).count() == 0);
  fill();
  CHECK(open(directory, kModule, {"other.wasm", "build=1\n"}).count() == 1);
}

TEST_CASE("what a killed process began is cut off", "[cache]") {
  const CacheFolder folder;
  const Directory directory = folder.open();
  {
    ClusterLog log = open(directory);
    REQUIRE(log.append(0, "the first cluster").ok());
    REQUIRE(log.append(1, "the second cluster").ok());
  }
  const std::string whole = folder.read(kKey);
  const size_t first_end = whole.find("the first cluster") + 17;
  for (size_t size = first_end; size < whole.size(); ++size) {
    folder.write(kKey, whole.substr(0, size));
    ClusterLog log = open(directory);
    REQUIRE(log.count() == 1);
    REQUIRE(log.append(1, "again").ok());
    REQUIRE(log.read(0) == "the first cluster");
    REQUIRE(log.read(1) == "again");
  }
}

TEST_CASE("damaged bytes are never taken for a cluster", "[cache]") {
  const CacheFolder folder;
  const Directory directory = folder.open();
  {
    ClusterLog log = open(directory);
    for (uint32_t i = 0; i < 3; ++i) REQUIRE(log.append(i, std::string(100 + i, static_cast<char>('a' + i))).ok());
  }
  const std::string whole = folder.read(kKey);
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    std::string bytes = whole;
    const size_t place = round < 200 ? kLabelBytes + random() % (bytes.size() - kLabelBytes) : random() % bytes.size();
    bytes[place] = static_cast<char>(bytes[place] ^ (1 + random() % 255));
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    folder.write(kKey, bytes);
    const auto entry = directory.find(kKey);
    if (entry.ok()) (void)ClusterLog::look(entry.value());
    const ClusterLog log = open(directory);
    for (uint32_t i = 0; i < 3; ++i) {
      const auto cluster = log.read(i);
      if (cluster && *cluster != std::string(100 + i, static_cast<char>('a' + i))) FAIL("cluster " << i << " damaged at " << place);
    }
  }
}

}  // namespace wasmrun::cache
