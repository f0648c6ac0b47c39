// Clocks, random bytes, the end of a program, the list of functions, error numbers, the trace.
#include <cerrno>
#include <regex>

#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

TEST_CASE("clocks go forward and have a resolution", "[wasi][clock_time_get][clock_res_get]") {
  Guest guest(WasiOptions{});
  for (const uint32_t id : {kClockRealtime, kClockMonotonic, kClockProcessCpu, kClockThreadCpu}) {
    REQUIRE(guest.call("clock_res_get", id, kResult) == Errno::Success);
    CHECK(guest.get<uint64_t>(kResult) > 0);
    REQUIRE(guest.call("clock_time_get", id, 0, kResult) == Errno::Success);
    const auto first = guest.get<uint64_t>(kResult);
    CHECK(first > 0);
    REQUIRE(guest.call("clock_time_get", id, UINT64_MAX, kResult) == Errno::Success);
    CHECK(guest.get<uint64_t>(kResult) >= first);
  }
  REQUIRE(guest.call("clock_time_get", kClockRealtime, 0, kResult) == Errno::Success);
  CHECK(guest.get<uint64_t>(kResult) / 1'000'000'000 <= static_cast<uint64_t>(::time(nullptr)) + 1);
  CHECK(guest.get<uint64_t>(kResult) / 1'000'000'000 + 1 >= static_cast<uint64_t>(::time(nullptr)));
}

TEST_CASE("unknown clocks are invalid", "[wasi][clock_time_get][clock_res_get][attack][attack40]") {
  Guest guest(WasiOptions{});
  for (const uint32_t id : {4u, 100u, 0xffffffffu}) {
    CHECK(guest.call("clock_res_get", id, kResult) == Errno::Inval);
    CHECK(guest.call("clock_time_get", id, 0, kResult) == Errno::Inval);
  }
}

TEST_CASE("random_get fills exactly what was asked for", "[wasi][random_get]") {
  Guest guest(WasiOptions{});
  const std::string zeros(1000, '\0');
  guest.put(kBuffer, zeros + "#");
  REQUIRE(guest.call("random_get", kBuffer, 1000) == Errno::Success);
  const std::string first = guest.text(kBuffer, 1000);
  CHECK(first.substr(900) != std::string(100, '\0'));
  CHECK(guest.text(kBuffer + 1000, 1) == "#");
  REQUIRE(guest.call("random_get", kBuffer, 1000) == Errno::Success);
  CHECK(guest.text(kBuffer, 1000) != first);
}

TEST_CASE("proc_exit ends the program with eight bits, never turning failure into success", "[wasi][proc_exit][attack][attack42]") {
  Guest guest(WasiOptions{});
  for (const auto& [code, status] : {std::pair{0u, 0u},
                                     {1u, 1u},
                                     {125u, 125u},
                                     {126u, 126u},
                                     {255u, 255u},
                                     {256u, 1u},
                                     {257u, 1u},
                                     {0xffffffffu, 255u},
                                     {0xff00u, 1u},
                                     {0x80000000u, 1u}}) {
    const Reply reply = guest.call("proc_exit", code);
    CHECK(reply.exited);
    CHECK(reply.exit_code == status);
  }
}

TEST_CASE("a guest cannot signal its host", "[wasi][proc_raise]") {
  Guest guest(WasiOptions{});
  CHECK(guest.call("proc_raise", 9) == Errno::Notsup);
  CHECK(guest.call("sched_yield") == Errno::Success);
}

TEST_CASE("preview 1 has 46 functions and snapshot 0 one less", "[wasi][link]") {
  CHECK(functions().size() == 46);
  size_t unstable = 0;
  for (const FunctionEntry& function : functions()) unstable += function.in_unstable;
  CHECK(unstable == 45);
  CHECK_FALSE(find_function("sock_accept")->in_unstable);
}

TEST_CASE("functions have the core types of the specification", "[wasi][link]") {
  const auto type = [](const char* name) { return find_function(name)->type(); };
  const auto i32 = module::kI32, i64 = module::kI64;
  CHECK(type("sched_yield") == FuncType{{}, {i32}});
  CHECK(type("proc_exit") == FuncType{{i32}, {}});
  CHECK(type("fd_seek") == FuncType{{i32, i64, i32, i32}, {i32}});
  CHECK(type("path_open") == FuncType{{i32, i32, i32, i32, i32, i64, i64, i32, i32}, {i32}});
  CHECK(type("fd_readdir") == FuncType{{i32, i32, i32, i64, i32}, {i32}});
  CHECK(type("path_filestat_set_times") == FuncType{{i32, i32, i32, i32, i64, i64, i32}, {i32}});
  CHECK(type("clock_time_get") == FuncType{{i32, i64, i32}, {i32}});
  CHECK(type("fd_allocate") == FuncType{{i32, i64, i64}, {i32}});
  CHECK(type("path_link") == FuncType{{i32, i32, i32, i32, i32, i32, i32}, {i32}});
  CHECK(type("sock_recv") == FuncType{{i32, i32, i32, i32, i32, i32}, {i32}});
}

TEST_CASE("error numbers are those of the specification", "[wasi][errno]") {
  CHECK(static_cast<int>(Errno::Success) == 0);
  CHECK(static_cast<int>(Errno::TooBig) == 1);
  CHECK(static_cast<int>(Errno::Again) == 6);
  CHECK(static_cast<int>(Errno::Badf) == 8);
  CHECK(static_cast<int>(Errno::Exist) == 20);
  CHECK(static_cast<int>(Errno::Ilseq) == 25);
  CHECK(static_cast<int>(Errno::Intr) == 27);
  CHECK(static_cast<int>(Errno::Inval) == 28);
  CHECK(static_cast<int>(Errno::Isdir) == 31);
  CHECK(static_cast<int>(Errno::Loop) == 32);
  CHECK(static_cast<int>(Errno::Nametoolong) == 37);
  CHECK(static_cast<int>(Errno::Noent) == 44);
  CHECK(static_cast<int>(Errno::Notdir) == 54);
  CHECK(static_cast<int>(Errno::Notsup) == 58);
  CHECK(static_cast<int>(Errno::Perm) == 63);
  CHECK(static_cast<int>(Errno::Pipe) == 64);
  CHECK(static_cast<int>(Errno::Rofs) == 69);
  CHECK(static_cast<int>(Errno::Spipe) == 70);
  CHECK(static_cast<int>(Errno::Xdev) == 75);
  CHECK(static_cast<int>(Errno::Notcapable) == 76);
}

TEST_CASE("host errors become the guest's, unknown ones Io", "[wasi][errno]") {
  CHECK(from_host(0) == Errno::Success);
  CHECK(from_host(ENOENT) == Errno::Noent);
  CHECK(from_host(EAGAIN) == Errno::Again);
  CHECK(from_host(ENOTSUP) == Errno::Notsup);
  CHECK(from_host(EOPNOTSUPP) == Errno::Notsup);
  CHECK(from_host(ENOTEMPTY) == Errno::Notempty);
  CHECK(from_host(EDQUOT) == Errno::Dquot);
  CHECK(from_host(ECONNRESET) == Errno::Connreset);
  CHECK(from_host(EXDEV) == Errno::Xdev);
  CHECK(from_host(EUCLEAN) == Errno::Io);
  CHECK(from_host(99999) == Errno::Io);
}

TEST_CASE("the trace has a line for each call", "[wasi][trace]") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  WasiOptions options;
  options.trace_fd = ends[1];
  Guest guest(std::move(options));
  CHECK(guest.call("fd_seek", 77, -1, 0, kResult) == Errno::Badf);
  CHECK(guest.call("sched_yield") == Errno::Success);
  CHECK_FALSE(guest.call("clock_time_get", 0, 0, 0xffffffff).trap.empty());
  char bytes[1000];
  const ssize_t size = ::read(ends[0], bytes, sizeof(bytes));
  // Without the times.
  std::string text = std::regex_replace(std::string(bytes, static_cast<size_t>(size)), std::regex(" <[0-9.]+ us>"), "");
  CHECK(text ==
        "fd_seek(fd=77, offset=-1, whence=SET) = BADF\n"
        "sched_yield() = SUCCESS\n"
        "clock_time_get(id=REALTIME, precision=0) = trap: time is out of bounds\n");
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace wasmrun::wasi
