#include "hdmf/member_names.hpp"

#include <fmt/format.h>

#include "engram/base/error.hpp"

namespace engram::hdmf {

void check_member_name(std::string_view name) {
  constexpr std::string_view kRefused("/\0", 2);
  if (name.empty())
    throw Error(ErrorCode::invalid_argument, "a group, dataset or link needs a name");
  if (name == "." || name == ".." || name.find_first_of(kRefused) != std::string_view::npos)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" is no name: \".\" and \"..\" are none, and '/' and NUL can be "
                            "in none",
                            name));
}

}  // namespace engram::hdmf
