// Chunks of lzma: see codec_input.hpp.
#include "fuzz/codec_input.hpp"

std::vector<std::string> engram::fuzz::seeds() { return numcodecs_chunks(true); }

// A dictionary is as large as the stream says, up to liblzma's own bound; what of it is used is no
// more than the output has.
std::size_t engram::fuzz::most_memory() { return 1900U << 20U; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace engram;
  fuzz::is_answered([&] {
    const auto input = fuzz::read_codec_input(fuzz::text_of(data, size));
    if (!input || input->config.name != "lzma") return;
    Bytes out(input->room);
    const std::uint64_t made =
        codec::make_codec(input->config)->decode(as_bytes(input->encoded), out);
    fuzz::require(made <= out.size(), "what is decoded fits");
  });
  return 0;
}
