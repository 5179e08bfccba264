#pragma once

#include <string>
#include <string_view>

namespace engram::schema {

/// Why `name` can't be that of a schema, table, field or attribute in a path; empty when it can.
std::string_view why_bad(std::string_view name) noexcept;

/// Throws Error(invalid_argument): `table "a/b" has a '/'`.
void check_name(std::string_view what, std::string_view name);

/// The names of `path` between its '/'.
template <typename Visit>
void for_each_name(std::string_view path, const Visit& visit) {
  for (;;) {
    const std::size_t slash = path.find('/');
    visit(path.substr(0, slash));
    if (slash == std::string_view::npos) return;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace engram::schema
