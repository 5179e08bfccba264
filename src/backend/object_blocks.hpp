#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "engram/array/region.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/object_source.hpp"

namespace engram::backend {

/// The chunk shape for objects: whole rows, as many as `max_elements` allow.
Shape object_chunk_shape(const Shape& shape, std::uint64_t max_elements);

/// The box of `shape` that starts at element `offset` (C order), is one run of elements in C order,
/// and has at most `max_elements`.
Region box_at(const Shape& shape, std::uint64_t offset, std::uint64_t max_elements);

/// Reads the values of a source in boxes. They begin small, because nothing says how large a text
/// is before it is read, and grow as long as the values turn out to be small.
class ObjectBlocks {
 public:
  /// At most about `block_bytes` are held, in values as large as those before. `source` lives on.
  ObjectBlocks(const hdmf::ObjectSource& source, std::uint64_t block_bytes)
      : source_(source), block_bytes_(std::max<std::uint64_t>(block_bytes, 1)) {}

  /// Calls `visit(box, values)` for one box of `region` after another, C order, which returns the
  /// bytes of the values, or nullopt to stop. True when all were visited.
  template <typename Visit>
  bool read(const Region& region, Visit visit) {
    const std::uint64_t count = element_count(region.shape);
    for (std::uint64_t done = 0; done < count;) {
      Region box = box_at(region.shape, done, elements_);
      const std::uint64_t box_count = element_count(box.shape);
      for (std::size_t d = 0; d < box.origin.size(); ++d) box.origin[d] += region.origin[d];
      const std::vector<hdmf::Value> values = source_.read(box);
      if (values.size() != box_count)
        throw Error(ErrorCode::corrupt_data,
                    fmt::format("{} values were read, not {}", values.size(), box_count));
      const std::optional<std::uint64_t> bytes = visit(box, values);
      if (!bytes) return false;
      done += box_count;
      adapt(*bytes / box_count + kValueSize);
    }
    return true;
  }

 private:
  static constexpr std::uint64_t kFirstBlock = 64;
  static constexpr std::uint64_t kMaxBlock = 16384;
  /// What a value takes in memory beside its bytes.
  static constexpr std::uint64_t kValueSize = 128;

  void adapt(std::uint64_t bytes_each) {
    const std::uint64_t fits = block_bytes_ / bytes_each;
    elements_ = std::clamp<std::uint64_t>(fits, 1, std::min(4 * elements_, kMaxBlock));
  }

  const hdmf::ObjectSource& source_;
  const std::uint64_t block_bytes_;
  std::uint64_t elements_ = kFirstBlock;
};

}  // namespace engram::backend
