#pragma once

#include <string>

#include "engram/array/data_type.hpp"
#include "engram/hdmf/object_source.hpp"

namespace engram::converter {

/// What elements are, in words, without what makes no difference: the byte order; how long text is
/// and how it is marked. Two types are the same when their words are: "int16", "text",
/// "{x: float64, name: text}", "[int32]" (a sequence), "uint8(2, 3)" (an array).
std::string describe(const DataType& type);
std::string describe(const hdmf::ObjectType& type);

/// True when values of two types that are not the same can still be held against each other:
/// numbers of any kind, or records with equally many fields.
bool are_comparable(const DataType& a, const DataType& b);
bool are_comparable(const hdmf::ObjectType& a, const hdmf::ObjectType& b);

/// `type` as that of an ObjectSource.
hdmf::ObjectType as_objects(const DataType& type);

}  // namespace engram::converter
