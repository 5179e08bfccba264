#pragma once

#include <functional>

#include "engram/hdmf/object_source.hpp"
#include "engram/hdmf/value.hpp"

namespace engram::hdmf {

/// Whether elements of `type` are references, or hold any at any depth.
bool holds_references(const ObjectType& type);

/// Calls `visit` with each Reference and RegionReference in `value`, at any depth.
void each_reference(const Value& value, const std::function<void(const Value&)>& visit);

}  // namespace engram::hdmf
