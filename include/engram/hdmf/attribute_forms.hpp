#pragma once

#include "engram/hdmf/builder.hpp"
#include "engram/hdmf/namespace_catalog.hpp"

namespace engram::hdmf {

/// Gives attributes of `root`, a whole file that was read from JSON, the width and sign that the
/// schema has for them: numbers of JSON have neither. The schema's type is the least that a value
/// is kept in; one that does not fit into it without a change keeps 64 bits. A whole number where
/// the schema wants a floating one becomes one. Attributes that have a form keep it. Cached schemas
/// are left alone.
void give_forms(GroupBuilder& root, const NamespaceCatalog& catalog);

}  // namespace engram::hdmf
