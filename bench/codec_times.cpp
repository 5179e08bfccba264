// Encodes and decodes chunks with one codec each, on one thread, and says how long that took the
// processor; nothing but engram's public headers.
//
// engram_codec_times CASES.json REPEATS: a list of [codec as in .zarray, type, shape, file with the
// elements]. Prints [{"encode": [seconds], "decode": [seconds], "bytes": of the encoded chunk}].
#include <algorithm>
#include <ctime>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "engram/base/json.hpp"
#include "engram/codec/codec.hpp"

namespace {

using engram::Bytes;
using engram::Json;

Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("can't read " + path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

template <typename Work>
Json seconds_of(int repeats, const Work& work) {
  std::vector<double> seconds;
  for (int i = 0; i < repeats; ++i) {
    const std::clock_t start = std::clock();
    work();
    seconds.push_back(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds;
}

Json timed(const Json& each, int repeats) {
  engram::CodecConfig config{each.at(0).at("id").get<std::string>(), each.at(0)};
  config.configuration.erase("id");
  const engram::DataType type = engram::parse_typestr(each.at(1).get<std::string>());
  const auto codec = engram::codec::make_codec(
      config, {type, each.at(2).get<std::vector<std::uint64_t>>(), false});
  const Bytes elements = read_file(each.at(3).get<std::string>());
  Bytes room(codec->max_encoded_size(elements.size())), back(elements.size());
  std::uint64_t size = 0;
  const Json encode = seconds_of(repeats, [&] { size = codec->encode(elements, room, type.size); });
  const auto encoded = engram::BytesView(room).first(size);
  const Json decode = seconds_of(repeats, [&] { (void)codec->decode(encoded, back); });
  return {{"encode", encode}, {"decode", decode}, {"bytes", size}};
}

}  // namespace

int main(int count, char** words) try {
  if (count != 3) {
    std::cerr << "usage: engram_codec_times CASES.json REPEATS\n";
    return 2;
  }
  const Bytes text = read_file(words[1]);
  Json answers = Json::array();
  for (const Json& each : engram::parse_json(engram::as_text(text)))
    answers.push_back(timed(each, std::stoi(words[2])));
  std::cout << engram::dump_json(answers, engram::JsonStyle::line) << std::endl;
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
