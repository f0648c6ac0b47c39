// Follows frame pointers; [frame] is the caller's frame, [frame + 8] the return address (calling_convention.h).
#include "engine/runtime/backtrace.h"

#include <map>
#include <unordered_map>

#include "engine/runtime/demangle.h"
#include "engine/runtime/store.h"

namespace wasmrun::runtime {
namespace {

struct Site {
  const uint8_t* pc = nullptr;
  bool is_return_address = true;
  size_t level = 0;  ///< in what CompiledModule::find_places says of it
  // A return address may lie behind its function's end when the call never returns.
  const uint8_t* inside() const { return is_return_address ? pc - 1 : pc; }
};

// The first and the last sites of a walk, however long it is.
class Sites {
 public:
  explicit Sites(size_t at_each_end) : at_each_end_(at_each_end) {}
  void add(Site site) {
    if (first_.size() < at_each_end_) {
      first_.push_back(site);
    } else if (last_.size() < at_each_end_) {
      last_.push_back(site);
    } else {
      last_[replaced_++ % at_each_end_] = site;
    }
  }
  template <class F>
  void for_each(F&& f) const {
    for (const Site& site : first_) f(site);
    for (size_t i = 0; i < last_.size(); ++i) f(last_[(replaced_ + i) % last_.size()]);
  }
  uint64_t left_out() const { return replaced_; }

 private:
  size_t at_each_end_;
  std::vector<Site> first_;
  std::vector<Site> last_;
  uint64_t replaced_ = 0;
};

class Walk {
 public:
  explicit Walk(const Store& store) : store_(store), sites_(store.options().backtrace_frames_at_each_end) {}

  // One activation: its innermost site, then its callers up to the entry stub, whose frame pointer is 0.
  void activation(const void* pc, const void* frame, bool is_return_address) {
    add({static_cast<const uint8_t*>(pc), is_return_address});
    const void* const* words = static_cast<const void* const*>(frame);
    while (is_frame(words)) {
      const auto* caller = static_cast<const void* const*>(words[0]);
      if (!caller) break;
      add({static_cast<const uint8_t*>(words[1]), true});
      if (caller <= words) break;
      words = caller;
    }
  }
  void add(Site site) {
    const Store::CodeRange* const range = site.pc ? store_.find_code(site.inside()) : nullptr;
    if (!range) return;
    const size_t count = functions_at(range->loaded->code, site);
    for (site.level = 0; site.level < count; ++site.level) sites_.add(site);
  }
  bool is_frame(const void* const* words) const {
    return store_.stack().contains(words) && store_.stack().contains(words + 1) &&
           reinterpret_cast<uintptr_t>(words) % 8 == 0;
  }
  const Sites& sites() const { return sites_; }

 private:
  // Deep stacks have few different sites.
  size_t functions_at(const abi::CompiledModule& code, const Site& site) {
    if (code.inlined.empty()) return 1;
    const auto [entry, is_new] = counts_.try_emplace(site.inside(), 1);
    if (is_new) {
      if (const auto function = code.find_function(site.inside())) entry->second = code.find_places(*function, site.pc, site.is_return_address).size();
    }
    return entry->second;
  }
  const Store& store_;
  Sites sites_;
  std::unordered_map<const uint8_t*, size_t> counts_;
};

// A signal can come before a function has its frame (push rbp; mov rbp, rsp): its caller is then on top of the stack.
void add_frameless_caller(const Store& store, const ExecutionContext& context, Walk& walk) {
  const auto* pc = static_cast<const uint8_t*>(context.shared.guest_program_counter);
  const Store::CodeRange* range = store.find_code(pc);
  if (!range) return;
  const abi::CompiledModule& code = range->loaded->code;
  const auto function = code.find_function(pc);
  if (!function) return;
  const auto distance = static_cast<size_t>(pc - static_cast<const uint8_t*>(code.entry(*function)));
  if (distance > 1) return;
  const auto* top = static_cast<const void* const*>(context.stopped_stack_pointer) + distance;
  if (walk.is_frame(top)) walk.add({static_cast<const uint8_t*>(*top), true});
}

// A stripped module still names what it exports.
std::string export_name(const module::Module& module, uint32_t function) {
  for (const module::Export& exported : module.exports) {
    if (exported.kind == module::ExternKind::Func && exported.index == function) return exported.name;
  }
  return {};
}

}  // namespace

void fill_backtrace(const Store& store, const ExecutionContext& context, Trap& trap) {
  Walk walk(store);
  const abi::StoreContext& innermost = context.shared;
  if (context.stopped_by_signal) {
    // The site itself first; then, if it has no frame yet, who called it.
    walk.add({static_cast<const uint8_t*>(innermost.guest_program_counter), false});
    add_frameless_caller(store, context, walk);
    walk.activation(nullptr, innermost.guest_frame_pointer, true);
  } else {
    walk.activation(innermost.guest_program_counter, innermost.guest_frame_pointer, true);
  }
  for (const Activation* activation = context.activation; activation; activation = activation->outer) {
    walk.activation(activation->guest_program_counter, activation->guest_frame_pointer, true);
  }

  std::map<const LoadedModule*, LoadedModule::FunctionNames> names;
  walk.sites().for_each([&](const Site& site) {
    const Store::CodeRange* range = store.find_code(site.inside());
    const LoadedModule& loaded = *range->loaded;
    const auto defined = loaded.code.find_function(site.inside());
    if (!defined) return;
    const abi::CompiledModule::Place place = loaded.code.find_places(*defined, site.pc, site.is_return_address)[site.level];
    BacktraceFrame frame;
    frame.instance = range->instance;
    frame.module = range->instance->name();
    frame.function = loaded.module.imported_functions + place.defined_function;
    frame.module_offset = place.module_offset;
    auto [entry, is_new] = names.try_emplace(&loaded);
    if (is_new && loaded.read_function_names) entry->second = loaded.read_function_names(loaded.module);
    if (const auto name = entry->second.find(frame.function); name != entry->second.end()) {
      frame.function_name = demangle(name->second);
    } else {
      frame.function_name = export_name(loaded.module, frame.function);
    }
    trap.frames.push_back(std::move(frame));
  });
  trap.frames_left_out = walk.sites().left_out();
}

}  // namespace wasmrun::runtime
