// `.zarray`.
#include "engram/array/chunk_grid.hpp"
#include "engram/base/json.hpp"
#include "engram/zarr/metadata.hpp"
#include "fuzz/seeds.hpp"
#include "fuzz/target.hpp"

std::vector<std::string> engram::fuzz::seeds() {
  zarr::ArrayOptions options;
  options.type = DataType::floating(8);
  options.shape = {100, 7};
  options.chunk_shape = {10, 7};
  options.filters = {{"shuffle", {{"elementsize", 8}}}};
  std::vector<std::string> made = {to_zarray(make_metadata(options))};
  options.object_codec = {"vlen-utf8", Json::object()};
  options.order = Order::fortran(2);
  options.separator = '/';
  made.push_back(to_zarray(make_metadata(options)));
  made.emplace_back(
      R"({"zarr_format":2,"shape":[3],"chunks":[2],"dtype":[["a","<i4"],["b","|S3",[2,2]]],)"
      R"("fill_value":"AAAAAAAAAAAAAAAAAAAAAA==","order":"C","filters":[{"id":"delta",)"
      R"("dtype":"<i4"}],"compressor":{"id":"lzma","preset":1,"filters":null},"x":[1.0]})");
  for (std::string& text : corpus_texts({".zarray"}, 200)) made.push_back(std::move(text));
  return made;
}

std::size_t engram::fuzz::most_memory() { return 32U << 20U; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace engram;
  const Limits limits = fuzz::small_limits();
  fuzz::is_answered([&] {
    const Json document = parse_json(fuzz::text_of(data, size), limits);
    const zarr::ArrayMetadata metadata = zarr::parse_zarray(document, limits);
    fuzz::require(metadata.shape.size() == metadata.chunk_shape.size(), "shapes have one rank");
    const ChunkGrid grid(metadata.shape, metadata.chunk_shape);
    if (grid.chunk_count() > 0) (void)chunk_key(metadata, grid.place(grid.chunk_count() - 1));
    const std::string text = to_zarray(metadata);
    const zarr::ArrayMetadata again = zarr::parse_zarray(parse_json(text, limits), limits);
    fuzz::require(to_zarray(again) == text, "metadata are read as they were written");
  });
  return 0;
}
