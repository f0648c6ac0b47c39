// Making objects. The fast path takes memory from where the collector said, inline; the rest calls InstanceHeader::gc_allocate,
// which keeps all registers: an allocation costs the code around it nothing.
//
//     mov r11, [r12]                 the context
//     mov dst, [r11 + gc_next]
//     lea tmp, [dst + size]
//     cmp tmp, [r11 + gc_limit]
//     ja cold
//     mov [r11 + gc_next], tmp
//     mov r11, [r12 + gc_base]
//     mov tmp, [r12 + tag]
//     mov [r11 + dst], tmp
//   back:                            r11 is the heap's base, dst the reference; the fields are zero
#include "engine/baseline/function_compiler.h"
#include "engine/baseline/module_compilation.h"

namespace wasmrun::baseline {

using abi::FieldLayout;

void FunctionCompiler::load_heap_base() {
  instance();
  asm_.mov(Width::W64, kScratch, Mem(kInstance, offsetof(abi::InstanceHeader, gc_base)));
}

/// With the new `gc_next` in `tmp`: takes the memory and writes the tag.
void FunctionCompiler::finish_allocation(TypeIndex type, Gpr dst, Gpr tmp, x64::Label& cold) {
  asm_.cmp(Width::W64, tmp, Mem(kScratch, offsetof(abi::StoreContext, gc_limit)));
  asm_.jcc(Condition::a, cold);
  asm_.mov(Width::W64, Mem(kScratch, offsetof(abi::StoreContext, gc_next)), tmp);
  asm_.mov(Width::W64, kScratch, Mem(kInstance, offsetof(abi::InstanceHeader, gc_base)));
  asm_.mov(Width::W32, tmp, Mem(kInstance, static_cast<int32_t>(layout_.type_id(type.value))));
  asm_.mov(Width::W32, Mem(kScratch, dst, 0), tmp);
}

/// An object of a size known now; `length` is 0 for a struct. Leaves the reference in `dst` and the heap's base in r11.
void FunctionCompiler::allocate_object(TypeIndex type, uint64_t size_bytes, uint32_t length, Gpr dst, Gpr tmp) {
  instance();
  allocations_.push_back({x64::Label{}, x64::Label{}, dst, std::nullopt, length, type.value, instruction_offset_});
  ColdAllocation& cold = allocations_.back();
  if (size_bytes > abi::kInlineObjectBytes) {
    asm_.jmp(cold.label);
  } else {
    asm_.mov(Width::W64, kScratch, Mem(kInstance, offsetof(abi::InstanceHeader, context)));
    asm_.mov(Width::W64, dst, Mem(kScratch, offsetof(abi::StoreContext, gc_next)));
    asm_.lea(Width::W64, tmp, Mem(dst, static_cast<int32_t>(size_bytes)));
    finish_allocation(type, dst, tmp, cold.label);
    if (module_.types[type.value].kind == module::SubType::Kind::Array) {
      asm_.mov(Width::W32, Mem(kScratch, dst, 0, abi::kArrayLengthOffset), static_cast<int32_t>(length));
    }
  }
  asm_.bind(cold.back);
  forget_flags();
}

/// An array of `length` elements.
void FunctionCompiler::allocate_array(TypeIndex type, Gpr length, Gpr dst, Gpr tmp) {
  instance();
  allocations_.push_back({x64::Label{}, x64::Label{}, dst, length, 0, type.value, instruction_offset_});
  ColdAllocation& cold = allocations_.back();
  const uint8_t log2 = objects_.element(type).size_log2;
  asm_.cmp(Width::W32, length, static_cast<int32_t>((abi::kInlineObjectBytes - abi::kArrayElementsOffset) >> log2));
  asm_.jcc(Condition::a, cold.label);
  if (log2 == 4) {
    asm_.mov(Width::W32, tmp, length);
    asm_.shl(Width::W32, tmp, 4);
    asm_.add(Width::W32, tmp, abi::kArrayElementsOffset);
  } else if (log2 == 3) {
    asm_.lea(Width::W64, tmp, Mem::scaled(length, 3, abi::kArrayElementsOffset));
  } else {
    asm_.lea(Width::W64, tmp, Mem::scaled(length, log2, abi::kArrayElementsOffset + 7));
    asm_.and_(Width::W32, tmp, -8);
  }
  asm_.mov(Width::W64, kScratch, Mem(kInstance, offsetof(abi::InstanceHeader, context)));
  asm_.mov(Width::W64, dst, Mem(kScratch, offsetof(abi::StoreContext, gc_next)));
  asm_.add(Width::W64, tmp, dst);
  finish_allocation(type, dst, tmp, cold.label);
  asm_.mov(Width::W32, Mem(kScratch, dst, 0, abi::kArrayLengthOffset), length);
  asm_.bind(cold.back);
  forget_flags();
}

void FunctionCompiler::emit_cold_allocations() {
  for (ColdAllocation& allocation : allocations_) {
    asm_.reserve();
    asm_.bind(allocation.label);
    instruction_offset_ = allocation.module_offset;
    begin_range();
    if (allocation.length_register) {
      asm_.mov(Width::W32, kScratch, *allocation.length_register);
      asm_.shl(Width::W64, kScratch, 32);
      asm_.or_(Width::W64, kScratch, static_cast<int32_t>(allocation.type));
    } else {
      asm_.mov_imm(kScratch, uint64_t{allocation.length} << 32 | allocation.type);
    }
    asm_.call(Mem(kInstance, offsetof(abi::InstanceHeader, gc_allocate)));
    add_location(asm_.offset());
    asm_.mov(Width::W32, allocation.result, kScratch);
    asm_.mov(Width::W64, kScratch, Mem(kInstance, offsetof(abi::InstanceHeader, gc_base)));
    asm_.jmp(allocation.back);
  }
}

// ---- Fields and elements.

/// Pushes what lies at `where`, which no register but r11 and those of released operands forms.
void FunctionCompiler::load_field(const FieldLayout& layout, module::ValueType type, const Mem& where, bool is_signed) {
  const ValueKind kind = type.kind();
  if (is_vector_class(kind)) {
    const Xmm dst = result_xmm();
    if (kind == ValueKind::F32) {
      asm_.movss(dst, where);
    } else if (kind == ValueKind::F64) {
      asm_.movsd(dst, where);
    } else {
      asm_.movups(dst, where);
    }
    return push(kind, dst);
  }
  const Gpr dst = result_gpr();
  switch (layout.storage) {
    case FieldLayout::Storage::I8:
    case FieldLayout::Storage::I16: {
      const Width width = layout.storage == FieldLayout::Storage::I8 ? Width::W8 : Width::W16;
      if (is_signed) {
        asm_.movsx(width, Width::W32, dst, where);
      } else {
        asm_.movzx(width, dst, where);
      }
      break;
    }
    case FieldLayout::Storage::Number: asm_.mov(kind == ValueKind::I32 ? Width::W32 : Width::W64, dst, where); break;
    case FieldLayout::Storage::Reference: asm_.mov(Width::W32, dst, where); break;
    case FieldLayout::Storage::Word: asm_.mov(Width::W64, dst, where); break;
  }
  push(kind, dst);
}

/// Whether a store needs no register for the value.
static bool is_immediate_field(const Value& value) { return !is_vector_class(value.kind) && value.is_immediate(); }

void FunctionCompiler::prepare_field(Value& value) {
  if (is_vector_class(value.kind)) {
    xmm(value);
  } else if (!is_immediate_field(value)) {
    gpr(value);
  }
}

static Width width_of_field(const FieldLayout& layout) { return static_cast<Width>(layout.size_log2); }

/// Stores a prepared value.
void FunctionCompiler::store_field(const FieldLayout& layout, const Mem& where, Value& value) {
  if (is_vector_class(value.kind)) {
    const Xmm reg = xmm(value);
    if (value.kind == ValueKind::V128) return asm_.movups(where, reg);
    return store(where, value.kind, reg);
  }
  if (is_immediate_field(value)) return asm_.mov(width_of_field(layout), where, value.immediate());
  asm_.mov(width_of_field(layout), where, gpr(value));
}

// ---- Structs.

void FunctionCompiler::new_struct(TypeIndex type, bool is_default) {
  Value descriptor;
  const bool has_descriptor = module_.types[type.value].descriptor.has_value();
  if (has_descriptor) {
    descriptor = pop();
    trap_if_null(gpr(descriptor), TrapCode::null_descriptor_reference);
  }
  const Gpr dst = result_gpr(gprs_of(descriptor));
  const Gpr tmp = allocate_gpr(gprs_of(descriptor) | GprSet{dst});
  allocate_object(type, objects_.size_bytes(type), 0, dst, tmp);
  free_gpr(tmp);
  if (has_descriptor) {
    const auto offset = static_cast<int32_t>(objects_.descriptor_offset(type));
    asm_.mov(Width::W32, Mem(kScratch, dst, 0, offset), gpr(descriptor));
    release(descriptor);
  }
  const size_t count = is_default ? 0 : module_.types[type.value].fields.size();
  for (size_t i = count; i-- > 0;) {
    asm_.reserve();
    Value value = pop();
    const FieldLayout& layout = objects_.field(type, static_cast<uint32_t>(i));
    // Fresh memory is zero.
    if (!value.is_constant() || value.bits != 0) {
      prepare_field(value);
      store_field(layout, Mem(kScratch, dst, 0, static_cast<int32_t>(layout.offset)), value);
    }
    release(value);
  }
  push(ValueKind::Ref, dst);
}

void FunctionCompiler::struct_new(const imm::TypeIndex& type) { new_struct(type.index, false); }
void FunctionCompiler::struct_new_default(const imm::TypeIndex& type) { new_struct(type.index, true); }
void FunctionCompiler::struct_new_desc(const imm::TypeIndex& type) { new_struct(type.index, false); }
void FunctionCompiler::struct_new_default_desc(const imm::TypeIndex& type) { new_struct(type.index, true); }

// ---- Arrays.

/// Stores `value` at `count` elements from `first` on, downwards; changes `count`. A vector's size is more than an address can scale.
void FunctionCompiler::fill_elements(const FieldLayout& layout, const Mem& first, Gpr count, Value& value) {
  const bool is_vector = layout.size_log2 == 4;
  x64::Label next, done;
  if (is_vector) asm_.shl(Width::W64, count, 4);
  asm_.test(Width::W64, count, count);
  asm_.jcc(Condition::e, done);
  asm_.bind(next);
  asm_.sub(Width::W64, count, is_vector ? 16 : 1);
  store_field(layout, Mem(first.base, count, is_vector ? 0 : layout.size_log2, first.disp), value);
  asm_.test(Width::W64, count, count);
  asm_.jcc(Condition::ne, next);
  asm_.bind(done);
  forget_flags();
}

void FunctionCompiler::new_array(TypeIndex type, bool is_default) {
  Value length = pop();
  const Gpr count = gpr(length);
  const Gpr dst = result_gpr(gprs_of(length));
  const Gpr tmp = allocate_gpr(gprs_of(length) | GprSet{dst});
  allocate_array(type, count, dst, tmp);
  if (!is_default) {
    Value value = pop();
    if (!value.is_constant() || value.bits != 0) {
      const FieldLayout& layout = objects_.element(type);
      asm_.mov(Width::W32, tmp, count);
      release(length);
      length = Value{};
      prepare_field(value);
      asm_.add(Width::W64, kScratch, dst);
      fill_elements(layout, Mem(kScratch, abi::kArrayElementsOffset), tmp, value);
    }
    release(value);
  }
  release(length);
  free_gpr(tmp);
  push(ValueKind::Ref, dst);
}

void FunctionCompiler::array_new(const imm::TypeIndex& type) { new_array(type.index, false); }
void FunctionCompiler::array_new_default(const imm::TypeIndex& type) { new_array(type.index, true); }

void FunctionCompiler::array_new_fixed(const imm::TypeCount& type) {
  const FieldLayout layout = objects_.element(type.type);
  const Gpr dst = result_gpr();
  const Gpr tmp = allocate_gpr({dst});
  const uint64_t end = abi::kArrayElementsOffset + (uint64_t{type.count} << layout.size_log2);
  allocate_object(type.type, abi::object_size(end), type.count, dst, tmp);
  free_gpr(tmp);
  for (uint32_t i = type.count; i-- > 0;) {
    asm_.reserve();
    Value value = pop();
    if (!value.is_constant() || value.bits != 0) {
      prepare_field(value);
      store_field(layout, Mem(kScratch, dst, 0, static_cast<int32_t>(layout.offset + (i << layout.size_log2))), value);
    }
    release(value);
  }
  push(ValueKind::Ref, dst);
}

void FunctionCompiler::push_builtin_reference() {
  free_gprs_.erase(Gpr::rax);
  push(ValueKind::Ref, Gpr::rax);
}

void FunctionCompiler::array_new_data(const imm::TypeData& source) {
  call_builtin(abi::Builtin::array_new_data, uint64_t{source.first.value} << 32 | source.second.value, 2);
  push_builtin_reference();
}

void FunctionCompiler::array_new_elem(const imm::TypeElem& source) {
  call_builtin(abi::Builtin::array_new_elem, uint64_t{source.first.value} << 32 | source.second.value, 2);
  push_builtin_reference();
}

}  // namespace wasmrun::baseline
