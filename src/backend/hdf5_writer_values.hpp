#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engram/base/bytes.hpp"
#include "engram/hdf5/handle.hpp"
#include "engram/hdmf/object_source.hpp"
#include "engram/hdmf/value.hpp"

namespace engram::backend {

/// Turns references into what they are in the memory of HDF5.
class ReferenceEncoder {
 public:
  virtual ~ReferenceEncoder() = default;
  /// Puts an hobj_ref_t into `memory`; false, with nothing done, when it leads nowhere.
  virtual bool object(const hdmf::Reference& reference, std::byte* memory) = 0;
  /// The same for an hdset_reg_ref_t.
  virtual bool region(const hdmf::RegionReference& reference, std::byte* memory) = 0;
};

/// What stays of text of variable length, whose end HDF5 marks by a NUL.
std::string_view until_nul(std::string_view text) noexcept;

/// Values as HDF5 takes them from memory: the reverse of decode_value(). What pointers lead to is
/// kept until clear().
///
/// Threads: one at a time.
class ValueEncoder {
 public:
  /// `type` is one that in_hdf5() returned; `references` must live on.
  ValueEncoder(const hdmf::ObjectType& type, ReferenceEncoder& references);
  ~ValueEncoder();
  ValueEncoder(const ValueEncoder&) = delete;
  ValueEncoder& operator=(const ValueEncoder&) = delete;

  /// The HDF5 type of the values in memory, and in the file.
  const hdf5::Handle& type() const noexcept;
  /// Bytes of one value in memory.
  std::size_t size() const noexcept;

  /// Puts `value` into `memory`, size() bytes that are zero. Throws Error(corrupt_data) when it is
  /// no value of the type.
  void encode(const hdmf::Value& value, std::byte* memory);

  /// The values that `value`, lists nested by `shape`, holds, one after another.
  void encode_nested(const hdmf::Value& value, const Shape& shape, std::span<std::byte> memory);

  void clear();

  std::uint64_t references() const noexcept { return references_; }  ///< That lead somewhere.
  std::uint64_t dangling() const noexcept { return dangling_; }      ///< Written as null.
  /// Texts that had a NUL, behind which HDF5 keeps nothing.
  std::uint64_t cut() const noexcept { return cut_; }
  std::uint64_t bytes() const noexcept { return bytes_; }  ///< Of the values, text included.

 private:
  struct Node;

  static std::unique_ptr<const Node> make(const hdmf::ObjectType& type);
  void encode(const Node& node, const hdmf::Value& value, std::byte* memory);
  void encode_nested(const Node& node, const Shape& shape, std::size_t depth,
                     const hdmf::Value& value, std::byte*& memory);
  void encode_text(const Node& node, const hdmf::Value& value, std::byte* memory);
  void encode_sequence(const Node& node, const hdmf::Value& value, std::byte* memory);
  void encode_record(const Node& node, const hdmf::Value& value, std::byte* memory);
  void count(bool found);

  std::unique_ptr<const Node> root_;
  ReferenceEncoder& encoder_;
  std::deque<std::string> texts_;
  std::deque<Bytes> blocks_;
  std::uint64_t references_ = 0, dangling_ = 0, cut_ = 0, bytes_ = 0;
};

}  // namespace engram::backend
