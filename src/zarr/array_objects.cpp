// Reading and writing objects.

#include <fmt/format.h>

#include <algorithm>

#include "engram/codec/object_codec.hpp"
#include "engram/zarr/array.hpp"
#include "zarr/chunk_source.hpp"
#include "zarr/chunk_walk.hpp"
#include "zarr/documents.hpp"
#include "zarr/fill.hpp"
#include "zarr/object_chunk.hpp"

namespace engram::zarr {
namespace {

// An object and what it points to, roughly: its size is known only once it is there.
constexpr std::uint64_t kObjectCost = 64;

bool is_vlen(const std::string& codec) { return codec.starts_with("vlen-"); }

// The fill value of records with objects in them is what the codec makes of one, in base64.
void check_fill(const ArrayMetadata& metadata) {
  if (metadata.object_dtype.is_array() && !metadata.object_fill.is_null())
    throw Error(ErrorCode::unsupported,
                "this chunk is not there, and the fill value of records with objects is not known");
}

bool same(const Json& a, const Json& b) {
  return a.type() == b.type()
             ? a == b
             : dump_json(a, JsonStyle::compact) == dump_json(b, JsonStyle::compact);
}

}  // namespace

Json object_padding(const ArrayMetadata& metadata) {
  const Json& fill = metadata.object_fill;
  const std::string& codec = metadata.codecs.front().name;
  if (!is_vlen(codec) || !(fill.is_null() || fill == 0)) return fill;
  if (codec == "vlen-array") return Json::array();
  return codec == "vlen-bytes" ? Json::binary({}) : Json("");
}

std::vector<Json> Array::read_objects(const Region& region, const Workers& workers) const {
  check_inside(region, metadata_.shape);
  if (!metadata_.is_object)
    throw Error(ErrorCode::invalid_argument, "an array of fixed-size elements has no objects");
  at_key(join(path_, document_name()), [&] { check_object_codec(metadata_); });
  pipeline();
  const Order& order = metadata_.order;
  auto objects = detail::make_values<std::vector<Json>>(element_count(region.shape));
  std::fill(objects.begin(), objects.end(), metadata_.object_fill);
  const ChunkWalk walk(grid_, region);
  const ChunkSource source(store_, path_, metadata_);
  run_tasks(
      workers, walk.count(), kObjectCost * element_count(metadata_.chunk_shape),
      [&](std::uint64_t i) {
        const Shape place = walk.place(i);
        const store::Key key = chunk_key(place);
        at_key(key.str(), [&] {
          const auto stored = source.reader().get(key, max_stored_objects(limits_));
          if (!stored) return check_fill(metadata_);
          const Overlap overlap = walk.overlap(place);
          std::vector<Json> chunk = decode_objects(metadata_, *stored, limits_);
          for_each_index(overlap.in_chunk.shape, [&](const Shape& index) {
            objects[offset_in(region.shape, {}, index, overlap.in_region.origin)] = std::move(
                chunk[offset_in(metadata_.chunk_shape, order, index, overlap.in_chunk.origin)]);
          });
        });
      });
  return objects;
}

void Array::write_objects(const Region& region, std::span<const Json> objects,
                          const Workers& workers) {
  check_inside(region, metadata_.shape);
  if (!metadata_.is_object)
    throw Error(ErrorCode::invalid_argument, "an array of fixed-size elements has no objects");
  if (objects.size() != element_count(region.shape))
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("{} objects for a region of {}", objects.size(), element_count(region.shape)));
  at_key(join(path_, document_name()), [&] { check_object_codec(metadata_); });
  (void)pipeline();
  write_by_shard(region, [&](store::Store& store, const Region& part) {
    write_objects_part(store, region, part, objects, workers);
  });
}

void Array::write_objects_part(store::Store& store, const Region& region, const Region& part,
                               std::span<const Json> objects, const Workers& workers) {
  const codec::Pipeline& codecs = pipeline();
  const Order& order = metadata_.order;
  const Json fill = object_padding(metadata_);
  const ChunkWalk walk(grid_, region), touched(grid_, part);

  const auto write_one = [&](const Shape& place, const store::Key& key) {
    const Overlap overlap = walk.overlap(place);
    const auto stored =
        walk.covers(place, overlap) ? std::nullopt : store.get(key, max_stored_objects(limits_));
    std::vector<Json> chunk =
        stored ? decode_objects(metadata_, *stored, limits_)
               : std::vector<Json>(static_cast<std::size_t>(element_count(metadata_.chunk_shape)),
                                   fill);
    for_each_index(overlap.in_chunk.shape, [&](const Shape& index) {
      chunk[offset_in(metadata_.chunk_shape, order, index, overlap.in_chunk.origin)] =
          objects[offset_in(region.shape, {}, index, overlap.in_region.origin)];
    });
    const auto is_fill = [&](const Json& object) { return same(object, metadata_.object_fill); };
    if (!write_empty_chunks_ && !metadata_.object_fill.is_null() &&
        std::all_of(chunk.begin(), chunk.end(), is_fill))
      return store.erase(key);
    const Bytes payload =
        codec::encode_objects(metadata_.codecs.front(), chunk, metadata_.chunk_shape);
    store.set(key, codecs.encode(payload, 1));
  };
  run_tasks(workers, touched.count(), 2 * kObjectCost * element_count(metadata_.chunk_shape),
            [&](std::uint64_t i) {
              const Shape place = touched.place(i);
              const store::Key key = chunk_key(place);
              at_key(key.str(), [&] { write_one(place, key); });
            });
}

}  // namespace engram::zarr
