#pragma once

#include <string>

namespace engram::testing {

/// The checkout that the tests were built in. Defined in a source of its own, so that no other
/// object depends on where that is, and a compiler's cache serves every checkout.
std::string source_dir();

/// A file of it: source_path("tests/data/hdf5/attributes.h5").
std::string source_path(const std::string& name);

}  // namespace engram::testing
