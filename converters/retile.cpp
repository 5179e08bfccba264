#include "converters/retile.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "base/thread_buffer.hpp"
#include "converters/chunk_shape.hpp"
#include "engram/array/chunk_grid.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/codec.hpp"
#include "engram/codec/hdf5_filter.hpp"
#include "engram/codec/pipeline.hpp"

namespace engram::converter {
namespace {

// A band is no larger than it need be to keep all threads busy for a while.
constexpr std::uint64_t kBandBytes = 64U << 20;
// What is read at once of a source without chunks.
constexpr std::uint64_t kPieceBytes = 8U << 20;

// Bytes of a row, one place of dimension 0, that is `columns` wide.
std::uint64_t row_bytes(const ArrayInfo& info, std::uint64_t columns) {
  std::uint64_t bytes = info.type.size;
  for (std::size_t i = 1; i < info.shape.size(); ++i)
    bytes = checked_multiply(bytes, i == 1 ? columns : info.shape[i], "the size of a band");
  return bytes;
}

// True when each chunk of the target is one run of the array's elements.
bool is_run(const Shape& shape, const Shape& chunk_shape) {
  for (std::size_t i = 1; i < shape.size(); ++i)
    if (chunk_shape[i] < shape[i]) return false;
  return true;
}

class BandCopy {
 public:
  BandCopy(const ArraySource& source, const Bands& bands, const IsWanted& is_wanted,
           const TakeChunk& take, ThreadPool& pool, std::stop_token stop)
      : source_(source),
        info_(source.info()),
        bands_(bands),
        is_wanted_(is_wanted),
        take_(take),
        pool_(pool),
        stop_(std::move(stop)),
        grid_(info_.shape, bands.chunk_shape),
        fill_(info_.fill_value.value_or(Bytes(info_.type.size))) {
    make_little_endian(info_.type, fill_);
    const EncodedChunks* encoded = source.encoded();
    if (encoded == nullptr || info_.chunk_shape.empty() || !all_known(encoded->codecs())) return;
    decoder_.emplace(codec::Pipeline::decoder(encoded->codecs()));
    source_grid_.emplace(info_.shape, info_.chunk_shape);
    listed_ = encoded->chunks();
    std::sort(listed_.begin(), listed_.end(),
              [](const auto& a, const auto& b) { return a.number < b.number; });
    if (!listed_.empty() && listed_.back().number >= source_grid_->chunk_count())
      throw Error(ErrorCode::corrupt_data, "a chunk is stored outside of the array");
  }

  void run() {
    const std::uint64_t width = info_.shape.size() > 1 ? info_.shape[1] : 1;
    for (first_column_ = 0; first_column_ < width; first_column_ += bands_.columns) {
      columns_ = std::min(bands_.columns, width - first_column_);
      run_part();
    }
  }

 private:
  // From the first row to the last, over the columns of this part. The buffer holds the rows from
  // first_row_ on; those that the source gave beyond a band stay for the next.
  void run_part() {
    row_bytes_ = row_bytes(info_, columns_);
    first_row_ = 0;
    std::uint64_t known = 0;
    while (first_row_ < info_.shape[0]) {
      const std::uint64_t end = std::min(first_row_ + bands_.rows, info_.shape[0]);
      if (!is_any_wanted(end)) {
        // What the source gave beyond it goes too; the next band reads its rows from the first on.
        buffer_.clear();
        first_row_ = known = end;
        continue;
      }
      const std::uint64_t wanted =
          std::min(divide_up(end, bands_.source_rows) * bands_.source_rows, info_.shape[0]);
      buffer_.resize((wanted - first_row_) * row_bytes_);
      if (wanted > known) read(known, wanted);
      known = wanted;
      pass(end);
      std::memmove(buffer_.data(), buffer_.data() + (end - first_row_) * row_bytes_,
                   (known - end) * row_bytes_);
      first_row_ = end;
    }
  }

  // The part of the array that the buffer's rows `first` to `end` hold.
  Region part(std::uint64_t first, std::uint64_t end) const {
    Region region = Region::all(info_.shape);
    region.origin[0] = first;
    region.shape[0] = end - first;
    if (region.shape.size() > 1) {
      region.origin[1] = first_column_;
      region.shape[1] = columns_;
    }
    return region;
  }

  void for_all(std::uint64_t count, const std::function<void(std::uint64_t)>& task) {
    // Its memory is part of what the caller holds.
    MemoryBudget unbounded(~std::uint64_t{0});
    parallel_for(
        pool_, unbounded, count, [](std::uint64_t) { return 1; }, task, stop_);
  }

  void read(std::uint64_t first, std::uint64_t end) {
    if (decoder_) {
      decode(first, end);
      return;
    }
    const std::uint64_t unit = bands_.source_rows;
    const std::uint64_t piece =
        std::max<std::uint64_t>(kPieceBytes / std::max<std::uint64_t>(row_bytes_ * unit, 1), 1) *
        unit;
    for_all(divide_up(end - first, piece), [&](std::uint64_t i) {
      const std::uint64_t from = first + i * piece, to = std::min(end, from + piece);
      source_.read(part(from, to), std::span(buffer_).subspan((from - first_row_) * row_bytes_,
                                                              (to - from) * row_bytes_));
    });
  }

  // `first` is the first row of a row of chunks, and `end` of another or the array's end.
  void decode(std::uint64_t first, std::uint64_t end) {
    const std::uint64_t in_row = source_grid_->chunk_count() / source_grid_->grid_shape()[0];
    const auto by_number = [](const EncodedChunk& chunk, std::uint64_t number) {
      return chunk.number < number;
    };
    const std::uint64_t unit = info_.chunk_shape[0];
    const auto begin =
        std::lower_bound(listed_.begin(), listed_.end(), first / unit * in_row, by_number);
    const auto stop =
        std::lower_bound(begin, listed_.end(), divide_up(end, unit) * in_row, by_number);
    if (static_cast<std::uint64_t>(stop - begin) < (divide_up(end, unit) - first / unit) * in_row) {
      const Shape shape = part(first_row_, end).shape;
      Region missing = Region::all(shape);
      missing.origin[0] = first - first_row_;
      missing.shape[0] = end - first;
      fill_region(buffer_, shape, missing, fill_);
    }
    for_all(static_cast<std::uint64_t>(stop - begin),
            [&](std::uint64_t i) { decode_chunk(begin[static_cast<std::ptrdiff_t>(i)], end); });
  }

  void decode_chunk(const EncodedChunk& chunk, std::uint64_t end) {
    Region region = source_grid_->region(source_grid_->place(chunk.number));
    const Region whole = part(first_row_, end);
    Region from{Shape(region.shape.size(), 0), region.shape};
    Region to = region;
    for (std::size_t d = 0; d < to.origin.size(); ++d) {
      const std::uint64_t left = std::max(region.origin[d], whole.origin[d]);
      const std::uint64_t right =
          std::min(region.origin[d] + region.shape[d], whole.origin[d] + whole.shape[d]);
      if (left >= right) return;  // In another part of the columns.
      from.origin[d] = left - region.origin[d];
      to.origin[d] = left - whole.origin[d];
      from.shape[d] = to.shape[d] = right - left;
    }
    const std::uint64_t size = info_.type.size;
    ThreadBuffer stored_buffer, decoded_buffer;
    Bytes &stored = stored_buffer.bytes(), &elements = decoded_buffer.bytes();
    stored.resize(chunk.size);
    const std::uint32_t mask = source_.encoded()->read(chunk, stored);
    elements.resize(element_count(info_.chunk_shape) * size);
    decoder_->decode(stored, elements, mask);
    make_little_endian(info_.type, elements);
    copy_region(elements, info_.chunk_shape, from, buffer_, whole.shape, to, size);
  }

  // How many chunks of the target the band up to row `end` has, along each dimension.
  Shape places_up_to(std::uint64_t end) const {
    const Shape& chunk = bands_.chunk_shape;
    Shape places = grid_.grid_shape();
    places[0] = divide_up(end, chunk[0]) - first_row_ / chunk[0];
    if (places.size() > 1) places[1] = divide_up(columns_, chunk[1]);
    return places;
  }

  // The place in the grid of number `i` of those.
  Shape place_of(std::uint64_t i, const Shape& places) const {
    Shape place(places.size(), 0);
    for (std::size_t d = places.size(); d-- > 0;) {
      place[d] = i % places[d];
      i /= places[d];
    }
    place[0] += first_row_ / bands_.chunk_shape[0];
    if (place.size() > 1) place[1] += first_column_ / bands_.chunk_shape[1];
    return place;
  }

  bool is_any_wanted(std::uint64_t end) const {
    if (!is_wanted_) return true;
    const Shape places = places_up_to(end);
    const std::uint64_t count = element_count(places);
    for (std::uint64_t i = 0; i < count; ++i)
      if (is_wanted_(grid_.number(place_of(i, places)))) return true;
    return false;
  }

  // All chunks up to row `end`.
  void pass(std::uint64_t end) {
    const Shape places = places_up_to(end);
    const Shape held = part(first_row_, first_row_ + buffer_.size() / row_bytes_).shape;
    for_all(element_count(places), [&](std::uint64_t i) {
      const Shape place = place_of(i, places);
      const std::uint64_t number = grid_.number(place);
      if (is_wanted_ && !is_wanted_(number)) return;
      const Region region = grid_.region(place);
      Region from = region;
      from.origin[0] -= first_row_;
      if (place.size() > 1) from.origin[1] -= first_column_;
      const std::uint64_t size = info_.type.size;
      ThreadBuffer buffer;
      Bytes& elements = buffer.bytes();
      elements.resize(element_count(region.shape) * size);
      copy_region(buffer_, held, from, elements, region.shape,
                  {Shape(place.size(), 0), region.shape}, size);
      take_(number, elements);
    });
  }

  const ArraySource& source_;
  const ArrayInfo& info_;
  const Bands& bands_;
  const IsWanted& is_wanted_;
  const TakeChunk& take_;
  ThreadPool& pool_;
  const std::stop_token stop_;
  const ChunkGrid grid_;
  Bytes fill_;
  std::optional<codec::Pipeline> decoder_;
  std::optional<ChunkGrid> source_grid_;
  std::vector<EncodedChunk> listed_;
  Bytes buffer_;
  std::uint64_t first_row_ = 0, first_column_ = 0, columns_ = 0, row_bytes_ = 0;
};

}  // namespace

bool all_known(const std::vector<CodecConfig>& codecs) {
  return std::all_of(codecs.begin(), codecs.end(), [](const auto& config) {
    return codec::is_known_codec(config.name) || codec::is_hdf5_decoder(config.name);
  });
}

std::optional<Bands> plan_bands(const ArrayInfo& source, const Shape& chunk_shape,
                                std::uint64_t memory) {
  const Shape& shape = source.shape;
  if (shape.empty() || element_count(shape) == 0) return std::nullopt;
  if (source.chunk_shape == chunk_shape) return std::nullopt;
  if (source.chunk_shape.empty() && is_run(shape, chunk_shape)) return std::nullopt;
  Bands bands;
  bands.chunk_shape = chunk_shape;
  if (!source.chunk_shape.empty()) bands.source_rows = source.chunk_shape[0];
  const std::uint64_t width = shape.size() > 1 ? shape[1] : 1;
  const auto held = [&](std::uint64_t rows, std::uint64_t columns) {
    const std::uint64_t spare = bands.source_rows - 1;
    return checked_multiply(std::min(shape[0], checked_add(rows, spare, "the rows of a band")),
                            row_bytes(source, columns), "the size of a band");
  };
  bands.columns = width;
  if (held(chunk_shape[0], width) > memory) {
    if (shape.size() < 2) return std::nullopt;
    // Where the parts end, chunks of the source do not, if it can be.
    const std::uint64_t own = source.chunk_shape.empty() ? 1 : source.chunk_shape[1];
    const std::uint64_t both = chunk_shape[1] / std::gcd(chunk_shape[1], own) * own;
    const std::uint64_t unit =
        both < width && held(chunk_shape[0], both) <= memory ? both : chunk_shape[1];
    bands.columns = memory / held(chunk_shape[0], unit) * unit;
    if (bands.columns == 0) return std::nullopt;
    bands.columns = std::min(bands.columns, width);
  }
  const std::uint64_t aim = std::min(memory, kBandBytes);
  const std::uint64_t fit = aim / row_bytes(source, bands.columns);
  const std::uint64_t spare = bands.source_rows - 1;
  const std::uint64_t chunk_rows = fit > spare ? (fit - spare) / chunk_shape[0] : 0;
  bands.rows = std::max<std::uint64_t>(chunk_rows, 1) * chunk_shape[0];
  bands.bytes = held(bands.rows, bands.columns);
  return bands;
}

void copy_bands(const ArraySource& source, const Bands& bands, const IsWanted& is_wanted,
                const TakeChunk& take, ThreadPool& pool, MemoryBudget& budget,
                std::stop_token stop) {
  const std::uint64_t size = source.info().type.size;
  const std::uint64_t in = element_count(source.info().chunk_shape) * size;
  const std::uint64_t out = element_count(bands.chunk_shape) * size;
  const MemoryBudget::Share share =
      budget.take(bands.bytes + pool.size() * std::max(2 * in, 3 * out));
  BandCopy(source, bands, is_wanted, take, pool, std::move(stop)).run();
}

}  // namespace engram::converter
