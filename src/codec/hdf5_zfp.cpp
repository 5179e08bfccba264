// HDF5's filter 32013: a stream of zfp whose head lies apart, in the client data behind their
// first value, which is a version.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "codec/hdf5_decoders.hpp"
#include "codec/zfp_decoder.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

constexpr std::size_t kZfpLeastValues = 4;  ///< A version, and the shortest head.
constexpr std::byte kZfpMagic{'z'};

class Hdf5Zfp final : public Hdf5Decoder {
 public:
  Hdf5Zfp(const CodecConfig& config, Bytes head, bool swapped)
      : Hdf5Decoder(config), head_(std::move(head)), swapped_(swapped) {}

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    ZfpDecoder decoder(head_, in);
    const std::uint64_t size = decoder.decoded_size();
    if (size == 0 || size > out.size())
      damaged(in, fmt::format("its head says that it decodes to {} bytes, expected at most {}",
                              size, out.size()));
    // libzfp writes elements, which want their alignment.
    const auto aligned = std::make_unique_for_overwrite<std::uint64_t[]>(size / 8 + 1);
    const std::span<std::byte> elements(reinterpret_cast<std::byte*>(aligned.get()), size);
    try {
      decoder.decode(elements);
    } catch (const Error& error) {
      damaged(in, error.what());
    }
    // HDF5 expects elements in the byte order of the machine that wrote them.
    const std::uint64_t element = decoder.element_size();
    for (std::uint64_t at = 0; swapped_ && at < size; at += element)
      std::reverse(elements.data() + at, elements.data() + at + element);
    std::memcpy(out.data(), elements.data(), size);
    return size;
  }

 private:
  Bytes head_;
  bool swapped_;
};

}  // namespace

BytesCodecPtr make_hdf5_zfp(const CodecConfig& config) {
  const std::vector<std::uint32_t> values = hdf5_values(config, kZfpLeastValues);
  Bytes head((values.size() - 1) * sizeof(values[0]));
  std::memcpy(head.data(), values.data() + 1, head.size());
  // A machine of the other byte order has written the words of the head in its own.
  const bool swapped = head[0] != kZfpMagic && head[3] == kZfpMagic;
  for (std::size_t at = 0; swapped && at < head.size(); at += sizeof(values[0]))
    std::reverse(head.data() + at, head.data() + at + sizeof(values[0]));
  const auto format = std::to_integer<unsigned>(head[3]);
  if (as_text(head).starts_with("zfp") && format != zfp_codec_version)
    throw Error(ErrorCode::unsupported,
                fmt::format("{} is of zfp's format {}, and this libzfp has format {}: re-save the "
                            "file with a version of H5Zzfp that reads it",
                            hdf5_filter_text(config), format, zfp_codec_version));
  (void)ZfpDecoder(head, {});
  return std::make_shared<Hdf5Zfp>(config, std::move(head), swapped);
}

}  // namespace engram::codec
