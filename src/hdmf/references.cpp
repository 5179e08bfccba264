#include "hdmf/references.hpp"

#include <algorithm>

namespace engram::hdmf {

bool holds_references(const ObjectType& type) {
  if (type.kind == ObjectType::Kind::reference || type.kind == ObjectType::Kind::region_reference)
    return true;
  if (type.element && holds_references(*type.element)) return true;
  return std::any_of(type.fields.begin(), type.fields.end(),
                     [](const ObjectField& field) { return holds_references(field.type); });
}

void each_reference(const Value& value, const std::function<void(const Value&)>& visit) {
  if (value.is<Reference>() || value.is<RegionReference>()) return visit(value);
  if (value.is<List>())
    for (const Value& one : value.as<List>()) each_reference(one, visit);
  if (value.is<Record>())
    for (const auto& [name, one] : value.as<Record>()) each_reference(one, visit);
}

}  // namespace engram::hdmf
