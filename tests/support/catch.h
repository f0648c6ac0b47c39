// Catch2 of either generation: v2 on Debian 12, v3 elsewhere.
#pragma once

#ifdef WASMRUN_CATCH2_V2
#include <catch2/catch.hpp>
#else
#include <catch2/catch_all.hpp>
#endif
using namespace Catch::Matchers;
