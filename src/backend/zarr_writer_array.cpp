#include "backend/zarr_writer_array.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/thread_buffer.hpp"
#include "engram/base/error.hpp"

namespace engram::backend {
namespace {

bool is_compressor(const CodecConfig& codec) {
  static constexpr std::array kNames = {"zlib", "gzip", "zstd", "lz4", "bz2", "blosc"};
  return std::find(kNames.begin(), kNames.end(), codec.name) != kNames.end();
}

}  // namespace

zarr::ArrayMetadata array_metadata(const ArrayPlan& plan) {
  zarr::ArrayMetadata metadata;
  metadata.type = plan.info.type;
  metadata.shape = plan.info.shape;
  metadata.chunk_shape = plan.info.chunk_shape.empty() ? plan.info.shape : plan.info.chunk_shape;
  if (metadata.shape.empty()) metadata.shape = metadata.chunk_shape = {1};
  for (std::uint64_t& length : metadata.chunk_shape) length = std::max<std::uint64_t>(length, 1);
  // Without a fill value zarr-python makes missing chunks of whatever is in memory.
  metadata.fill_value = plan.info.fill_value
                            ? *plan.info.fill_value
                            : Bytes(static_cast<std::size_t>(metadata.type.size), std::byte{0});
  metadata.codecs = plan.codecs;
  metadata.has_compressor = !plan.codecs.empty() && is_compressor(plan.codecs.back());
  return metadata;
}

ZarrArraySink::ZarrArraySink(std::shared_ptr<store::Store> store,
                             std::shared_ptr<Counters> counters, std::string path,
                             zarr::ArrayMetadata metadata, std::optional<codec::Adopter> adopter,
                             bool resume)
    : store_(std::move(store)),
      counters_(std::move(counters)),
      path_(std::move(path)),
      metadata_(std::move(metadata)),
      grid_(metadata_.shape, metadata_.chunk_shape),
      pipeline_(metadata_.codecs),
      adopter_(std::move(adopter)),
      resume_(resume) {}

store::Key ZarrArraySink::key(std::uint64_t chunk_number) const {
  return store::Key(path_ + "/" + zarr::chunk_key(metadata_, grid_.place(chunk_number)));
}

bool ZarrArraySink::take_over(std::uint64_t chunk_number) {
  if (!resume_) return false;
  const auto size = store_->size(key(chunk_number));
  if (!size) return false;
  ++counters_->files;
  counters_->bytes += *size;
  ++counters_->chunks_taken_over;
  return true;
}

void ZarrArraySink::put(std::uint64_t chunk_number, BytesView encoded) {
  store_->set(key(chunk_number), encoded);
  ++counters_->files;
  counters_->bytes += encoded.size();
}

void ZarrArraySink::write_encoded(std::uint64_t chunk_number, std::uint32_t filter_mask,
                                  Bytes& bytes) {
  if (!adopter_)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("/{} was not planned for chunks that are encoded", path_));
  const codec::Adoption adoption = adopter_->adopt(bytes, filter_mask);
  put(chunk_number, bytes);
  switch (adoption) {
    case codec::Adoption::verbatim:
      ++counters_->chunks_verbatim;
      break;
    case codec::Adoption::framed:
      ++counters_->chunks_framed;
      break;
    case codec::Adoption::inflated:
      ++counters_->chunks_inflated;
      ++counters_->chunks_recoded;
      break;
    case codec::Adoption::recoded:
      ++counters_->chunks_recoded;
      break;
  }
}

void ZarrArraySink::write(std::uint64_t chunk_number, BytesView elements) {
  const Region region = grid_.region(grid_.place(chunk_number));
  const std::uint64_t expected = element_count(region.shape) * metadata_.type.size;
  if (elements.size() != expected)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("chunk {} of /{} was given {} bytes, not {}", chunk_number, path_,
                            elements.size(), expected));
  const bool as_given = region.shape == metadata_.chunk_shape && metadata_.type.is_little_endian();
  std::optional<ThreadBuffer> whole;  // Taken only where it is needed: a thread keeps few.
  if (!as_given) {
    fill_chunk(region, elements, whole.emplace().bytes());
    elements = whole->bytes();
  }
  ThreadBuffer buffer;
  put(chunk_number, pipeline_.encode(elements, metadata_.type.size, buffer.bytes()));
  ++counters_->chunks_recoded;
}

// The elements among fill values where the chunk goes beyond the array, in the array's byte order.
void ZarrArraySink::fill_chunk(const Region& region, BytesView elements, Bytes& chunk) const {
  const Shape& shape = metadata_.chunk_shape;
  chunk.resize(static_cast<std::size_t>(element_count(shape) * metadata_.type.size));
  if (region.shape != shape) {
    Bytes fill = *metadata_.fill_value;
    make_little_endian(metadata_.type, fill);
    // Where only the first dimension ends early, what is missing is the chunk's end.
    const bool is_end =
        !shape.empty() && std::equal(shape.begin() + 1, shape.end(), region.shape.begin() + 1);
    Region missing = Region::all(shape);
    if (is_end) {
      missing.origin[0] = region.shape[0];
      missing.shape[0] -= region.shape[0];
    }
    fill_region(chunk, shape, missing, fill);
  }
  const Region box = Region::all(region.shape);
  copy_region(elements, region.shape, box, chunk, metadata_.chunk_shape, box, metadata_.type.size);
  make_little_endian(metadata_.type, chunk);  // its own reverse
}

}  // namespace engram::backend
