// JSON text, as metadata and json2 have it.
#include "engram/base/json.hpp"
#include "fuzz/seeds.hpp"
#include "fuzz/target.hpp"

std::vector<std::string> engram::fuzz::seeds() {
  std::vector<std::string> made = {
      R"({"a": [1, -2, 3.5, 1e300, NaN, Infinity, -Infinity, null, true, "\ud83e\udde0\udc80"]})",
      R"([18446744073709551615, -9223372036854775808, 4.7e-06, 0.1, 1e16, "\u0000\\\/\"\n"])",
      R"([[[[[[{}]]]]]])", "\"\xc3\xa9\xf0\x9f\xa7\xa0\""};
  for (std::string& text : corpus_texts({".zattrs", ".json"})) made.push_back(std::move(text));
  return made;
}

std::size_t engram::fuzz::most_memory() { return 32U << 20U; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace engram;
  fuzz::is_answered([&] {
    const Json value = parse_json(fuzz::text_of(data, size), fuzz::small_limits());
    for (const JsonStyle style :
         {JsonStyle::zarr, JsonStyle::compact, JsonStyle::ordered, JsonStyle::line}) {
      const std::string text = dump_json(value, style);
      // Laying it out with blanks makes a deep value far longer than it came.
      Limits limits;
      const Json again = parse_json(text, limits);
      fuzz::require(dump_json(again, style) == text, "what is written is read as the same");
    }
  });
  return 0;
}
