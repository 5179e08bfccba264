#include "converters/retile.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <utility>
#include <vector>

#include "array/chunk_walk.hpp"
#include "base/thread_buffer.hpp"
#include "engram/array/chunk_grid.hpp"
#include "engram/base/buffer.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/codec.hpp"
#include "engram/codec/hdf5_filter.hpp"
#include "engram/codec/pipeline.hpp"

namespace engram::converter {
namespace {

// A band is no larger than it need be to keep all threads busy for a while.
constexpr std::uint64_t kBandBytes = 64U << 20;
// What is read at once of a source without chunks: so little that it is still in the core's cache
// when it is cut.
constexpr std::uint64_t kPieceBytes = 256U << 10;
// What is read at once of chunks that only the source itself decodes.
constexpr std::uint64_t kSourceBytes = 8U << 20;
// What one task reads.
constexpr std::uint64_t kTogetherBytes = 1U << 20;

// Bytes of a row, one place of dimension 0, that is `columns` wide.
std::uint64_t row_bytes(const ArrayInfo& info, std::uint64_t columns) {
  std::uint64_t bytes = info.type.size;
  for (std::size_t i = 1; i < info.shape.size(); ++i)
    bytes = checked_multiply(bytes, i == 1 ? columns : info.shape[i], "the size of a band");
  return bytes;
}

// Rows that are read at once: whole rows of the source's chunks, if it has some.
std::uint64_t piece_rows(const ArrayInfo& source, std::uint64_t columns) {
  const std::uint64_t unit = source.chunk_shape.empty() ? 1 : source.chunk_shape[0];
  const std::uint64_t aim = source.chunk_shape.empty() ? kPieceBytes : kSourceBytes;
  const std::uint64_t least =
      checked_multiply(unit, row_bytes(source, columns), "what is read at once");
  return unit * std::max<std::uint64_t>(aim / least, 1);
}

// True when each chunk of the target is one run of the array's elements.
bool is_run(const Shape& shape, const Shape& chunk_shape) {
  for (std::size_t i = 1; i < shape.size(); ++i)
    if (chunk_shape[i] < shape[i]) return false;
  return true;
}

/// Memory for chunks of one size, used again and again, of which there are no more than `most`.
class ChunkBuffers {
 public:
  ChunkBuffers(std::uint64_t size, std::uint64_t most) : size_(size), left_(most) {}

  /// Waits until there is one; it comes back when the result is destroyed.
  std::shared_ptr<Buffer> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return left_ > 0 || !free_.empty(); });
    Buffer buffer;
    if (free_.empty()) {
      buffer = Buffer(size_);
      --left_;
    } else {
      buffer = std::move(free_.back());
      free_.pop_back();
    }
    return {new Buffer(std::move(buffer)), [this](Buffer* used) { give_back(used); }};
  }

 private:
  void give_back(Buffer* used) {
    const std::unique_ptr<Buffer> owner(used);
    const std::scoped_lock lock(mutex_);
    free_.push_back(std::move(*used));
    changed_.notify_all();
  }

  const std::uint64_t size_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t left_;
  std::vector<Buffer> free_;
};

class BandCopy {
 public:
  BandCopy(const ArraySource& source, const Bands& bands, const IsWanted& is_wanted,
           const TakeChunk& take, ThreadPool& pool, std::stop_token stop)
      : source_(source),
        info_(source.info()),
        bands_(bands),
        is_wanted_(is_wanted),
        take_(take),
        grid_(info_.shape, bands.chunk_shape),
        fill_(info_.fill_value.value_or(Bytes(info_.type.size))),
        pool_(pool),
        stop_(std::move(stop)),
        chunk_bytes_(element_count(bands.chunk_shape) * info_.type.size),
        buffers_(chunk_bytes_, bands.bytes / chunk_bytes_ + pool.size()),
        stream_(pool, unbounded_, stop_) {
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
    for (std::uint64_t column = 0; column < width; column += bands_.columns) {
      part_ = Region::all(info_.shape);
      if (part_.shape.size() > 1) {
        part_.origin[1] = column;
        part_.shape[1] = std::min(bands_.columns, width - column);
      }
      if (!run_part()) break;
    }
    stream_.finish();
  }

 private:
  // From the first row to the last, over the columns of part_. Chunks that the source gave a part
  // of beyond a band stay for the next.
  bool run_part() {
    const std::uint64_t length = info_.shape[0];
    std::uint64_t end = 0, known = 0;
    for (std::uint64_t first = 0; first < length; first = end) {
      end = std::min(first + bands_.rows, length);
      const Region band = rows(first, end);
      if (!is_any_wanted(band)) {
        // What the source gave beyond it goes too; the next band reads its rows from the first on.
        chunks_.clear();
        known = end;
        continue;
      }
      const std::uint64_t wanted =
          std::min(divide_up(end, bands_.source_rows) * bands_.source_rows, length);
      part_ = rows(first, wanted);
      const ChunkWalk walk(grid_, part_);
      for (std::uint64_t i = 0; i < walk.count(); ++i) {
        auto& chunk = chunks_[grid_.number(walk.place(i))];
        if (!chunk) chunk = buffers_.take();
      }
      if (wanted > known) read(known, wanted);
      known = wanted;
      if (!pass(band)) return false;
    }
    chunks_.clear();
    return true;
  }

  // These rows of the columns of part_.
  Region rows(std::uint64_t first, std::uint64_t end) const {
    Region region = part_;
    region.origin[0] = first;
    region.shape[0] = end - first;
    return region;
  }

  bool is_any_wanted(const Region& band) const {
    if (!is_wanted_) return true;
    const ChunkWalk walk(grid_, band);
    for (std::uint64_t i = 0; i < walk.count(); ++i)
      if (is_wanted_(grid_.number(walk.place(i)))) return true;
    return false;
  }

  // Calls `task` for each of 0 to `count`, `together` of them at a time, and waits.
  template <typename Task>
  void for_all(std::uint64_t count, std::uint64_t together, const Task& task) {
    const auto some = [&](std::uint64_t i) {
      const std::uint64_t end = std::min(count, (i + 1) * together);
      for (std::uint64_t each = i * together; each < end; ++each) task(each);
    };
    parallel_for(
        pool_, unbounded_, divide_up(count, together), [](std::uint64_t) { return 0; }, some,
        stop_);
  }

  // Rows `first` to `end`. `first` is the band's first, or that of a row of the source's chunks.
  void read(std::uint64_t first, std::uint64_t end) {
    if (decoder_) return decode(rows(first, end));
    const std::uint64_t piece = piece_rows(info_, bands_.columns);
    const std::uint64_t together =
        std::max<std::uint64_t>(kTogetherBytes / (row_bytes(info_, bands_.columns) * piece), 1);
    for_all(divide_up(end - first, piece), together, [&](std::uint64_t i) {
      const Region here = rows(first + i * piece, std::min(end, first + (i + 1) * piece));
      ThreadBuffer buffer;
      Bytes& elements = buffer.bytes();
      elements.resize(element_count(here.shape) * info_.type.size);
      source_.read(here, elements);
      scatter(elements, here.shape, here);
    });
  }

  // The source's chunks that have a part of `region`.
  void decode(const Region& region) {
    const ChunkWalk walk(*source_grid_, region);
    const std::uint64_t bytes = element_count(info_.chunk_shape) * info_.type.size;
    const std::uint64_t together = std::max<std::uint64_t>(kPieceBytes / bytes, 1);
    for_all(walk.count(), together, [&](std::uint64_t i) {
      const Shape place = walk.place(i);
      const std::uint64_t number = source_grid_->number(place);
      const auto found = std::lower_bound(
          listed_.begin(), listed_.end(), number,
          [](const EncodedChunk& chunk, std::uint64_t wanted) { return chunk.number < wanted; });
      const bool is_stored = found != listed_.end() && found->number == number;
      decode_chunk(is_stored ? &*found : nullptr, source_grid_->region(place));
    });
  }

  // Fill values where the chunk is not stored.
  void decode_chunk(const EncodedChunk* chunk, const Region& region) {
    if (chunk == nullptr) {
      return for_each_overlap(region,
                              [&](std::span<std::byte> target, const Shape& shape, const Region&,
                                  const Region& to) { fill_region(target, shape, to, fill_); });
    }
    ThreadBuffer stored_buffer, decoded_buffer;
    Bytes &stored = stored_buffer.bytes(), &elements = decoded_buffer.bytes();
    stored.resize(chunk->size);
    const std::uint32_t mask = source_.encoded()->read(*chunk, stored);
    elements.resize(element_count(info_.chunk_shape) * info_.type.size);
    decoder_->decode(stored, elements, mask);
    make_little_endian(info_.type, elements);
    scatter(elements, info_.chunk_shape, region);
  }

  // Elements of `shape`, of which those that `region` has of the array come first in each
  // dimension, to the chunks that they are in.
  void scatter(BytesView elements, const Shape& shape, const Region& region) {
    for_each_overlap(region, [&](std::span<std::byte> target, const Shape& target_shape,
                                 const Region& from, const Region& to) {
      copy_region(elements, shape, from, target, target_shape, to, info_.type.size);
    });
  }

  // Calls `use` with each chunk of part_ that shares elements with `region`: its memory and shape,
  // and where they are, in `region` and in the chunk.
  template <typename Use>
  void for_each_overlap(const Region& region, const Use& use) {
    Region shared = region;
    for (std::size_t d = 0; d < region.shape.size(); ++d) {
      shared.origin[d] = std::max(region.origin[d], part_.origin[d]);
      shared.shape[d] =
          std::min(region.origin[d] + region.shape[d], part_.origin[d] + part_.shape[d]) -
          shared.origin[d];
    }
    const ChunkWalk walk(grid_, shared);
    for (std::uint64_t i = 0; i < walk.count(); ++i) {
      const Shape place = walk.place(i);
      auto [in_chunk, from] = walk.overlap(place);
      for (std::size_t d = 0; d < from.origin.size(); ++d)
        from.origin[d] += shared.origin[d] - region.origin[d];
      use(chunks_.at(grid_.number(place))->bytes(), grid_.region(place).shape, from, in_chunk);
    }
  }

  // All chunks of `band`.
  bool pass(const Region& band) {
    const ChunkWalk walk(grid_, band);
    for (std::uint64_t i = 0; i < walk.count(); ++i) {
      const Shape place = walk.place(i);
      const std::uint64_t number = grid_.number(place);
      const auto chunk = chunks_.extract(number);
      if (is_wanted_ && !is_wanted_(number)) continue;
      const std::uint64_t size = element_count(grid_.region(place).shape) * info_.type.size;
      if (!stream_.add(0, [this, number, size, memory = chunk.mapped()] {
            take_(number, memory->bytes(), size);
          }))
        return false;
    }
    return true;
  }

  const ArraySource& source_;
  const ArrayInfo& info_;
  const Bands& bands_;
  const IsWanted& is_wanted_;
  const TakeChunk& take_;
  const ChunkGrid grid_;
  Bytes fill_;
  ThreadPool& pool_;
  const std::stop_token stop_;
  std::optional<codec::Pipeline> decoder_;
  std::optional<ChunkGrid> source_grid_;
  std::vector<EncodedChunk> listed_;
  const std::uint64_t chunk_bytes_;
  ChunkBuffers buffers_;  ///< A band's, and one for each thread that passes one of the last.
  std::map<std::uint64_t, std::shared_ptr<Buffer>> chunks_;  ///< Those of part_, by number.
  Region part_;                                              ///< What is held of the array.
  // The memory of its tasks is part of what the caller holds.
  MemoryBudget unbounded_{~std::uint64_t{0}};
  TaskStream stream_;  ///< Last: its destructor waits for tasks that use the others.
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
  const std::uint64_t chunk_bytes =
      checked_multiply(element_count(chunk_shape), source.type.size, "the size of a chunk");
  // Chunks at one place along dimension 0, in so many columns.
  const auto chunk_row_bytes = [&](std::uint64_t columns) {
    std::uint64_t bytes = chunk_bytes;
    for (std::size_t d = 1; d < shape.size(); ++d)
      bytes = checked_multiply(bytes, divide_up(d == 1 ? columns : shape[d], chunk_shape[d]),
                               "the size of a band");
    return bytes;
  };
  // What the source gives beyond a band is held as whole chunks too.
  const std::uint64_t spare = divide_up(bands.source_rows - 1, chunk_shape[0]);
  const auto held = [&](std::uint64_t chunk_rows, std::uint64_t columns) {
    const std::uint64_t rows = std::min(checked_add(chunk_rows, spare, "the rows of a band"),
                                        divide_up(shape[0], chunk_shape[0]));
    return checked_multiply(rows, chunk_row_bytes(columns), "the size of a band");
  };
  bands.columns = width;
  if (held(1, width) > memory) {
    if (shape.size() < 2) return std::nullopt;
    // Where the parts end, chunks of the source do not, if it can be.
    const std::uint64_t own = source.chunk_shape.empty() ? 1 : source.chunk_shape[1];
    const std::uint64_t both = chunk_shape[1] / std::gcd(chunk_shape[1], own) * own;
    const std::uint64_t unit = both < width && held(1, both) <= memory ? both : chunk_shape[1];
    bands.columns = memory / held(1, unit) * unit;
    if (bands.columns == 0) return std::nullopt;
    bands.columns = std::min(bands.columns, width);
  }
  const std::uint64_t fit = std::min(memory, kBandBytes) / chunk_row_bytes(bands.columns);
  const std::uint64_t chunk_rows = fit > spare + 1 ? fit - spare : 1;
  bands.rows = checked_multiply(chunk_rows, chunk_shape[0], "the rows of a band");
  bands.bytes = held(chunk_rows, bands.columns);
  return bands;
}

void copy_bands(const ArraySource& source, const Bands& bands, const IsWanted& is_wanted,
                const TakeChunk& take, ThreadPool& pool, MemoryBudget& budget,
                std::stop_token stop) {
  const ArrayInfo& info = source.info();
  const std::uint64_t in = element_count(info.chunk_shape) * info.type.size;
  const std::uint64_t out = element_count(bands.chunk_shape) * info.type.size;
  const std::uint64_t threads = pool.size() + ThreadPool::kMostWaiting;
  // Pieces of a band are no more than a band; what is decoded is no more than two chunks.
  const std::uint64_t piece = checked_multiply(
      piece_rows(info, bands.columns), row_bytes(info, bands.columns), "the size of a band");
  const std::uint64_t read = std::min(bands.bytes, checked_multiply(threads, piece, "a band"));
  const MemoryBudget::Share share =
      budget.take(bands.bytes + read + threads * std::max(2 * in, 3 * out));
  BandCopy(source, bands, is_wanted, take, pool, std::move(stop)).run();
}

}  // namespace engram::converter
