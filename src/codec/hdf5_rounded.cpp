// HDF5's filters 32022 (BitGroom) and 32023 (Granular BitRound): they round floating-point numbers
// when they are written, and what is stored are such numbers.
#include <fmt/format.h>

#include <cstring>

#include "codec/hdf5_decoders.hpp"

namespace engram::codec {
namespace {

class Hdf5Rounded final : public Hdf5Decoder {
 public:
  explicit Hdf5Rounded(const CodecConfig& config) : Hdf5Decoder(config) {}

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    if (in.size() > out.size()) damaged(in, fmt::format("expected at most {} bytes", out.size()));
    if (!in.empty()) std::memcpy(out.data(), in.data(), in.size());
    return in.size();
  }
};

}  // namespace

BytesCodecPtr make_hdf5_rounded(const CodecConfig& config) {
  return std::make_shared<Hdf5Rounded>(config);
}

}  // namespace engram::codec
