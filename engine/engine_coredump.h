// Core dumps of guests, for engine_store.cpp. Visible: write_coredump.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "engine/engine.h"

namespace wasmrun {

namespace runtime {
class Store;
}

using CoredumpWrite = std::function<bool(std::span<const uint8_t>)>;

/// What Store::write_coredump documents.
bool write_coredump(const runtime::Store& store, const Trap& trap, const std::string& program, const CoredumpWrite& write);

}  // namespace wasmrun
