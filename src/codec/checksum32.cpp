// numcodecs' checksums of 32 bits, little-endian, before or after the bytes that they are of:
// crc32, adler32 (at the start unless told otherwise), crc32c (at the end), jenkins_lookup3 (always
// at the end).
#include <fmt/format.h>
#include <libdeflate.h>

#include <cstring>
#include <utility>

#include "codec/codecs.hpp"
#include "codec/configuration.hpp"
#include "codec/crc32c.hpp"
#include "codec/jenkins.hpp"
#include "codec/little_endian.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

constexpr std::size_t kSize = 4;

class ChecksumCodec : public ConfiguredCodec {
 public:
  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const override {
    return decoded_size + kSize;
  }

  std::uint64_t encode(BytesView in, std::span<std::byte> out, std::uint64_t) const override {
    std::byte* const content = out.data() + (at_start_ ? kSize : 0);
    if (!in.empty()) std::memcpy(content, in.data(), in.size());
    store_u32(at_start_ ? out.data() : out.data() + in.size(), checksum(in));
    return in.size() + kSize;
  }

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    if (in.size() < kSize)
      throw Error(
          ErrorCode::corrupt_data,
          fmt::format("chunk has {} bytes, too few for its {} checksum", in.size(), config().name));
    const BytesView content = in.subspan(at_start_ ? kSize : 0, in.size() - kSize);
    const std::uint32_t stored = load_u32(at_start_ ? in.data() : in.data() + content.size());
    if (content.size() > out.size())
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("chunk has {} bytes besides its {} checksum, expected at most {}",
                              content.size(), config().name, out.size()));
    if (const std::uint32_t found = checksum(content); found != stored)
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("chunk of {} bytes is damaged: its {} checksum is {:08x}, stored is "
                              "{:08x}",
                              content.size(), config().name, found, stored));
    if (!content.empty()) std::memcpy(out.data(), content.data(), content.size());
    return content.size();
  }

 protected:
  ChecksumCodec(CodecConfig config, bool at_start)
      : ConfiguredCodec(std::move(config)), at_start_(at_start) {}

 private:
  virtual std::uint32_t checksum(BytesView bytes) const = 0;

  bool at_start_;
};

using Function = std::uint32_t (*)(BytesView);

// A pointer to no bytes makes libdeflate give the start value, whatever it was told to begin with.
std::uint32_t crc32(BytesView bytes) {
  return bytes.empty() ? 0 : libdeflate_crc32(0, bytes.data(), bytes.size());
}
std::uint32_t adler32(BytesView bytes) {
  return bytes.empty() ? 1 : libdeflate_adler32(1, bytes.data(), bytes.size());
}
std::uint32_t crc32c_of(BytesView bytes) { return crc32c(bytes); }

class FunctionCodec final : public ChecksumCodec {
 public:
  FunctionCodec(CodecConfig config, bool at_start, Function function)
      : ChecksumCodec(std::move(config), at_start), function_(function) {}

 private:
  std::uint32_t checksum(BytesView bytes) const override { return function_(bytes); }

  Function function_;
};

class JenkinsCodec final : public ChecksumCodec {
 public:
  JenkinsCodec(CodecConfig config, std::uint32_t initial, Bytes prefix)
      : ChecksumCodec(std::move(config), false), initial_(initial), prefix_(std::move(prefix)) {}

 private:
  std::uint32_t checksum(BytesView bytes) const override {
    if (prefix_.empty()) return jenkins_lookup3(bytes, initial_);
    Bytes all = prefix_;
    all.insert(all.end(), bytes.begin(), bytes.end());
    return jenkins_lookup3(all, initial_);
  }

  std::uint32_t initial_;
  Bytes prefix_;
};

BytesCodecPtr make(const CodecConfig& config, Function function, std::string_view usual) {
  const std::string location = text_member(config, "location", usual);
  if (location != "start" && location != "end")
    throw Error(ErrorCode::invalid_argument,
                fmt::format("codec {}: location is {}, expected \"start\" or \"end\"", config.name,
                            excerpt(location)));
  CodecConfig complete{config.name, Json::object()};
  // Left out where it says nothing: numcodecs before 0.15 refuses the member.
  if (location != usual) complete.configuration["location"] = location;
  return std::make_shared<FunctionCodec>(std::move(complete), location == "start", function);
}

// Bytes have no form in JSON; numcodecs itself can't write them there. A text and a list of numbers
// are taken.
Bytes prefix_of(const CodecConfig& config) {
  const Json* found = optional_member(config, "prefix");
  if (found == nullptr) return {};
  if (found->is_string()) return to_bytes(found->get_ref<const std::string&>());
  Bytes prefix;
  if (found->is_array())
    for (const Json& each : *found)
      if (each.is_number_integer() && each >= 0 && each <= 255)
        prefix.push_back(static_cast<std::byte>(each.get<unsigned>()));
  if (!found->is_array() || prefix.size() != found->size())
    throw Error(ErrorCode::invalid_argument,
                "codec jenkins_lookup3: prefix is neither null, a text nor a list of bytes");
  return prefix;
}

}  // namespace

BytesCodecPtr make_crc32(const CodecConfig& config, const ChunkElements&) {
  return make(config, crc32, "start");
}

BytesCodecPtr make_adler32(const CodecConfig& config, const ChunkElements&) {
  return make(config, adler32, "start");
}

BytesCodecPtr make_crc32c(const CodecConfig& config, const ChunkElements&) {
  return make(config, crc32c_of, "end");
}

BytesCodecPtr make_jenkins_lookup3(const CodecConfig& config, const ChunkElements&) {
  const std::int64_t initial = integer_member(config, "initval", 0, 0, UINT32_MAX);
  const Json* prefix = optional_member(config, "prefix");
  CodecConfig complete{config.name,
                       {{"initval", initial}, {"prefix", prefix == nullptr ? Json() : *prefix}}};
  return std::make_shared<JenkinsCodec>(std::move(complete), static_cast<std::uint32_t>(initial),
                                        prefix_of(config));
}

}  // namespace engram::codec
