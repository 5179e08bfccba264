#pragma once

#include <functional>
#include <optional>
#include <string>

#include "engram/hdmf/builder.hpp"
#include "engram/hdmf/spec.hpp"
#include "engram/hdmf/validate.hpp"

namespace engram::hdmf {

/// A finding without its place.
struct DataFinding {
  Finding::Severity severity = Finding::Severity::error;
  Finding::Kind kind = Finding::Kind::wrong_dtype;
  std::string text;
};

using OnData = std::function<void(DataFinding)>;

/// Called for each reference that is found where a spec asks for one to `target_type`.
using OnReference = std::function<void(const Reference&, const std::string& target_type)>;

/// Holds the value of an attribute against its spec.
void check_value(const Value& value, const AttributeSpec& spec, const OnReference& on_reference,
                 const OnData& found);

/// Holds shape, elements and value of a dataset against its spec. Values are read where the spec
/// speaks of them.
void check_dataset(const DatasetBuilder& dataset, const DatasetSpec& spec,
                   const OnReference& on_reference, const OnData& found);

}  // namespace engram::hdmf
