// How objects are written, chunk by chunk:
//
// 1. Chunks hold kFirstElements elements to begin with. A chunk whose bytes would pass
//    kMaxPayload makes the whole array start over with a quarter of the elements; so the chunk
//    shape depends on the values alone.
// 2. The values of a chunk are read in boxes (ObjectBlocks).
// 3. Records that may become a structured type are read once more before, for the length of their
//    texts.

#include "backend/zarr_writer_objects.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "backend/object_blocks.hpp"
#include "engram/array/chunk_grid.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/pipeline.hpp"

namespace engram::backend {
namespace {

constexpr std::uint64_t kFirstElements = 65536;
constexpr std::uint64_t kMaxPayload = 32U << 20U;

// `items` of a region that is cut at the array's end, among padding where the chunk goes on.
std::vector<std::string> pad(std::vector<std::string> items, const Shape& region_shape,
                             const Shape& chunk_shape, const std::string& padding) {
  if (region_shape == chunk_shape) return items;
  std::vector<std::string> padded(static_cast<std::size_t>(element_count(chunk_shape)), padding);
  Shape index(region_shape.size(), 0);
  for (std::string& item : items) {
    std::uint64_t offset = 0;
    for (std::size_t d = 0; d < index.size(); ++d) offset = offset * chunk_shape[d] + index[d];
    padded[offset] = std::move(item);
    for (std::size_t d = index.size(); d-- > 0;) {
      if (++index[d] < region_shape[d]) break;
      index[d] = 0;
    }
  }
  return padded;
}

struct Written {
  std::uint64_t files = 0, bytes = 0, value_bytes = 0;
};

class ObjectWriter {
 public:
  ObjectWriter(const std::string& path, const hdmf::DatasetBuilder& dataset, ObjectForm& form,
               std::uint64_t block_bytes, store::Store& store)
      : path_(path),
        source_(*dataset.objects()),
        form_(form),
        store_(store),
        blocks_(source_, block_bytes) {}

  void scan() {
    blocks_.read(Region::all(source_.shape()),
                 [&](const Region&, const std::vector<hdmf::Value>& values) {
                   for (const hdmf::Value& value : values) form_.scan(value);
                   return std::optional<std::uint64_t>(0);
                 });
  }

  // nullopt: a chunk would be too large.
  std::optional<Written> write(const zarr::ArrayMetadata& metadata, const Shape& source_chunk) {
    const ChunkGrid grid(source_.shape(), source_chunk);
    Written written;
    for (std::uint64_t number = 0; number < grid.chunk_count(); ++number) {
      const Shape place = grid.place(number);
      auto items = read_chunk(grid.region(place), written);
      if (!items) return std::nullopt;
      auto padded = pad(std::move(*items), grid.region(place).shape, source_chunk, form_.padding());
      const Bytes payload = form_.payload(padded, metadata.chunk_shape);
      padded = {};  // the encoded chunk takes its place in memory
      write_chunk(metadata, place, payload, written);
    }
    return written;
  }

 private:
  std::optional<std::vector<std::string>> read_chunk(const Region& region, Written& written) {
    std::vector<std::string> items;
    std::uint64_t payload = 0;
    const auto encode =
        [&](const Region&, const std::vector<hdmf::Value>& values) -> std::optional<std::uint64_t> {
      std::uint64_t bytes = 0;
      for (const hdmf::Value& value : values) {
        std::string item = form_.encode(value);
        payload += item.size() + form_.overhead();
        if (payload > kMaxPayload && element_count(region.shape) > 1) return std::nullopt;
        bytes += item.size();
        items.push_back(std::move(item));
      }
      return bytes;
    };
    const bool complete = blocks_.read(region, encode);
    if (!complete) return std::nullopt;
    written.value_bytes += payload;
    return items;
  }

  void write_chunk(const zarr::ArrayMetadata& metadata, const Shape& place, const Bytes& payload,
                   Written& written) {
    std::vector<CodecConfig> codecs = metadata.codecs;
    if (metadata.is_object) codecs.erase(codecs.begin());
    const store::Key key(path_ + "/" + zarr::chunk_key(metadata, place));
    const Bytes encoded =
        codecs.empty() ? payload : codec::Pipeline(codecs).encode(payload, form_.element_size());
    store_.set(key, encoded);
    written.bytes += encoded.size();
    ++written.files;
  }

  const std::string& path_;
  const hdmf::ObjectSource& source_;
  ObjectForm& form_;
  store::Store& store_;
  ObjectBlocks blocks_;
};

// In v2 as hdmf-zarr has it scalars are arrays of one element.
Shape stored_shape(const Shape& shape, int zarr_format) {
  return shape.empty() && zarr_format == 2 ? Shape{1} : shape;
}

}  // namespace

ObjectResult write_object_values(const std::string& path, const hdmf::DatasetBuilder& dataset,
                                 ObjectForm& form, std::uint64_t block_bytes, store::Store& store,
                                 Counters& counters, zarr::ArrayMetadata& metadata) {
  const hdmf::ObjectSource& source = *dataset.objects();
  ObjectWriter writer(path, dataset, form, block_bytes, store);
  if (form.needs_scan()) writer.scan();
  form.decide();

  ObjectResult result;
  std::optional<Written> written;
  std::uint64_t elements = kFirstElements;
  if (form.element_size() > 1)
    elements = std::clamp<std::uint64_t>(kMaxPayload / form.element_size(), 1, elements);
  while (!written) {
    const std::uint64_t references_before = form.references();
    const std::uint64_t dangling_before = source.dangling();
    const Shape chunk = object_chunk_shape(source.shape(), elements);
    metadata = form.metadata();
    metadata.shape = stored_shape(source.shape(), metadata.zarr_format);
    metadata.chunk_shape = stored_shape(chunk, metadata.zarr_format);
    written = writer.write(metadata, chunk);
    result.references = form.references() - references_before;
    result.dangling = source.dangling() - dangling_before;
    elements = std::max<std::uint64_t>(1, element_count(chunk) / 4);
  }
  // Text that is no UTF-8 shows only while it is encoded; the payload is the same either way.
  const Shape shape = metadata.shape, chunk_shape = metadata.chunk_shape;
  metadata = form.metadata();
  metadata.shape = shape;
  metadata.chunk_shape = chunk_shape;
  result.bytes = written->value_bytes;
  counters.files += written->files;
  counters.bytes += written->bytes;
  counters.chunks_recoded += written->files;
  return result;
}

}  // namespace engram::backend
