// Decides whether a decoded module is valid. Visible: check_module, FunctionValidator.
#pragma once

#include <memory>

#include "engine/base/result.h"
#include "engine/module/function_summary.h"
#include "engine/module/module.h"

namespace wasmrun::validate {

/// Checks everything but function bodies: types, imports, tables, memories, globals, exports, start, segments, and the
/// constant expressions in them. Errors are Invalid (or Malformed inside expressions), with the offset. spec: valid-module
Result<void> check_module(const module::Module& module);

/// Checks function bodies, one at a time; keeps its room from body to body. One a worker thread. spec: valid-func
class FunctionValidator {
 public:
  /// `module` must have passed check_module and outlive the validator.
  explicit FunctionValidator(const module::Module& module);
  ~FunctionValidator();

  /// Checks a defined function's body and fills `summary`. Linear in the body's size.
  Result<void> check(FuncIndex function, module::FunctionSummary& summary);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace wasmrun::validate
