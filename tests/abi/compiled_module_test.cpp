#include "engine/abi/compiled_module.h"

#include <algorithm>
#include <iterator>
#include <thread>

#include "tests/support/catch.h"

namespace wasmrun::abi {
namespace {

TEST_CASE("locations are found by exact address within their function", "[abi]") {
  CompiledModule module;
  auto space = CodeSpace::create(4096);
  REQUIRE(space.ok());
  module.code = std::move(space).value();
  const uint8_t* base = module.code->base();
  REQUIRE(module.code->allocate(300));
  // Two workers' lists; the second function lies before the first one.
  std::vector<uint8_t> lists[2];
  LocationWriter first(lists[0], 200);
  first.add(205, 0x1000);
  first.add(205 + 90, 0x0ff0);
  LocationWriter second(lists[1], 0);
  second.add(0, 7);
  second.add(100, 0xffffffffff);
  module.functions.push_back({200, 300, 0, 0, static_cast<uint32_t>(lists[0].size())});
  module.functions.push_back({0, 150, 1, 0, static_cast<uint32_t>(lists[1].size())});
  module.location_lists = {SharedBytes(lists[0]), SharedBytes(lists[1])};
  module.build_index();

  REQUIRE(module.entry(0) == base + 200);
  REQUIRE(module.find_function(base) == 1u);
  REQUIRE(module.find_function(base + 149) == 1u);
  REQUIRE(!module.find_function(base + 150));
  REQUIRE(module.find_function(base + 200) == 0u);
  REQUIRE(module.find_function(base + 299) == 0u);
  REQUIRE(!module.find_function(base + 300));
  REQUIRE(!module.find_function(base - 1));
  const auto find_module_offset = [&](uint32_t function, const uint8_t* address) {
    const auto places = module.find_places(function, address, true);
    REQUIRE(places.size() == 1);
    REQUIRE(places[0].defined_function == function);
    return places[0].module_offset;
  };
  REQUIRE(find_module_offset(0, base + 205) == 0x1000u);
  REQUIRE(find_module_offset(0, base + 295) == 0x0ff0u);
  REQUIRE(!find_module_offset(0, base + 206));
  REQUIRE(find_module_offset(1, base) == 7u);
  REQUIRE(find_module_offset(1, base + 100) == 0xffffffffffu);
}

TEST_CASE("code that was inlined is found in its function and in those around it", "[abi]") {
  CompiledModule module;
  module.code = std::move(CodeSpace::create(4096).value());
  const uint8_t* const base = module.code->base();
  REQUIRE(module.code->allocate(100));
  constexpr uint32_t kFlag = InlinedLocation::kFlag;
  module.inlined = {{1, 0x200, 0x105}, {2, 0x300, kFlag | 0}, {2, 0, kFlag | 0}, {1, 0x204, 0}};
  module.locations_are_ranges = true;
  std::vector<uint8_t> list;
  LocationWriter writer(list, 0);
  writer.add(0, 0x100);
  writer.add(10, kFlag | 1);  // function 2 in 1 in 0
  writer.add(20, kFlag | 2);  // the same, its instruction not known
  writer.add(30, kFlag | 3);  // function 1, the call not known
  writer.add(40, kFlag | 4);  // of no entry
  writer.add(50, 0x120);
  module.functions.push_back({0, 100, 0, 0, static_cast<uint32_t>(list.size())});
  module.location_lists = {SharedBytes(list)};
  module.build_index();

  const auto places_at = [&](uint32_t offset, bool is_return_address) {
    std::string text;
    for (const auto& [function, module_offset] : module.find_places(0, base + offset, is_return_address)) {
      text += std::to_string(function) + "@" + (module_offset ? std::to_string(*module_offset) : "?") + " ";
    }
    return text;
  };
  CHECK(places_at(5, false) == "0@256 ");
  CHECK(places_at(10, false) == "2@768 1@512 0@261 ");
  CHECK(places_at(20, true) == "2@768 1@512 0@261 ");
  CHECK(places_at(10, true) == "0@256 ");
  CHECK(places_at(20, false) == "2@? 1@512 0@261 ");
  CHECK(places_at(35, false) == "1@516 0@? ");
  CHECK(places_at(45, false).starts_with("0@"));
  CHECK(places_at(60, false) == "0@288 ");

  std::vector<uint64_t> innermost;
  for (const auto& location : module.locations_of(0)) innermost.push_back(location.module_offset);
  CHECK(innermost == std::vector<uint64_t>{0x100, 0x300, 0, 0x204, uint64_t{kFlag} | 4, 0x120});
}

TEST_CASE("workers get disjoint pieces of a code space", "[abi]") {
  auto made = CodeSpace::create(1 << 20);
  REQUIRE(made.ok());
  CodeSpace& space = *made.value();
  std::vector<uint8_t*> pieces[2];
  const auto work = [&space](std::vector<uint8_t*>* mine) {
    for (int i = 0; i < 1000; ++i) {
      uint8_t* piece = space.allocate(100);
      piece[0] = piece[99] = static_cast<uint8_t>(i);
      mine->push_back(piece);
    }
  };
  std::thread other(work, &pieces[1]);
  work(&pieces[0]);
  other.join();
  for (const auto& list : pieces) {
    for (size_t i = 0; i < list.size(); ++i) {
      REQUIRE(reinterpret_cast<uintptr_t>(list[i]) % 16 == 0);
      REQUIRE(list[i][0] == static_cast<uint8_t>(i));
      REQUIRE(list[i][99] == static_cast<uint8_t>(i));
    }
  }
  REQUIRE(space.size_bytes() == 2000 * 112);
}

TEST_CASE("a code space shrinks its last piece, is sealed, and runs", "[abi]") {
  auto made = CodeSpace::create(1 << 20);
  REQUIRE(made.ok());
  CodeSpace& space = *made.value();
  uint8_t* first = space.allocate(64);
  uint8_t* code = space.allocate(1000);
  space.shrink(first, 64, 16);
  REQUIRE(space.size_bytes() == 64 + 1008);
  space.shrink(code, 1000, 6);
  REQUIRE(space.size_bytes() == 64 + 16);
  const uint8_t return_42[] = {0xb8, 42, 0, 0, 0, 0xc3};
  std::copy(std::begin(return_42), std::end(return_42), code);
  REQUIRE(space.allocate(1 << 21) == nullptr);
  REQUIRE(space.seal().ok());
  REQUIRE(reinterpret_cast<int (*)()>(code)() == 42);
}

TEST_CASE("handler sites are found by return address", "[abi][try_table]") {
  CompiledModule module;
  auto space = CodeSpace::create(4096);
  REQUIRE(space.ok());
  module.code = std::move(space).value();
  const uint8_t* base = module.code->base();
  REQUIRE(module.code->allocate(300));
  CHECK(module.find_handlers(base) == nullptr);
  // As workers leave them: in any order.
  module.handlers = {{Handler::kAllTags, 50, Handler::kNone}, {3, 60, 0}};
  const auto site_at = [](uint32_t return_address, uint32_t frame_bytes, uint32_t code_bytes = 1) {
    HandlerSite site;
    site.return_address = return_address;
    site.frame_bytes = frame_bytes;
    site.first_handler = 0;
    site.code_bytes = code_bytes;
    return site;
  };
  module.handler_sites = {site_at(200, 32), site_at(10, 16), site_at(300, 48), site_at(260, 64, 20)};
  module.build_index();
  for (const auto& [offset, frame_bytes] : {std::pair(10u, 16u), std::pair(200u, 32u), std::pair(300u, 48u), std::pair(241u, 64u), std::pair(260u, 64u)}) {
    const HandlerSite* site = module.find_handlers(base + offset);
    REQUIRE(site != nullptr);
    CHECK(site->frame_bytes == frame_bytes);
  }
  for (const uint32_t offset : {0u, 9u, 11u, 199u, 201u, 240u, 261u, 299u, 301u}) CHECK(module.find_handlers(base + offset) == nullptr);
}

}  // namespace
}  // namespace wasmrun::abi
