#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "engram/hdmf/object_source.hpp"
#include "engram/hdmf/value.hpp"

namespace engram::hdmf {

/// Whether values of `type` are references or region references, or hold any at any depth.
bool holds_references(const ObjectType& type);

/// Calls `visit` with each Reference and RegionReference in `value`, at any depth.
void each_reference(const Value& value, const std::function<void(const Value&)>& visit);

/// What a reference becomes; nullopt: it leads nowhere, and becomes Null. Called by many threads at
/// once.
using ReferenceMap = std::function<std::optional<Reference>(const Reference&)>;

/// `value` with each reference in it, and each target of a region reference, replaced by what `map`
/// makes of it. Returns how many became Null.
std::uint64_t map_references(Value& value, const ReferenceMap& map);

/// `source` with map_references() applied to the values that are read from it; what became Null
/// counts in dangling().
std::shared_ptr<const ObjectSource> map_references(std::shared_ptr<const ObjectSource> source,
                                                   ReferenceMap map);

/// The most values that for_each_value() reads.
inline constexpr std::uint64_t kMostValues = 100'000'000;

/// Calls `visit` with each value of `source`, C order, which is read in blocks, until it returns
/// false. Throws Error(limit_exceeded) when there are more than kMostValues, before any is
/// read (a shape costs nothing to write: it would take for ever), and what the source and `visit`
/// throw.
void for_each_value(const ObjectSource& source, const std::function<bool(const Value&)>& visit);

}  // namespace engram::hdmf
