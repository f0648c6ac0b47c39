// Gives parameters and results their registers; the rules are in calling_convention.h.
#include "engine/abi/calling_convention.h"

namespace wasmrun::abi {
namespace {

void assign(std::span<const module::ValueType> types, uint32_t integers, uint32_t vectors, std::vector<ValuePlace>& places) {
  using Kind = ValuePlace::Kind;
  uint16_t integer = 0, vector = 0, spilled = 0;
  for (const module::ValueType type : types) {
    if (is_vector_class(type) && vector < vectors) {
      places.push_back({Kind::VectorRegister, vector++});
    } else if (!is_vector_class(type) && integer < integers) {
      places.push_back({Kind::IntegerRegister, integer++});
    } else {
      places.push_back({Kind::Spill, spilled++});
    }
  }
}

}  // namespace

void assign_parameters(std::span<const module::ValueType> types, std::vector<ValuePlace>& places) {
  assign(types, kIntegerArguments, kVectorArguments, places);
}

void assign_results(std::span<const module::ValueType> types, std::vector<ValuePlace>& places) {
  assign(types, kIntegerResults, kVectorResults, places);
}

}  // namespace wasmrun::abi
