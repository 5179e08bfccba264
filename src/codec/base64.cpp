// numcodecs' base64: RFC 4648, section 4, in one line.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "codec/codecs.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

bool is_blank(char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; }

class Base64Codec final : public ConfiguredCodec {
 public:
  Base64Codec() : ConfiguredCodec({"base64", Json::object()}) {}

  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const override {
    return checked_multiply(decoded_size / 3 + (decoded_size % 3 != 0 ? 1 : 0), 4,
                            "the size of an encoded chunk");
  }

  std::uint64_t encode(BytesView in, std::span<std::byte> out, std::uint64_t) const override {
    const std::string text = to_base64(in);
    if (!text.empty()) std::memcpy(out.data(), text.data(), text.size());
    return text.size();
  }

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    // Python passes over line ends, which other encoders put in.
    std::string text(as_text(in));
    text.erase(std::remove_if(text.begin(), text.end(), is_blank), text.end());
    if (text.size() / 4 * 3 > out.size() + 2)
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("base64 text of {} bytes decodes to more than the {} bytes expected",
                              text.size(), out.size()));
    const Bytes decoded = from_base64(text);
    if (decoded.size() > out.size())
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("base64 text decodes to {} bytes, expected at most {}",
                              decoded.size(), out.size()));
    if (!decoded.empty()) std::memcpy(out.data(), decoded.data(), decoded.size());
    return decoded.size();
  }
};

}  // namespace

BytesCodecPtr make_base64(const CodecConfig&, const ChunkElements&) {
  return std::make_shared<Base64Codec>();
}

}  // namespace engram::codec
