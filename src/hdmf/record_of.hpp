#pragma once

#include <memory>
#include <utility>

#include "engram/hdmf/object_source.hpp"

namespace engram::hdmf {

/// The structured `type` in the words of records: fields that are arrays become arrays, structured
/// ones records, and any other what `leaf(type)` says.
template <typename Leaf>
ObjectType record_of(const DataType& type, const Leaf& leaf) {
  ObjectType record;
  record.kind = ObjectType::Kind::record;
  for (const Field& field : type.fields) {
    ObjectType element =
        field.type.kind == Kind::structured ? record_of(field.type, leaf) : leaf(field.type);
    if (!field.shape.empty()) {
      ObjectType array;
      array.kind = ObjectType::Kind::array;
      array.shape = field.shape;
      array.element = std::make_shared<const ObjectType>(std::move(element));
      element = std::move(array);
    }
    record.fields.push_back({field.name, std::move(element)});
  }
  return record;
}

}  // namespace engram::hdmf
