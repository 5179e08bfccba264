#include "engram/zarr/recode.hpp"

#include <fmt/format.h>

#include <atomic>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "engram/base/error.hpp"
#include "engram/codec/pipeline.hpp"
#include "zarr/chunk_keys.hpp"
#include "zarr/chunk_walk.hpp"
#include "zarr/documents.hpp"
#include "zarr/object_chunk.hpp"
#include "zarr/shard_edit.hpp"
#include "zarr/shard_places.hpp"

namespace engram::zarr {
namespace {

// Chunks of arrays with shards, by the place of the shard that they lie in; else nothing.
std::map<Shape, std::vector<EncodedChunk>> by_shard(const ArrayMetadata& metadata,
                                                    const ChunkGrid& grid,
                                                    const std::vector<EncodedChunk>& chunks) {
  std::map<Shape, std::vector<EncodedChunk>> shards;
  if (metadata.shards.empty()) return shards;
  const ShardPlaces places(metadata.shards.front(), metadata.chunk_shape);
  for (const EncodedChunk& chunk : chunks)
    shards[places.find(grid.place(chunk.number)).shard].push_back(chunk);
  return shards;
}

class Recoder {
 public:
  Recoder(const ArrayMetadata& before, const ArrayMetadata& after, const Limits& limits)
      : before_(before),
        limits_(limits),
        element_size_(before.is_object ? 1 : before.type.size),
        decoder_(codecs_of_bytes(before)),
        encoder_(codecs_of_bytes(after), elements_of(before)) {}

  Bytes recoded(BytesView stored) const {
    const Bytes decoded = before_.is_object ? decode_payload(before_, stored, limits_)
                                            : decoder_.decode(stored, size_of_chunk(before_));
    Bytes encoded = encoder_.encode(decoded, element_size_);
    if (encoder_.decode(encoded, decoded.size()) != decoded)
      throw Error(ErrorCode::unsupported,
                  "encoded anew it would not be what it was: the codec loses something");
    return encoded;
  }

 private:
  const ArrayMetadata& before_;
  const Limits& limits_;
  const std::uint64_t element_size_;
  const codec::Pipeline decoder_, encoder_;
};

}  // namespace

Recoded recode(Transaction& transaction, std::string_view path, std::vector<CodecConfig> codecs,
               const Workers& workers, const Limits& limits) {
  // The transaction is the caller's.
  const std::shared_ptr<store::Store> store(std::shared_ptr<void>(), &transaction);
  const Array array = Array::open(store, path, limits);
  const ArrayMetadata& before = array.metadata();
  if (before.is_object) check_object_codec(before);
  const bool is_same_kind = codecs.size() == before.codecs.size() &&
                            (!before.is_object || codecs.front() == before.codecs.front());
  if (!is_same_kind)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("/{}: {} codecs in place of {}, or another one for objects",
                            array.path(), codecs.size(), before.codecs.size()));
  ArrayMetadata after = before;
  after.codecs = std::move(codecs);
  const Recoder recoder(before, after, limits);
  const auto chunks = array.stored_chunks();
  if (!chunks)
    throw Error(ErrorCode::unsupported,
                fmt::format("/{}: the chunks of {} can't be listed", array.path(), store->name()));
  std::atomic<std::uint64_t> bytes_before = 0, bytes_after = 0;
  const auto recode_all = [&](store::Store& values, std::span<const EncodedChunk> some) {
    run_tasks(workers, some.size(), 4 * (before.is_object ? 0 : size_of_chunk(before)),
              [&](std::uint64_t i) {
                const store::Key key = array.chunk_key(array.grid().place(some[i].number));
                at_key(key.str(), [&] {
                  const auto stored = values.get(key, array.max_stored_size());
                  if (!stored) return;
                  const Bytes encoded = recoder.recoded(*stored);
                  values.set(key, encoded);
                  bytes_before += stored->size();
                  bytes_after += encoded.size();
                });
              });
  };
  if (before.shards.empty()) recode_all(transaction, *chunks);
  for (const auto& [shard, in_shard] : by_shard(before, array.grid(), *chunks)) {
    const auto edit = ShardEdit::of(transaction, array.path(), before);
    recode_all(*edit, in_shard);
    edit->commit();
  }
  if (before.zarr_format == 3)
    write_node_v3(transaction, array.path(), to_zarr_json(after, array.attributes()));
  else
    transaction.set(store::Key(join(array.path(), kArrayName)), as_bytes(to_zarray(after)));
  return {chunks->size(), bytes_before, bytes_after};
}

}  // namespace engram::zarr
