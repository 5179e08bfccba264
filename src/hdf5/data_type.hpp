#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engram/array/data_type.hpp"
#include "engram/array/region.hpp"
#include "hdf5/library.hpp"

namespace engram::hdf5 {

struct Member;

/// What an HDF5 type means, and the memory type with which its values are read. In memory all
/// numbers are little-endian and nothing is padded.
struct Type {
  enum class Kind {
    number,            ///< Fixed-size bytes: `number`. Also compounds of nothing but numbers and
                       ///< fixed-length text.
    text,              ///< Fixed length: NUL-padded bytes. Variable: a char*, nullptr for "".
    reference,         ///< hobj_ref_t.
    region_reference,  ///< hdset_reg_ref_t.
    sequence,          ///< hvl_t of `element`.
    array,             ///< `shape` times `element`, C order.
    record,            ///< `members`, some of which are no numbers.
    unknown,           ///< engram has nothing that holds it: `reason`.
  };

  Kind kind = Kind::unknown;
  Handle memory;                  ///< None for unknown.
  std::uint64_t memory_size = 0;  ///< Bytes of one value in memory.

  DataType number;  ///< number: as stored where `verbatim`, else as in memory.
  /// True where stored values have exactly the bytes of `number`.
  bool verbatim = false;
  /// number: names and values, where the type is an enumeration and no boolean.
  std::vector<std::pair<std::string, std::int64_t>> enumeration;
  /// True when an enumeration that is no boolean lies further inside, in a field or an element: its
  /// values are known, its names are not kept.
  bool has_inner_enumeration = false;

  bool utf8 = false;               ///< text: how it is marked.
  std::uint64_t fixed_length = 0;  ///< text: bytes; 0: variable length.

  Shape shape;                          ///< array.
  std::shared_ptr<const Type> element;  ///< array, sequence.
  std::vector<Member> members;          ///< record.
  std::string reason;                   ///< unknown: completes "it holds ...".
};

struct Member {
  std::string name;
  std::uint64_t offset = 0;  ///< In memory.
  Type type;
};

/// The meaning of the HDF5 type `id`. Throws Error(limit_exceeded) for a type nested too deeply.
Type describe(hid_t id);

/// True when values of `type` hold memory of their own, behind pointers.
bool has_pointers(const Type& type);

/// Bytes of a value of the HDF5 type `id`, a dataset's, as it lies in a file whose addresses have
/// `address_size` bytes. HDF5 tells only what it has in memory, where sequences and references are
/// of other sizes.
std::uint64_t size_in_file(hid_t id, std::uint64_t address_size);

/// The smallest little-endian floating-point type that holds every value of the HDF5 type `id`, or
/// of size 0 when there is none; `verbatim` tells whether it is that type but for the byte order.
DataType describe_float(hid_t id, bool& verbatim);

}  // namespace engram::hdf5
