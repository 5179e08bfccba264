// An array as a whole: a line with `.zarray`, or `zarr.json`, and the bytes of every chunk, or
// shard, behind it.
#include "engram/store/memory_store.hpp"
#include "engram/zarr/array.hpp"
#include "fuzz/seeds.hpp"
#include "fuzz/target.hpp"
#include "zarr/shard_index.hpp"

namespace {

using namespace engram;

/// One array, all of whose chunks have the same bytes.
class OneChunkStore final : public store::ReadableStore {
 public:
  OneChunkStore(std::string_view document, std::string_view chunk)
      : document_(document), chunk_(chunk) {}

  std::optional<Bytes> get(const store::Key& key, std::uint64_t max_size) const override {
    const bool is_v3 = document_.find("\"node_type\"") != std::string_view::npos;
    if (key.str() == (is_v3 ? ".zarray" : "zarr.json")) return std::nullopt;
    const bool is_document = key.str() == (is_v3 ? "zarr.json" : ".zarray");
    const std::string_view value = is_document ? document_ : chunk_;
    if (value.size() > max_size)
      throw Error(ErrorCode::limit_exceeded, "the value of " + key.str() + " is too long");
    return to_bytes(value);
  }
  std::optional<Bytes> get_range(const store::Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override {
    Bytes value = get(key, ~0ULL).value_or(Bytes());
    const std::size_t from = std::min<std::uint64_t>(offset, value.size());
    const std::size_t count = std::min<std::uint64_t>(size, value.size() - from);
    const auto begin = value.begin() + static_cast<std::ptrdiff_t>(from);
    return Bytes(begin, begin + static_cast<std::ptrdiff_t>(count));
  }
  std::optional<std::uint64_t> size(const store::Key& key) const override {
    const auto value = get(key, ~0ULL);
    return value ? std::optional<std::uint64_t>(value->size()) : std::nullopt;
  }
  store::Listing list_dir(const std::string&) const override { return {}; }
  std::string name() const override { return "one chunk"; }

 private:
  std::string_view document_, chunk_;
};

// A part of the array of at most `most` elements, at its end.
Region part_of(const Shape& shape, std::uint64_t most) {
  Region region{shape, shape};
  for (std::size_t d = 0; d < shape.size(); ++d) {
    region.shape[d] = std::min(shape[d], most);
    region.origin[d] = shape[d] - region.shape[d];
    most = std::max<std::uint64_t>(most / std::max<std::uint64_t>(region.shape[d], 1), 1);
  }
  return region;
}

enum class Form { v2, v3, shards };

std::string seed_of(const zarr::ArrayOptions& options, Form form = Form::v2) {
  const auto store = std::make_shared<store::MemoryStore>();
  zarr::Array array = zarr::Array::create(store, "", options);
  const std::uint64_t count = element_count(options.shape);
  if (options.object_codec) {
    std::vector<Json> objects;
    const bool is_text = options.object_codec->name == "vlen-utf8";
    for (std::uint64_t i = 0; i < count; ++i)
      objects.push_back(is_text ? Json("text " + std::to_string(i)) : Json({{"number", i}}));
    array.write_objects(Region::all(options.shape), objects);
  } else {
    Bytes elements(count * options.type.size);
    for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = std::byte(i / 8 % 7);
    array.write(Region::all(options.shape), elements);
  }
  const auto chunk = store->get(array.chunk_key(Shape(options.shape.size(), 0)), 1U << 20U);
  const std::string bytes(as_text(chunk.value()));
  if (form == Form::v2)
    return dump_json(zarr::to_zarray_json(array.metadata()), JsonStyle::line) + '\n' + bytes;
  zarr::ArrayMetadata metadata = array.metadata();
  metadata.zarr_format = 3;
  metadata.keys_begin_with_c = true;
  metadata.object_dtype = "string";
  if (form == Form::v3)
    return dump_json(zarr::to_zarr_json(metadata, Json::object()), JsonStyle::line) + '\n' + bytes;
  zarr::ShardLevel level;
  level.shape = metadata.chunk_shape;
  for (std::uint64_t& length : level.shape) length *= 2;
  zarr::ShardIndex index(std::uint64_t{1} << level.shape.size());
  index[0] = index[1] = zarr::ShardIndex::Entry{0, bytes.size()};
  // Without a checksum, so that changes of the index are looked at.
  level.index_has_checksum = false;
  metadata.shards = {level};
  return dump_json(zarr::to_zarr_json(metadata, Json::object()), JsonStyle::line) + '\n' + bytes +
         std::string(as_text(index.encode(level)));
}

}  // namespace

std::vector<std::string> engram::fuzz::seeds() {
  std::vector<std::string> made;
  zarr::ArrayOptions options;
  options.type = DataType::integer(4);
  options.shape = {20, 30};
  options.chunk_shape = {8, 16};
  for (const char* text :
       {"none", "zlib:1", "gzip:1", "bz2:1", "zstd:1", "lz4", "blosc:lz4:5:shuffle",
        "blosc:zstd:5:bitshuffle", "blosc:blosclz:5:shuffle"}) {
    options.compressor = codec::parse_codec(text);
    options.order = options.order.is_c() ? Order::fortran(2) : Order();
    made.push_back(seed_of(options));
    made.push_back(seed_of(options, Form::v3));
    made.push_back(seed_of(options, Form::shards));
  }
  options.filters = {
      {"delta", {{"dtype", "<i4"}}}, {"shuffle", {{"elementsize", 4}}}, {"crc32", Json::object()}};
  made.push_back(seed_of(options));
  options.filters.clear();
  for (const char* name : {"vlen-utf8", "json2", "msgpack2"}) {
    options.object_codec = {name, Json::object()};
    for (const char* text : {"none", "zlib:1", "zstd:1", "lz4", "blosc:lz4:5:shuffle", "bz2:1"}) {
      options.compressor = codec::parse_codec(text);
      made.push_back(seed_of(options));
      if (name == std::string("vlen-utf8")) made.push_back(seed_of(options, Form::shards));
    }
  }
  return made;
}

std::size_t engram::fuzz::most_memory() { return 64U << 20U; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto [head, rest] = fuzz::head_and_rest(fuzz::text_of(data, size));
  const Limits limits = fuzz::small_limits();
  // Its dictionaries have a bound, and a program, of their own.
  if (head.find("lzma") != std::string_view::npos) return 0;
  fuzz::is_answered([&, &head = head, &rest = rest] {
    const auto array =
        zarr::Array::open(std::make_shared<const OneChunkStore>(head, rest), "", limits);
    if (array.metadata().zarr_format == 3) {
      const Json written = zarr::to_zarr_json(array.metadata(), Json::object());
      const Json again = zarr::to_zarr_json(zarr::parse_zarr_json(written, limits), Json::object());
      fuzz::require(dump_json(written, JsonStyle::line) == dump_json(again, JsonStyle::line),
                    "what is written is read as it was");
    }
    const Region region = part_of(array.shape(), 256);
    if (array.metadata().is_object) {
      const auto objects = array.read_objects(region);
      fuzz::require(objects.size() == element_count(region.shape),
                    "there are as many as asked for");
    } else {
      const Bytes bytes = array.read_bytes(region);
      fuzz::require(bytes.size() == element_count(region.shape) * array.metadata().type.size,
                    "there are as many bytes as asked for");
    }
  });
  return 0;
}
