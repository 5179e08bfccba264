#pragma once

#include <string>
#include <string_view>

#include "engram/schema/address.hpp"

namespace engram::schema {

/// The prefix without a '/' at its ends. Throws Error(invalid_argument) when it can't be a key.
std::string trimmed_prefix(const PathOptions& options);

/// Sets field, token and extension of `address` by the last name of a path. Throws
/// Error(invalid_argument) when it has no field.
void read_object_name(SchemaAddress& address, std::string_view name, const PathOptions& options);

}  // namespace engram::schema
