// Throwing: makes exceptions, finds who catches them, and goes on there.
//
// The guest's frames are walked by frame pointers, from the throwing one to the activation's outermost. Each return address is
// looked up in its module's handler sites: a frame without a try block costs one search and nothing while it runs. Nothing is undone
// on the way: all that a landing pad needs lies in its own frame. Only where no frame catches does the guest stop, with a trap that
// shows the throwing frame; a host function between two activations sees the inner one's trap, never an exception.
#include <cstring>

#include "engine/abi/object_layout.h"
#include "engine/runtime/execution_context.h"
#include "engine/runtime/references.h"
#include "engine/runtime/store.h"

namespace wasmrun::runtime {
namespace {

using abi::Handler;
using abi::HandlerSite;
using abi::InstanceHeader;
using abi::TrapCode;
using gc::Reference;

constexpr BuiltinResult trap(TrapCode code) { return {0, static_cast<uint64_t>(code)}; }

struct GuestFrame {
  /// [0] the caller's frame pointer, [1] the return address into the caller.
  uint64_t* words;
  /// Where the frame goes on when its call returns.
  const uint8_t* return_address;
};

InstanceHeader* instance_of(const HandlerSite& site, const GuestFrame& frame) {
  return *reinterpret_cast<InstanceHeader**>(reinterpret_cast<uint8_t*>(frame.words) + site.instance_offset);
}

/// The first handler in the chain that takes exceptions of the tag.
const Handler* find_handler(const abi::CompiledModule& code, const HandlerSite& site, const GuestFrame& frame, const Tag* tag) {
  for (uint32_t i = site.first_handler; i != Handler::kNone; i = code.handlers[i].next) {
    const Handler& handler = code.handlers[i];
    if (handler.tag == Handler::kForward) continue;
    if (handler.tag == Handler::kAllTags) return &handler;
    if (&Instance::of(instance_of(site, frame)).tag(handler.tag) == tag) return &handler;
  }
  return nullptr;
}

/// Makes the stub return to the landing pad instead of the throwing instruction.
void resume(ExecutionContext& context, const GuestFrame& frame, uint32_t frame_bytes, const uint8_t* landing_pad) {
  // Below the frame lies the return address of the call that the exception ends.
  uint64_t* const stack_pointer = frame.words - frame_bytes / sizeof(uint64_t);
  stack_pointer[-1] = reinterpret_cast<uint64_t>(landing_pad);
  context.guest_stack_pointer = stack_pointer - 1;
  context.shared.guest_frame_pointer = frame.words;
  context.shared.guest_program_counter = const_cast<uint8_t*>(landing_pad);
}

/// spec: exec-throw_ref
BuiltinResult throw_exception(ExecutionContext& context, Reference exception) {
  const Store& store = *context.store;
  const auto* tag = reinterpret_cast<const Tag*>(store.heap().at<uint64_t>(exception, abi::kExceptionTagOffset));
  const Store::CodeRange* range = nullptr;
  GuestFrame frame{static_cast<uint64_t*>(context.shared.guest_frame_pointer),
                   static_cast<const uint8_t*>(context.shared.guest_program_counter)};
  for (;;) {
    // A call may be the last instruction of its module.
    const uint8_t* const inside = frame.return_address - 1;
    if (!range || inside < range->begin || inside >= range->end) range = store.find_code(inside);
    CHECK(range);
    const abi::CompiledModule& code = range->loaded->code;
    if (const HandlerSite* site = code.find_handlers(frame.return_address)) {
      if (const Handler* handler = find_handler(code, *site, frame, tag)) {
        const bool is_shared = site->landing_pad != Handler::kNone;
        resume(context, frame, site->frame_bytes, code.code->base() + (is_shared ? site->landing_pad : handler->landing_pad));
        return {exception | (is_shared ? uint64_t{handler->landing_pad} << 32 : 0), 0};
      }
    }
    auto* const caller = reinterpret_cast<uint64_t*>(frame.words[0]);
    if (!caller) break;
    frame = {caller, reinterpret_cast<const uint8_t*>(frame.words[1])};
  }
  context.uncaught_tag = tag;
  return trap(TrapCode::uncaught_exception);
}

ExecutionContext& context_of(InstanceHeader* header) { return *reinterpret_cast<ExecutionContext*>(header->context); }

}  // namespace

std::unique_ptr<Tag> Store::make_tag(const Instance& instance, uint32_t index) {
  auto tag = std::make_unique<Tag>();
  tag->type = instance.module().canonical_types[instance.module().tags[index].type.value];
  tag->owner = &instance;
  tag->index = index;
  const module::SubType exception = abi::exception_type(types_->type(tag->type).func);
  const CanonicalTypeId id = types_->intern(exception);
  add_type(id);
  tag->exception = abi::type_tag(exception.kind, id);
  uint32_t end = abi::kFirstFieldOffset;
  for (const module::FieldType& field : exception.fields) {
    tag->arguments.push_back(abi::lay_field(field, is_collected(field.type), end));
  }
  CHECK(tag->arguments.front().offset == abi::kExceptionTagOffset);
  tag->arguments.erase(tag->arguments.begin());
  return tag;
}

std::string describe(const Tag& tag) {
  std::string text = "tag " + std::to_string(tag.index);
  if (!tag.owner->name().empty()) text += " of " + tag.owner->name();
  return text;
}

// Their only callers are the stubs.
extern "C" {

BuiltinResult wasmrun_builtin_throw_(InstanceHeader* header, uint64_t tag_index) {
  Instance& instance = Instance::of(header);
  Store& store = instance.store();
  const Tag& tag = instance.tag(static_cast<uint32_t>(tag_index));
  const abi::Slot* const arguments = header->context->spill_area;
  Reference exception;
  {
    TemporaryRoots roots(store);
    for (size_t i = 0; i < tag.arguments.size(); ++i) {
      if (tag.arguments[i].storage == abi::FieldLayout::Storage::Reference) roots.add(arguments[i].low);
    }
    exception = store.heap().allocate_struct(tag.exception);
  }
  if (!exception) return trap(TrapCode::gc_heap_exhausted);
  store.heap().at<uint64_t>(exception, abi::kExceptionTagOffset) = reinterpret_cast<uint64_t>(&tag);
  for (size_t i = 0; i < tag.arguments.size(); ++i) {
    store_field(store.heap().address(exception) + tag.arguments[i].offset, tag.arguments[i], arguments[i]);
  }
  return throw_exception(context_of(header), exception);
}

BuiltinResult wasmrun_builtin_throw_ref(InstanceHeader* header, uint64_t, uint64_t exception) {
  if (exception == 0) return trap(TrapCode::null_exception_reference);
  const auto reference = static_cast<Reference>(exception);
  // A host that made up a reference gets no further.
  if (Instance::of(header).store().heap().tag(reference) == abi::kHostBoxTag) return trap(TrapCode::cast_failure);
  return throw_exception(context_of(header), reference);
}

}  // extern "C"
}  // namespace wasmrun::runtime
