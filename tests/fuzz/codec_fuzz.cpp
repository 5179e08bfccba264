// Chunks, decoded by each codec but lzma: see codec_input.hpp.
#include "fuzz/codec_input.hpp"

namespace {

using namespace engram;

// What was decoded can be encoded again, unless the codec has a reason, which it says.
void encode_again(const codec::BytesCodec& codec, BytesView decoded) {
  constexpr std::uint64_t kMostEncoded = 8U << 20U;
  fuzz::is_answered([&] {
    const std::uint64_t most = codec.max_encoded_size(decoded.size());
    if (most > kMostEncoded) return;
    Bytes encoded(most);
    encoded.resize(codec.encode(decoded, encoded, 1));
    Bytes again(decoded.size() + 64);
    (void)codec.decode(encoded, again);
  });
}

}  // namespace

std::vector<std::string> engram::fuzz::seeds() {
  std::vector<std::string> made = numcodecs_chunks(false);
  for (const Json& each : domain_chunks()) made.push_back(write_codec_input(each));
  std::string text;
  for (int i = 0; i < 600; ++i) text += "some text " + std::to_string(i % 37);
  for (const char* name : {"zlib", "gzip", "bz2", "zstd", "lz4", "blosc"}) {
    const codec::BytesCodecPtr codec = codec::make_codec({name, Json::object()});
    Bytes encoded(codec->max_encoded_size(text.size()));
    encoded.resize(codec->encode(as_bytes(text), encoded, 4));
    Json config = codec->config().configuration;
    config["id"] = name;
    made.push_back(write_codec_input(config, text.size(), as_text(encoded)));
  }
  return made;
}

std::size_t engram::fuzz::most_memory() { return 64U << 20U; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::is_answered([&] {
    const auto input = fuzz::read_codec_input(fuzz::text_of(data, size));
    if (!input || input->config.name == "lzma") return;
    const codec::BytesCodecPtr codec = codec::make_codec(input->config);
    Bytes out(input->room);
    const std::uint64_t made = codec->decode(as_bytes(input->encoded), out);
    fuzz::require(made <= out.size(), "what is decoded fits");
    encode_again(*codec, BytesView(out).first(made));
    if (codec->parts() == nullptr) return;
    const std::size_t offset = made / 3;
    Bytes part(made / 2);
    if (!codec->parts()->decode_part(as_bytes(input->encoded), made, offset, part)) return;
    fuzz::require(
        std::equal(part.begin(), part.end(), out.begin() + static_cast<std::ptrdiff_t>(offset)),
        "a part is what the whole has there");
  });
  return 0;
}
