#pragma once

#include <string_view>

namespace engram::hdmf {

/// Throws Error(invalid_argument) for what can be no member's name in any file: "", ".", "..", and
/// what holds a '/' or a NUL.
void check_member_name(std::string_view name);

}  // namespace engram::hdmf
