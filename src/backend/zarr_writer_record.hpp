#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engram/array/data_type.hpp"
#include "engram/hdmf/object_source.hpp"

namespace engram::backend {

/// What a record is to be packed into.
enum class PackFor {
  hdmf_zarr,  ///< Fields within fields, and arrays in them; no references.
  portable,   ///< Only what zarr-python 3 opens; references as their JSON text.
  zarr_v3,    ///< The same; references as paths, and room in texts for longer ones.
};

/// How records of numbers and text become elements of a structured type: text takes as many
/// characters as the longest one has, so all values are scanned before the type is known.
class RecordPacker {
 public:
  RecordPacker(const hdmf::ObjectType& type, PackFor form);

  /// Whether the values seen so far fit into a structured type: it has no sequences, its text is
  /// UTF-8 without NUL at its end, and an element is not too large.
  bool possible() const;

  /// First pass: to be called for each value.
  void scan(const hdmf::Value& value);

  /// The type that holds all scanned values.
  const DataType& data_type() const noexcept { return packed_; }

  /// Second pass: `out` has the size of data_type(). Throws Error(corrupt_data) for a value that
  /// was not scanned or is none of the type.
  void pack(const hdmf::Value& value, std::span<std::byte> out) const;

  /// `value`, of `type`, as an element of a structured type has it: references as text.
  static hdmf::Value native(const hdmf::ObjectType& type, const hdmf::Value& value, PackFor form);

 private:
  bool has_size(const hdmf::ObjectType& type) const;
  void scan(const hdmf::ObjectType& type, const hdmf::Value& value, std::size_t leaf);
  void update_type();
  DataType type_of(const hdmf::ObjectType& type, std::size_t& leaf) const;

  const hdmf::ObjectType& type_;
  const PackFor form_;
  const bool flat_only_;  ///< No fields within fields, and no arrays in them.
  bool has_size_ = false;
  bool texts_fit_ = true;
  bool widths_changed_ = false;
  std::vector<std::uint64_t> widths_;  ///< Characters of each text, in the order of the fields.
  DataType packed_;
};

/// `type` without padding and little-endian.
DataType packed(const DataType& type);

/// A type of the same bytes that zarr-python 3 reads: without fields in fields and arrays in
/// fields, a number in them is a field of its own, "a.b" or "a[2]", or, where that would be too
/// many, a field is opaque; and a long double is opaque.
DataType for_zarr_3(const DataType& type);

/// What became of `type` there, for a Notice; empty when it is the same.
std::string change_for_zarr_3(const DataType& type);

}  // namespace engram::backend
