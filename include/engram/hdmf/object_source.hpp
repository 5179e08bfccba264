#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engram/array/data_type.hpp"
#include "engram/array/region.hpp"
#include "engram/hdmf/value.hpp"

namespace engram::hdmf {

struct ObjectField;

/// The type of elements that have no fixed size, or that mean more than their bytes.
struct ObjectType {
  enum class Kind {
    text,              ///< Value: std::string.
    reference,         ///< Value: Reference, or Null.
    region_reference,  ///< Value: RegionReference, or Null.
    sequence,          ///< A list of any length of `element`. Value: List.
    array,             ///< A list of `shape` of `element`, nested. Value: List.
    record,            ///< `fields`. Value: List, in the order of the fields.
    number,  ///< `type`, as part of one of the above. Value: bool, a number, Bytes for opaque,
             ///< List (in the order of the fields) for structured.
  };
  enum class Charset { ascii, utf8 };

  Kind kind = Kind::text;
  Charset charset = Charset::utf8;  ///< text: how the source marks it.
  std::uint64_t fixed_length = 0;   ///< text: bytes of fixed-length text; 0: variable length.
  DataType type;                    ///< number only.
  Shape shape;                      ///< array only.
  std::shared_ptr<const ObjectType> element;  ///< sequence and array only.
  std::vector<ObjectField> fields;            ///< record only.
};

struct ObjectField {
  std::string name;
  ObjectType type;
};

/// A dataset of text, references, region references, sequences, or records with any of these.
/// Values stay in their file until they are asked for.
///
/// Threads: every member may be called by many threads at once.
class ObjectSource {
 public:
  virtual ~ObjectSource() = default;

  virtual const ObjectType& type() const = 0;
  virtual const Shape& shape() const = 0;

  /// The chunk shape in the source; empty: not chunked.
  virtual const Shape& chunk_shape() const = 0;

  /// The values of `region`, C order. Throws Error(corrupt_data), Error(unsupported),
  /// Error(io_error). A reference that leads nowhere is Null and counts in dangling().
  virtual std::vector<Value> read(const Region& region) const = 0;

  /// How many references of the values read so far led nowhere (null references do not count).
  virtual std::uint64_t dangling() const { return 0; }
};

}  // namespace engram::hdmf
