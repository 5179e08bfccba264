#pragma once

#include <cstdint>
#include <string>

#include "converters/compare_values.hpp"
#include "engram/array/data_type.hpp"

namespace engram::converter {

/// When two elements of fixed size, of one type or of two, are equal. Elements are little-endian,
/// as ArraySource::read() gives them.
///
/// Threads: every member may be called by many threads at once.
class ElementRules {
 public:
  enum class Form {
    values,  ///< As values of their types.
    bytes,   ///< As bytes, which are equally many: one is of a type that only keeps the other's.
  };

  ElementRules(const DataType& a, const DataType& b, const ValueRules& rules, Form form);

  bool equal(BytesView a, BytesView b) const { return equal(a_, b_, a, b); }

  /// True when elements with the same bytes are equal. (Others may be so too: padding of long
  /// doubles, text behind its end.)
  bool same_bytes_suffice() const noexcept { return same_bytes_suffice_; }
  /// True when elements with other bytes differ.
  bool same_bytes_needed() const noexcept { return same_bytes_needed_; }

  std::uint64_t a_size() const noexcept { return a_.size; }
  std::uint64_t b_size() const noexcept { return b_.size; }

  /// An element of A or B in short, for people.
  std::string show_a(BytesView element) const { return show_element(a_, element); }
  std::string show_b(BytesView element) const { return show_element(b_, element); }

 private:
  bool equal(const DataType& a, const DataType& b, BytesView from_a, BytesView from_b) const;
  bool equal_fields(const DataType& a, const DataType& b, BytesView from_a, BytesView from_b) const;
  bool equal_scalars(const DataType& a, const DataType& b, BytesView from_a,
                     BytesView from_b) const;
  static std::string show_element(const DataType& type, BytesView element);

  const DataType a_, b_;
  const ValueRules rules_;
  const Form form_;
  bool same_bytes_suffice_ = false, same_bytes_needed_ = false;
};

}  // namespace engram::converter
