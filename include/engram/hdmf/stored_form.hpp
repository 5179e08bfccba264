#pragma once

#include <optional>

#include "engram/hdmf/object_source.hpp"
#include "engram/hdmf/value.hpp"

namespace engram::hdmf {

/// How a file format with types keeps a value that is an attribute: HDF5's type and dataspace, of
/// which a Value keeps neither the width of numbers nor the length of text.
struct StoredForm {
  ObjectType type;       ///< Of one element.
  Shape shape;           ///< Empty: one element.
  bool is_null = false;  ///< There is a type and no element (HDF5's null dataspace).
};

bool operator==(const ObjectType& a, const ObjectType& b);
bool operator==(const StoredForm& a, const StoredForm& b);

/// The form for `value` where nothing else is known of it: 64 bits for numbers, text of variable
/// length and UTF-8, lists of equal lengths as dimensions, others as sequences; an empty list is
/// one of doubles. nullopt: values of several kinds stand in one list, which no type holds.
std::optional<StoredForm> form_of(const Value& value);

/// Whether `type` is what form_of() finds again when a value of it was JSON, which has no unsigned
/// numbers, no complex ones and no order of fields.
bool survives_json(const ObjectType& type);

/// `value`, which `form` can hold, as it was before it was JSON: complex numbers that became pairs.
Value restored(const StoredForm& form, Value value);

/// Whether `form` can hold `value` without a change to it.
bool can_hold(const StoredForm& form, const Value& value);

}  // namespace engram::hdmf
