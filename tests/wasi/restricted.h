// Parts of a test that run under Landlock: on a thread of their own, because it cannot be undone. Visible: restricted,
// SKIP_WITHOUT_LANDLOCK.
#pragma once

#include <cstdio>
#include <exception>
#include <functional>
#include <thread>

#include "tests/wasi/guest.h"
#include "wasi/landlock.h"

/// Ends the test where the kernel cannot; ctest reports it as skipped.
#define SKIP_WITHOUT_LANDLOCK()                                                      \
  if (wasmrun::wasi::landlock_version() < 2) {                                       \
    std::printf("SKIPPED: this kernel has no Landlock that allows all that is needed\n"); \
    std::fflush(stdout);                                                             \
    SUCCEED("no Landlock");                                                          \
    return;                                                                          \
  }

namespace wasmrun::wasi {

/// Runs `body` on a thread that may use the guest's preopens only. `version` as in restrict_to_preopens.
inline void restricted(Guest& guest, const std::function<void()>& body, int version = landlock_version()) {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      REQUIRE(restrict_to_preopens(guest.state(), version) == "");
      body();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace wasmrun::wasi
