#include "hdmf/member_names.hpp"

#include <fmt/format.h>

#include "engram/base/error.hpp"

namespace engram::hdmf {

void check_member_name(std::string_view name) {
  if (name.empty())
    throw Error(ErrorCode::invalid_argument, "a group, dataset or link needs a name");
  if (name.find('\0') != std::string_view::npos)
    throw Error(ErrorCode::invalid_argument, "a name holds a NUL byte, which none can");
  if (name == "." || name == ".." || name.find('/') != std::string_view::npos)
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("\"{}\" is no name: \".\" and \"..\" are none, and '/' can be in none", name));
}

}  // namespace engram::hdmf
