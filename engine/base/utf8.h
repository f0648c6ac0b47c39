// Whether bytes are UTF-8. Visible: is_utf8.
#pragma once

#include <string_view>

namespace wasmrun {

/// Shortest forms only, no surrogates, nothing past U+10FFFF. spec: binary-utf8
bool is_utf8(std::string_view bytes);

}  // namespace wasmrun
