// How abstract heap types match each other and the three kinds of composite types. Visible: is_below.
//
//      any              func      extern       exn
//       |                |          |           |
//       eq           (functions)    |           |
//     /  |  \            |          |           |
//   i31 struct array   nofunc    noextern     noexn
//     \  |  /
//      none              each lowest type is also below all of the module's types of its branch
#pragma once

#include "engine/module/types.h"

namespace wasmrun::module {

/// The abstract heap type just above a module's type of this kind. spec: match-heaptype
constexpr AbstractHeapType abstract_type_of(SubType::Kind kind) {
  switch (kind) {
    case SubType::Kind::Func: return AbstractHeapType::Func;
    case SubType::Kind::Struct: return AbstractHeapType::Struct;
    case SubType::Kind::Array: return AbstractHeapType::Array;
  }
  return AbstractHeapType::Func;
}

/// Whether `sub` is `super` or below it. spec: match-heaptype
constexpr bool is_below(AbstractHeapType sub, AbstractHeapType super) {
  using enum AbstractHeapType;
  if (sub == super) return true;
  switch (sub) {
    case None: return super == I31 || super == Struct || super == Array || super == Eq || super == Any;
    case I31:
    case Struct:
    case Array: return super == Eq || super == Any;
    case Eq: return super == Any;
    case NoFunc: return super == Func;
    case NoExtern: return super == Extern;
    case NoExn: return super == Exn;
    case Func:
    case Extern:
    case Any:
    case Exn: return false;
  }
  return false;
}

/// Whether `sub` is below every module's type of kind `super`: only the lowest type of the branch is.
constexpr bool is_below(AbstractHeapType sub, SubType::Kind super) {
  return sub == (super == SubType::Kind::Func ? AbstractHeapType::NoFunc : AbstractHeapType::None);
}

/// Whether every module's type of kind `sub` is below `super`.
constexpr bool is_below(SubType::Kind sub, AbstractHeapType super) {
  return is_below(abstract_type_of(sub), super);
}

}  // namespace wasmrun::module
