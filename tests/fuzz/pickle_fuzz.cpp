// Pickles: a first byte that says how many objects there are, and the pickle.
#include "engram/codec/object_codec.hpp"
#include "fuzz/seeds.hpp"
#include "fuzz/target.hpp"

std::vector<std::string> engram::fuzz::seeds() {
  using namespace std::string_literals;
  std::vector<std::string> made = {"\x01(I1\nI2\nl."s, "\x01(dS'key'\nL12L\ns."s,
                                   "\x01\x80\x02]q\0(K\x01K\x02"
                                   "e."s,
                                   "\x01"
                                   "chdmf_zarr.utils\nZarrReference\n)\x81(U\x04pathU\x02/au."s,
                                   "\x01"
                                   "cos\nsystem\n(S'x'\ntR."s};
  for (const Json& each : numcodecs_table().at("objects")) {
    if (each.at("codec").at("id").get<std::string>() != "pickle") continue;
    const Bytes encoded = from_base64(each.at("encoded").get<std::string>());
    std::uint64_t count = 1;
    for (const Json& length : each.at("shape")) count *= length.get<std::uint64_t>();
    made.push_back(static_cast<char>(count) + std::string(as_text(encoded)));
  }
  return made;
}

std::size_t engram::fuzz::most_memory() { return 64U << 20U; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace engram;
  if (size == 0) return 0;
  const std::uint64_t count = data[0];
  fuzz::is_answered([&] {
    const auto objects = codec::decode_objects({"pickle", Json::object()},
                                               as_bytes(fuzz::text_of(data + 1, size - 1)), {count},
                                               fuzz::small_limits());
    fuzz::require(objects.size() == count, "there are as many as the chunk has");
    for (const Json& each : objects) (void)dump_json(each, JsonStyle::line);
  });
  return 0;
}
