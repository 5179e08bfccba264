#pragma once

#include <string>

#include "engram/hdmf/namespace_catalog.hpp"

namespace engram::cli {

/// All types of a namespace, each below the one that it inherits from, a line each. Types that it
/// includes from elsewhere are named only where one of its own inherits from them.
std::string namespace_text(const hdmf::Namespace& name_space);

/// A type as a tree of attributes, datasets, groups and links with types, shapes and quantities,
/// inherited ones too.
std::string type_text(const hdmf::Namespace& name_space, const hdmf::TypeEntry& type);

}  // namespace engram::cli
