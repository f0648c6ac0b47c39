// The texts of traps.def.
#include "engine/abi/traps.h"

namespace wasmrun::abi {

const char* to_string(TrapCode code) {
  switch (code) {
#define TRAP(name, text) \
  case TrapCode::name: return text;
#include "engine/abi/traps.def"
#undef TRAP
  }
  return "";
}

}  // namespace wasmrun::abi
