// What LLVM 19 and 22 spell differently. Visible: triple_argument, source_language, CodeGenMachine, Expander.
#pragma once

#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/BinaryFormat/Dwarf.h>
#include <llvm/Config/llvm-config.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Triple.h>
#include <llvm/Transforms/Utils/ScalarEvolutionExpander.h>

#include <string>

namespace wasmrun::llvm_compiler {

#if LLVM_VERSION_MAJOR >= 21
inline const llvm::Triple& triple_argument(const llvm::Triple& triple) { return triple; }
#else
inline std::string triple_argument(const llvm::Triple& triple) { return triple.str(); }
#endif

#if LLVM_VERSION_MAJOR >= 22
inline llvm::DISourceLanguageName source_language() { return llvm::DISourceLanguageName(llvm::dwarf::DW_LANG_C); }
#else
inline unsigned source_language() { return llvm::dwarf::DW_LANG_C; }
#endif

/// What code generation asks a target machine to be.
#if LLVM_VERSION_MAJOR >= 20
using CodeGenMachine = llvm::TargetMachine;
#else
using CodeGenMachine = llvm::LLVMTargetMachine;
#endif

/// Makes code of what ScalarEvolution found.
struct Expander : llvm::SCEVExpander {
#if LLVM_VERSION_MAJOR >= 22
  Expander(llvm::ScalarEvolution& evolution, const llvm::Function&) : SCEVExpander(evolution, "") {}
#else
  Expander(llvm::ScalarEvolution& evolution, const llvm::Function& function)
      : SCEVExpander(evolution, function.getParent()->getDataLayout(), "") {}
#endif
};

}  // namespace wasmrun::llvm_compiler
