// A second layer below the resolver: the kernel (Landlock) holds this thread, and those that it starts later, to the
// preopened directories, should the resolver or anything else in the process be wrong. Visible: landlock_version,
// restrict_to_preopens.
#pragma once

#include <string>

namespace wasmrun::wasi {

struct State;

/// The version of the kernel's Landlock interface; 0 when it has none or it is switched off.
int landlock_version();

/// From here on this thread opens, makes, renames and removes files below the state's preopens only, as their `:ro` says,
/// and gains no privileges by executing (PR_SET_NO_NEW_PRIVS). What is open stays usable; sockets are not concerned. With
/// rules for names or addresses, what name look-ups read may be read too. Cannot be undone. Returns why it was not done;
/// empty when it was. `version` is less than the kernel's in tests only.
std::string restrict_to_preopens(State& state, int version = landlock_version());

}  // namespace wasmrun::wasi
