// "dtype" and "fill_value" of Zarr v2: a JSON list of both.
#include "engram/base/json.hpp"
#include "fuzz/seeds.hpp"
#include "fuzz/target.hpp"
#include "zarr/dtype_v2.hpp"
#include "zarr/fill_v2.hpp"

std::vector<std::string> engram::fuzz::seeds() {
  return {R"(["<i4", -7])",
          R"(["|b1", true])",
          R"([">u8", 18446744073709551615])",
          R"(["<f8", "NaN"])",
          R"(["<f2", -Infinity])",
          R"([">f4", 1.5])",
          R"(["<c8", [1.0, "NaN"]])",
          R"(["<c16", "AAAAAAAA8D8AAAAAAADwPw=="])",
          R"(["|S5", "YWJjAAA="])",
          R"(["<U3", "\u00fc\ud83e\udde0"])",
          R"([">U2", "ab"])",
          R"(["|V4", "AAECAw=="])",
          R"(["<M8[ns]", -9223372036854775808])",
          R"(["<m8[25us]", 0])",
          R"(["<M8", null])",
          R"([[["x", "<i2"], ["y", "<f8", [2, 3]], ["", "|V3"], ["z", [["a", "|S2"]]]], 0])",
          R"([[["x", "<i2"], ["y", "|u1"]], "AQID"])",
          R"(["|O", null])",
          R"([[["r", "|O"], ["n", "<i4"]], null])",
          R"([{"names": ["a"], "formats": ["<i4"], "offsets": [4], "itemsize": 8}, 0])",
          R"([[[["title", "name"], "<i4"]], 0])"};
}

std::size_t engram::fuzz::most_memory() { return 16U << 20U; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace engram;
  const auto text = fuzz::text_of(data, size);
  fuzz::is_answered([&] { (void)type_name(parse_typestr(text)); });
  fuzz::is_answered([&] {
    const Json pair = parse_json(text, fuzz::small_limits());
    if (!pair.is_array() || pair.size() != 2) return;
    if (zarr::holds_objects(pair[0])) return;
    const DataType type = zarr::dtype_from_json(pair[0]);
    const Json written = zarr::dtype_to_json(type);
    fuzz::require(zarr::dtype_from_json(written) == type, "a type is read as it was written");
    // Whoever reads metadata has compared this with the size that a chunk may have.
    if (type.size > fuzz::small_limits().max_chunk_bytes) return;
    const auto fill = zarr::fill_from_json(type, pair[1]);
    if (!fill) return;
    fuzz::require(fill->size() == type.size, "a fill value is one element");
    fuzz::require(zarr::fill_from_json(type, zarr::fill_to_json(type, fill)) == fill,
                  "a fill value is read as it was written");
  });
  return 0;
}
