#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engram/array/region.hpp"
#include "engram/base/json.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::cli {

/// The elements of a dataset, one block at a time.
class Elements {
 public:
  virtual ~Elements() = default;

  /// About the bytes that an element takes in memory.
  virtual std::uint64_t element_bytes() const = 0;

  /// Reads `box`; replaces what was read before.
  virtual void read(const Region& box) = 0;

  /// Element number `index` (C order) of what was read last, as JSON text.
  virtual void append_json(std::string& out, std::uint64_t index) const = 0;

  /// The same, as bytes of the little-endian type; only where elements have a fixed size.
  virtual void append_bytes(std::string& out, std::uint64_t index) const = 0;
};

/// `dataset` must outlive the result.
std::unique_ptr<Elements> elements_of(const hdmf::DatasetBuilder& dataset);

/// One element of `type` (little-endian) as JSON: complex numbers as [re, im], bytes and text as
/// text, opaque bytes in base64, fields as an object.
Json element_json(const DataType& type, BytesView element);

/// A value as JSON; references as {"path", "object_id"}, records as an object.
Json value_json(const hdmf::Value& value);

/// The same for an element of `type`, whose records have names.
Json value_json(const hdmf::Value& value, const hdmf::ObjectType& type);

/// "text", "reference", "sequence of <i4", "record {a: <i4, b: text}".
std::string describe_type(const hdmf::ObjectType& type);

}  // namespace engram::cli
