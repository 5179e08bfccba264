// Payloads of objects: a line with the object codec's configuration and the chunk's shape, as a
// JSON list, and the payload behind it.
#include "engram/array/region.hpp"
#include "engram/codec/object_codec.hpp"
#include "fuzz/seeds.hpp"
#include "fuzz/target.hpp"

namespace {

using namespace engram;

Json as_array(const std::vector<Json>& objects) {
  Json list = Json::array();
  for (const Json& each : objects) list.push_back(each);
  return list;
}

// The payload of objects that were decoded is read as the same ones.
void encode_again(const CodecConfig& config, const std::vector<Json>& objects, const Shape& shape,
                  const Limits& limits) {
  fuzz::is_answered([&] {
    const Bytes payload = codec::encode_objects(config, objects, shape);
    const std::vector<Json> again = codec::decode_objects(config, payload, shape, limits);
    // As msgpack was at first, it does not tell bytes from text.
    const Json tells = config.configuration.value("use_bin_type", Json());
    if (config.name == "msgpack2" && (tells == false || tells == 0)) return;
    // And it can be told to halve numbers.
    const Json halves = config.configuration.value("use_single_float", Json(false));
    if (config.name == "msgpack2" && halves != false && halves != 0) return;
    // json2 sorts members by name.
    const auto shown = [](const std::vector<Json>& list) {
      return dump_json(as_array(list), JsonStyle::compact);
    };
    fuzz::require(shown(again) == shown(objects), "objects are read as they were written");
  });
}

}  // namespace

std::vector<std::string> engram::fuzz::seeds() {
  std::vector<std::string> made;
  for (const Json& each : numcodecs_table().at("objects")) {
    const Bytes encoded = from_base64(each.at("encoded").get<std::string>());
    made.push_back(dump_json(Json::array({each.at("codec"), each.at("shape")}), JsonStyle::line) +
                   '\n' + std::string(as_text(encoded)));
  }
  return made;
}

std::size_t engram::fuzz::most_memory() { return 64U << 20U; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto [head, rest] = fuzz::head_and_rest(fuzz::text_of(data, size));
  const Limits limits = fuzz::small_limits();
  fuzz::is_answered([&, &head = head, &rest = rest] {
    const Json said = parse_json(head, limits);
    if (!said.is_array() || said.size() != 2 || !said[0].is_object() || !said[1].is_array()) return;
    if (!said[0].contains("id") || !said[0]["id"].is_string()) return;
    CodecConfig config{said[0]["id"].get<std::string>(), said[0]};
    config.configuration.erase("id");
    Shape shape;
    for (const Json& length : said[1])
      if (length.is_number_unsigned()) shape.push_back(length.get<std::uint64_t>());
    // As `.zarray` may have it.
    if (shape.size() > limits.max_rank || element_count(shape) > limits.max_chunk_bytes / 16)
      return;
    const std::vector<Json> objects = codec::decode_objects(config, as_bytes(rest), shape, limits);
    fuzz::require(objects.size() == element_count(shape), "there are as many as the chunk has");
    encode_again(config, objects, shape, limits);
  });
  return 0;
}
