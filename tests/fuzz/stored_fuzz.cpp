// What a store says of the HDF5 file that it came from: JSON, applied to a tree, and said again.
#include "backend/stored_json.hpp"
#include "engram/base/json.hpp"
#include "fuzz/target.hpp"
#include "testing/fake_sources.hpp"

namespace {

using namespace engram;

hdmf::GroupBuilder tree() {
  hdmf::GroupBuilder root;
  root.attributes = testing::attributes_of({{"n", std::int64_t{3}}, {"plain", "text"}});
  root.attributes.set_form("n", {testing::number_type(DataType::unsigned_integer(1)), {}, false});
  auto grows = testing::dataset_of(
      "grows", testing::fake_array<float>(DataType::floating(4), {2}, {1, 2}, {2}));
  grows.stored = {false, {hdmf::StoredLayout::kUnlimited}, {}};
  hdmf::ObjectType fixed = testing::text_type(hdmf::ObjectType::Charset::ascii);
  fixed.fixed_length = 12;
  auto text = testing::dataset_of("text", fixed, {2}, {"a", "b"});
  text.stored = {std::nullopt, {8}, {2}};
  auto record = testing::dataset_of(
      "record",
      testing::record_type(
          {{"x", testing::list_type(testing::text_type(), {2})},
           {"r", testing::sequence_type(testing::object_type(hdmf::ObjectType::Kind::reference))}}),
      {0}, {});
  record.attributes.set("names", "more");
  root.datasets = {grows, text, record};
  return root;
}

}  // namespace

std::vector<std::string> engram::fuzz::seeds() {
  return {
      dump_json(backend::stored_to_json(tree()), JsonStyle::line),
      R"({"/": {"attributes": {"n": {"type": ">u2", "shape": [1]}}}, "/text": {"chunks": [2],
              "max_shape": [null], "type": {"text": "utf8", "length": 3}, "contiguous": true}})",
      R"({"/grows": {"codecs": [{"id": "zlib", "level": 4}], "checksum": true, "chunks": [1]}})"};
}

std::size_t engram::fuzz::most_memory() { return 32U << 20U; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace engram;
  fuzz::is_answered([&] {
    const Json json = parse_json(fuzz::text_of(data, size), fuzz::small_limits());
    hdmf::GroupBuilder root = tree();
    backend::apply_stored(json, root);
    for (const char* path : {"/text", "/record", "/grows", "/none"})
      if (const auto type = backend::stored_object_type(json, path))
        fuzz::require(backend::stored_type_from_json(backend::stored_type_to_json(*type)) == *type,
                      "a type that is written is read as the same");
    const Json said = backend::stored_to_json(root);
    hdmf::GroupBuilder again = root;
    backend::apply_stored(said, again);
    fuzz::require(backend::stored_to_json(again) == said, "what was said is said again");
  });
  return 0;
}
