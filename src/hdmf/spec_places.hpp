#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "engram/hdmf/builder.hpp"
#include "engram/hdmf/namespace_catalog.hpp"

namespace engram::hdmf {

/// What specs say of the place where a group stands: those of the groups above it by its name, the
/// outermost first, and last that of its own type, which knows most.
using SpecPlaces = std::vector<const GroupSpec*>;

/// The spec of the type that a node with `attributes` is of; nullptr: of none, or one of another
/// kind.
template <typename Spec>
const Spec* spec_of(const NamespaceCatalog& catalog, const Attributes& attributes) {
  const TypeEntry* type = catalog.type_of(attributes);
  return type ? std::get_if<Spec>(&type->spec) : nullptr;
}

/// The places of the group `name` in a group with `places`, without its own type.
inline SpecPlaces places_below(const SpecPlaces& places, std::string_view name) {
  SpecPlaces below;
  for (const GroupSpec* place : places)
    if (const GroupSpec* spec = place->group(name)) below.push_back(spec);
  return below;
}

}  // namespace engram::hdmf
