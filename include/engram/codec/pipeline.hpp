#pragma once

#include <cstdint>
#include <vector>

#include "engram/codec/codec.hpp"

namespace engram::codec {

/// Codecs applied one after another, the first first.
///
/// Threads: every member may be called by many threads at once.
class Pipeline {
 public:
  explicit Pipeline(const std::vector<CodecConfig>& configs);

  const std::vector<CodecConfig>& configs() const noexcept { return configs_; }

  /// `in` after all codecs.
  Bytes encode(BytesView in, std::uint64_t element_size) const;

  /// `in` before all codecs but those whose bit is set in `filter_mask`; exactly `decoded_size`
  /// bytes. Throws Error(corrupt_data) with both sizes when it is another number, and what the
  /// codec found otherwise.
  Bytes decode(BytesView in, std::uint64_t decoded_size, std::uint32_t filter_mask = 0) const;

 private:
  std::vector<CodecConfig> configs_;
  std::vector<BytesCodecPtr> codecs_;
};

}  // namespace engram::codec
