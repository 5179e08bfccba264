#pragma once

#include <zfp.h>

#include <cstdint>
#include <memory>
#include <new>
#include <span>

#include "engram/base/bytes.hpp"

namespace engram::codec {

struct FreeZfp {
  void operator()(zfp_field* field) const noexcept { zfp_field_free(field); }
  void operator()(zfp_stream* stream) const noexcept { zfp_stream_close(stream); }
  void operator()(bitstream* bits) const noexcept { stream_close(bits); }
};
using ZfpField = std::unique_ptr<zfp_field, FreeZfp>;
using ZfpStream = std::unique_ptr<zfp_stream, FreeZfp>;
using ZfpBits = std::unique_ptr<bitstream, FreeZfp>;

/// What libzfp has opened; it gives nullptr when there is no memory.
template <typename T>
T* opened_zfp(T* opened) {
  if (opened == nullptr) throw std::bad_alloc();
  return opened;
}

/// Decodes a stream of zfp. The full head says type, shape and mode, so that nothing else is
/// needed. Holds views of what it was given.
class ZfpDecoder {
 public:
  /// Of a stream with its head in front. Throws Error(corrupt_data) where it has none.
  explicit ZfpDecoder(BytesView stream) : ZfpDecoder(stream, stream, true) {}

  /// Of a head and blocks that lie apart, each from its first bit on.
  ZfpDecoder(BytesView head, BytesView blocks) : ZfpDecoder(head, blocks, false) {}

  std::uint64_t element_size() const { return zfp_type_size(field_->type); }
  std::uint64_t decoded_size() const;

  /// `out` has decoded_size() bytes. Throws Error(corrupt_data).
  void decode(std::span<std::byte> out);

 private:
  ZfpDecoder(BytesView head, BytesView blocks, bool joined);
  void open(BytesView in, std::size_t more);

  BytesView head_, blocks_;
  bool joined_;
  std::unique_ptr<std::uint64_t[]> padded_;
  ZfpField field_;
  ZfpBits bits_;
  ZfpStream stream_;
};

}  // namespace engram::codec
