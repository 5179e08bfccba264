// LZF as h5py's filter 32000 has it: runs of literal bytes, and references back into what was
// decoded, without a head.
#include <algorithm>

#include "codec/hdf5_decoders.hpp"

namespace engram::codec {
namespace {

constexpr std::size_t kLongReference = 7;  ///< A reference of this length has a second byte.

class Hdf5Lzf final : public Hdf5Decoder {
 public:
  explicit Hdf5Lzf(const CodecConfig& config) : Hdf5Decoder(config) {}

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    std::size_t read = 0, written = 0;
    const auto next = [&] {
      if (read == in.size()) damaged(in, "it is cut short");
      return std::to_integer<std::size_t>(in[read++]);
    };
    const auto check_room = [&](std::size_t count) {
      if (count > out.size() - written) damaged(in, "it decodes to more bytes than expected");
    };
    while (read < in.size()) {
      const std::size_t control = next();
      if (control < 32) {
        const std::size_t count = control + 1;
        if (count > in.size() - read) damaged(in, "it is cut short");
        check_room(count);
        std::copy_n(in.begin() + static_cast<std::ptrdiff_t>(read), count,
                    out.begin() + static_cast<std::ptrdiff_t>(written));
        read += count;
        written += count;
        continue;
      }
      std::size_t count = control >> 5U;
      if (count == kLongReference) count += next();
      count += 2;
      const std::size_t back = ((control & 31U) << 8U | next()) + 1;
      if (back > written) damaged(in, "it refers to bytes before its begin");
      check_room(count);
      // Byte by byte: a reference may reach into what it writes itself.
      for (std::size_t i = 0; i < count; ++i, ++written) out[written] = out[written - back];
    }
    return written;
  }
};

}  // namespace

BytesCodecPtr make_hdf5_lzf(const CodecConfig& config) { return std::make_shared<Hdf5Lzf>(config); }

}  // namespace engram::codec
