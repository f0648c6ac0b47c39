// Pointers from the guest: out of bounds traps before anything happens, whatever the alignment.
#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

namespace {

/// Which parameters are pointers, and how many bytes they must have at least.
struct PointerParameter {
  const char* function;
  std::vector<uint64_t> arguments;  ///< valid ones
  size_t position;
  const char* argument;  ///< as the message names it
};

constexpr uint32_t kEnd = 0x40000;  // size of the test guest's memory

std::vector<PointerParameter> result_pointers() {
  return {
      {"args_sizes_get", {kResult, kResult2}, 0, "argc"},
      {"args_sizes_get", {kResult, kResult2}, 1, "argv_buf_size"},
      {"args_get", {kResult, kBuffer}, 0, "argv"},
      {"environ_sizes_get", {kResult, kResult2}, 0, "count"},
      {"environ_sizes_get", {kResult, kResult2}, 1, "environ_buf_size"},
      {"clock_res_get", {1, kResult}, 1, "resolution"},
      {"clock_time_get", {1, 0, kResult}, 2, "time"},
      {"fd_fdstat_get", {3, kResult}, 1, "stat"},
      {"fd_filestat_get", {3, kResult}, 1, "stat"},
      {"fd_prestat_get", {3, kResult}, 1, "prestat"},
      {"fd_prestat_dir_name", {3, kBuffer, 4}, 1, "path"},
      {"fd_read", {4, 0x200, 1, kResult}, 1, "iovs"},
      {"fd_read", {4, 0x200, 1, kResult}, 3, "nread"},
      {"fd_pread", {4, 0x200, 1, 0, kResult}, 4, "nread"},
      {"fd_write", {4, 0x200, 1, kResult}, 1, "iovs"},
      {"fd_write", {4, 0x200, 1, kResult}, 3, "nwritten"},
      {"fd_pwrite", {4, 0x200, 1, 0, kResult}, 4, "nwritten"},
      {"fd_readdir", {3, kBuffer, 100, 0, kResult}, 1, "buf"},
      {"fd_readdir", {3, kBuffer, 100, 0, kResult}, 4, "bufused"},
      {"fd_seek", {4, 0, 0, kResult}, 3, "new_offset"},
      {"fd_tell", {4, kResult}, 1, "offset"},
      {"path_create_directory", {3, kBuffer, 3}, 1, "path"},
      {"path_filestat_get", {3, 0, kBuffer, 3, kResult}, 2, "path"},
      {"path_filestat_get", {3, 0, kBuffer, 3, kResult}, 4, "stat"},
      {"path_filestat_set_times", {3, 0, kBuffer, 3, 0, 0, 0}, 2, "path"},
      {"path_link", {3, 0, kBuffer, 3, 3, kBuffer, 3}, 2, "old_path"},
      {"path_link", {3, 0, kBuffer, 3, 3, kBuffer, 3}, 5, "new_path"},
      {"path_open", {3, 0, kBuffer, 3, 1, 0, 0, 0, kResult}, 2, "path"},
      {"path_open", {3, 0, kBuffer, 3, 1, 0, 0, 0, kResult}, 8, "opened_fd"},
      {"path_readlink", {3, kBuffer, 3, kBuffer, 10, kResult}, 1, "path"},
      {"path_readlink", {3, kBuffer, 3, kBuffer, 10, kResult}, 3, "buf"},
      {"path_readlink", {3, kBuffer, 3, kBuffer, 10, kResult}, 5, "bufused"},
      {"path_remove_directory", {3, kBuffer, 3}, 1, "path"},
      {"path_rename", {3, kBuffer, 3, 3, kBuffer, 3}, 1, "old_path"},
      {"path_rename", {3, kBuffer, 3, 3, kBuffer, 3}, 4, "new_path"},
      {"path_symlink", {kBuffer, 3, 3, kBuffer, 3}, 0, "old_path"},
      {"path_symlink", {kBuffer, 3, 3, kBuffer, 3}, 3, "new_path"},
      {"path_unlink_file", {3, kBuffer, 3}, 1, "path"},
      {"poll_oneoff", {0x1000, 0x2000, 1, kResult}, 0, "in"},
      {"poll_oneoff", {0x1000, 0x2000, 1, kResult}, 1, "out"},
      {"poll_oneoff", {0x1000, 0x2000, 1, kResult}, 3, "nevents"},
      {"random_get", {kBuffer, 10}, 0, "buf"},
      {"sock_accept", {3, 0, kResult}, 2, "accepted_fd"},
      {"sock_recv", {3, 0x200, 1, 0, kResult, kResult2}, 1, "iovs"},
      {"sock_recv", {3, 0x200, 1, 0, kResult, kResult2}, 4, "ro_datalen"},
      {"sock_recv", {3, 0x200, 1, 0, kResult, kResult2}, 5, "ro_flags"},
      {"sock_send", {3, 0x200, 1, 0, kResult}, 4, "so_datalen"},
  };
}

}  // namespace

TEST_CASE("a pointer out of bounds traps and names the argument", "[wasi][pointers][attack][attack34]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "text");
  guest.open("f", {.rights = kReadWrite});
  guest.put(kBuffer, "new");
  guest.iovec_at(0x200, kBuffer, 3);
  for (PointerParameter parameter : result_pointers()) {
    if (std::string_view(parameter.function) == "args_get") continue;  // no arguments: nothing is written
    for (const uint32_t pointer : {kEnd - 1, kEnd, kEnd + 1, 0x7fffffffu, 0x80000000u, 0xfffffffcu, 0xffffffffu}) {
      INFO(parameter.function << " " << parameter.argument << " " << pointer);
      parameter.arguments[parameter.position] = pointer;
      CHECK(guest.call_raw(parameter.function, parameter.arguments).trap ==
            "out of bounds memory access: " + std::string(parameter.function) + " argument " + parameter.argument);
    }
  }
  CHECK_FALSE(tree.exists("root/new"));
  CHECK(tree.read("root/f") == "text");
}

TEST_CASE("lengths that wrap around trap", "[wasi][pointers][attack][attack34][attack35]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "text");
  const uint32_t fd = guest.open("f", {.rights = kReadWrite});
  CHECK_FALSE(guest.call("fd_read", fd, 0x200, 0xffffffff, kResult).trap.empty());
  CHECK_FALSE(guest.call("fd_read", fd, 0x200, 0x20000001, kResult).trap.empty());  // * 8 wraps to 8
  CHECK_FALSE(guest.call("random_get", 0xfffffff0, 0x20).trap.empty());
  CHECK_FALSE(guest.call("random_get", 0, 0xffffffff).trap.empty());
  CHECK_FALSE(guest.call_raw("path_create_directory", {3, 0xfffffff0, 0x20}).trap.empty());
  guest.iovec_at(0x200, 0xfffffff0, 0x20);
  CHECK(guest.call("fd_read", fd, 0x200, 1, kResult).trap ==
        "out of bounds memory access: fd_read argument iovs buffer");
  guest.iovec_at(0x200, kBuffer, 4);
  guest.iovec_at(0x208, kEnd - 1, 2);
  CHECK_FALSE(guest.call("fd_write", fd, 0x200, 2, kResult).trap.empty());
  CHECK(tree.read("root/f") == "text");
}

TEST_CASE("results may be misaligned and at the very end", "[wasi][pointers][attack][attack34]") {
  TempTree tree;
  Guest guest(tree);
  CHECK(guest.call("clock_time_get", 1, 0, kEnd - 8) == Errno::Success);
  CHECK(guest.call("clock_time_get", 1, 0, kResult + 1) == Errno::Success);
  CHECK(guest.get<uint64_t>(kResult + 1) != 0);
  CHECK(guest.call("fd_filestat_get", kRoot, kResult + 3) == Errno::Success);
  CHECK(guest.stat_type(kResult + 3) == FileType::Directory);
  CHECK(guest.call("random_get", kEnd - 5, 5) == Errno::Success);
}

TEST_CASE("an empty buffer may point anywhere", "[wasi][pointers][attack][attack34][attack35]") {
  TempTree tree;
  Guest guest(tree);
  CHECK(guest.call("random_get", 0xffffffff, 0) == Errno::Success);
  CHECK(guest.call("fd_write", 1, 0xffffffff, 0, kResult) == Errno::Success);
  CHECK(guest.call_raw("path_create_directory", {3, 0xffffffff, 0}) == Errno::Noent);
}

TEST_CASE("a result may overlap what it is computed from", "[wasi][pointers][attack][attack34]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "text");
  const uint32_t fd = guest.open("f");
  guest.iovec_at(0x200, 0x204, 4);  // the buffer covers its own length
  REQUIRE(guest.call("fd_read", fd, 0x200, 1, 0x200) == Errno::Success);
  CHECK(guest.get<uint32_t>(0x200) == 4);
  CHECK(guest.text(0x204, 4) == "text");
  guest.put(kBuffer, "f");
  REQUIRE(guest.call_raw("path_filestat_get", {3, 0, kBuffer, 1, kBuffer}) == Errno::Success);
  CHECK(guest.stat_type(kBuffer) == FileType::RegularFile);
}

}  // namespace wasmrun::wasi
