// See threads.h.
#include "wasi/threads.h"

#include <pthread.h>
#include <signal.h>

#include "wasi/state.h"

namespace wasmrun::wasi {

namespace {

/// The proposal leaves the upper bits to others.
constexpr uint32_t kMaxNumber = 0x1fff'ffff;

int32_t failure(Errno error) {
  return -static_cast<int32_t>(error);
}

}  // namespace

/// What belongs to one thread, in the order in which it must go.
struct Threads::Thread {
  Threads& threads;
  uint32_t number = 0;
  uint32_t argument = 0;
  CallingThread calls;
  std::unique_ptr<Store> store;
  Instance* instance = nullptr;
};

bool Threads::are_wanted(const LoadedModule& loaded) {
  for (const ExternDescription& import : imports_of(loaded)) {
    if (import.module == "wasi" && import.name == "thread-spawn") return true;
  }
  return false;
}

Result<void> Threads::define_in(Store& store) {
  memories_ = TRY(store.provide_shared_memories(*program_.loaded));
  if (memories_.empty()) {
    return Error{ErrorKind::Unlinkable, "the program starts threads but imports no shared memory: link it with --import-memory and --shared-memory"};
  }
  define_spawn(store);
  program_.wasi.state().is_threaded = true;
  return {};
}

void Threads::define_spawn(Store& store) {
  const HostCallback callback = [](void* self, Caller&, const RawValue* arguments, RawValue* results) {
    results[0].i32 = static_cast<uint32_t>(static_cast<Threads*>(self)->spawn(arguments[0].i32));
    return HostOutcome::returned();
  };
  store.define("wasi", "thread-spawn", {{{module::kI32}, {module::kI32}}, callback, this});
}

Result<std::unique_ptr<Threads::Thread>> Threads::make_thread() {
  auto thread = std::unique_ptr<Thread>(new Thread{.threads = *this, .calls = {}, .store = nullptr});
  thread->store = TRY(Store::create(program_.engine, program_.store_options));
  program_.wasi.define_for(*thread->store, thread->calls, *program_.loaded);
  for (const SharedMemoryImport& memory : memories_) {
    thread->store->define_shared_memory(memory.module, memory.name, memory.memory);
  }
  define_spawn(*thread->store);
  auto made = TRY(thread->store->instantiate(program_.loaded, program_.name));
  // The start function has trapped or exited: the whole program has.
  if (!made.instance) program_.end(made.outcome);
  thread->instance = made.instance;
  const auto type = thread->store->function_type(*thread->instance, "wasi_thread_start");
  if (!type || type->params != std::vector<ValueType>{module::kI32, module::kI32} || !type->results.empty()) {
    return Error{ErrorKind::Unlinkable, "the program exports no function 'wasi_thread_start' of type [i32 i32] -> []"};
  }
  return thread;
}

int32_t Threads::spawn(uint32_t argument) {
  // Threads do not run in the same order twice.
  if (program_.wasi.state().deterministic) return failure(Errno::Notsup);
  if (running_.fetch_add(1) >= kMaxThreads) {
    --running_;
    return failure(Errno::Again);
  }
  auto made = make_thread();
  if (!made.ok()) {
    --running_;
    return failure(made.error().kind == ErrorKind::Io ? Errno::Again : Errno::Notsup);
  }
  Thread* const thread = std::move(made).value().release();
  thread->number = last_number_.fetch_add(1) % kMaxNumber + 1;
  thread->argument = argument;

  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  // Signals sent to the process are for the first thread.
  sigset_t all, before;
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) sigdelset(&all, fault);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto body = [](void* given) -> void* {
    auto& thread = *static_cast<Thread*>(given);
    thread.threads.run(thread);
    return nullptr;
  };
  // The new thread may be over and gone before this one goes on.
  const uint32_t number = thread->number;
  pthread_t ignored;
  const int error = pthread_create(&ignored, &attributes, body, thread);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (error == 0) return static_cast<int32_t>(number);
  delete thread;
  --running_;
  return failure(Errno::Again);
}

void Threads::run(Thread& thread) {
  RawValue arguments[2] = {};
  arguments[0].i32 = thread.number;
  arguments[1].i32 = thread.argument;
  const Outcome outcome = thread.store->call(*thread.instance, "wasi_thread_start", arguments);
  if (outcome.kind != Outcome::Kind::Returned) program_.end(outcome);
  delete &thread;
  --running_;
}

}  // namespace wasmrun::wasi
