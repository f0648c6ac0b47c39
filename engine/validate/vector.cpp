// Lane numbers; the rows' signatures say all else about vectors. spec: valid-instr-vec
#include "engine/validate/body.h"

namespace wasmrun::validate {

bool Body::invalid_lane(uint32_t lane, uint32_t lanes) {
  return fail("invalid lane index: " + std::to_string(lane) + " of " + std::to_string(lanes) + " lanes");
}

bool Body::check(const imm::Shuffle& shuffle, ValueType&) {
  for (const uint8_t lane : shuffle.lanes)
    if (lane >= 32) return invalid_lane(lane, 32);
  return true;
}

}  // namespace wasmrun::validate
