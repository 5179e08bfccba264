// Chunks of HDF5's filters that have decoders of their own, one after another by their names: see
// codec_input.hpp.
#include "engram/codec/hdf5_filter.hpp"
#include "fuzz/codec_input.hpp"

std::vector<std::string> engram::fuzz::seeds() {
  const Json table =
      parse_json(file_text(testing::source_path("tests/data/hdf5/filter_chunks.json")));
  std::vector<std::string> made;
  for (const Json& each : table.at("chunks")) {
    const auto bytes = [](const Json& text) { return from_base64(text.get<std::string>()); };
    const Bytes encoded = bytes(each.at("encoded"));
    const Bytes decoded = bytes(table.at("arrays").at(each.at("decoded").get<std::string>()));
    made.push_back(write_codec_input({{"id", each.at("id")}, {"values", each.at("values")}},
                                     decoded.size(), as_text(encoded)));
  }
  return made;
}

std::size_t engram::fuzz::most_memory() { return 64U << 20U; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace engram;
  fuzz::is_answered([&] {
    const auto input = fuzz::read_codec_input(fuzz::text_of(data, size));
    if (!input || !codec::is_hdf5_decoder(input->config.name)) return;
    const codec::BytesCodecPtr codec = codec::make_hdf5_decoder(input->config);
    Bytes out(input->room);
    const std::uint64_t made = codec->decode(as_bytes(input->encoded), out);
    fuzz::require(made <= out.size(), "what is decoded fits");
    Bytes again(made);
    fuzz::require(codec->decode(as_bytes(input->encoded), again) == made,
                  "it decodes into as much room as it needs");
    fuzz::require(std::equal(again.begin(), again.end(), out.begin()), "to the same");
  });
  return 0;
}
