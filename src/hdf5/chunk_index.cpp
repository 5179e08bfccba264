// How the chunks of a dataset are found. HDF5 1.10 offers two ways: to ask for the chunk at a
// place, which it finds directly (about a microsecond), and to ask for the n-th chunk that exists,
// for which it walks its index from the start (0.15 microseconds a chunk passed). Where there are
// no filters it tells at once that a chunk has the size of a chunk, whether it exists or not; then
// only reading it shows that it does. So, but for a grid of very few filtered chunks, which are
// just asked for,
//  1. ask how many chunks exist;
//  2. a grid with few holes: ask for every place;
//  3. a huge grid with few chunks: ask for the n-th chunk, by halves. Chunks come in C order, so
//     between two known ones either all places are taken, or few enough to ask for each, or there
//     is one in the middle to ask for;
//  4. should that find another number than (1), the order was another: ask for each n-th chunk.
// HDF5 1.14 walks its index once, with H5Dchunk_iter, instead. An extensible array whose unlimited
// dimension is not the first is another matter: up to 2.0 HDF5 lists its chunks at wrong places,
// though it reads them right, so there every place is asked for.
#include "hdf5/chunk_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace engram::hdf5 {
namespace {

// Places that are asked for before others are let into HDF5.
constexpr std::uint64_t kBatch = 256;
// So many places are asked for at once: counting the chunks first takes longer.
constexpr std::uint64_t kFew = 4;
// Microseconds, measured with HDF5 1.10.8.
constexpr double kAsk = 4, kPassChunk = 0.15, kReadByte = 0.0003;

class Finder {
 public:
  Finder(const Dataset& dataset, const ChunkGrid& grid)
      : dataset_(dataset),
        grid_(grid),
        rank_(dataset.outer_rank()),
        offset_(rank_),
        chunk_size_(element_count(grid.chunk_shape()) * dataset.type().memory_size) {}

  std::vector<EncodedChunk> find() {
    if (grid_.chunk_count() == 0) return {};
    if (grid_.chunk_count() <= kFew && has_filters()) {
      ask_places(0, grid_.chunk_count());
      return std::move(found_);
    }
    count_ = count_chunks();
    if (count_ == 0) return {};
    if (lists_wrong_places()) {
      ask_places(0, grid_.chunk_count());
    } else {
      if (count_ > grid_.chunk_count())
        corrupt(fmt::format("{} chunks, but room for {}", count_, grid_.chunk_count()));
      list();
    }
    std::sort(found_.begin(), found_.end(),
              [](const EncodedChunk& a, const EncodedChunk& b) { return a.number < b.number; });
    const auto same = std::adjacent_find(
        found_.begin(), found_.end(),
        [](const EncodedChunk& a, const EncodedChunk& b) { return a.number == b.number; });
    if (same != found_.end()) corrupt("two chunks at one place");
    return std::move(found_);
  }

 private:
  /// True for an extensible array whose unlimited dimension is not the first.
  bool lists_wrong_places() const {
    const Locked locked;
    const auto handle = dataset_.open();
    H5D_chunk_index_t index = H5D_CHUNK_IDX_EARRAY;
    if (H5Dget_chunk_index_type(handle->id(), &index) < 0) H5Eclear2(H5E_DEFAULT);
    std::vector<hsize_t> most(rank_);
    check(H5Sget_simple_extent_dims(space_.id(), nullptr, most.data()),
          "read the shape of " + dataset_.place());
    return index == H5D_CHUNK_IDX_EARRAY && most.front() != H5S_UNLIMITED;
  }

  std::uint64_t count_chunks() {
    const Locked locked;
    const auto handle = dataset_.open();
    space_ = own(H5Dget_space(handle->id()), "read the shape of " + dataset_.place());
    hsize_t count = 0;
    check(H5Dget_num_chunks(handle->id(), space_.id(), &count),
          "count the chunks of " + dataset_.place());
    return count;
  }

  [[noreturn]] void corrupt(std::string_view what) const {
    throw Error(ErrorCode::corrupt_data, fmt::format("{} has {}", dataset_.place(), what));
  }

  EncodedChunk checked(std::uint64_t number, std::uint64_t size) const {
    if (size > dataset_.file()->size())
      corrupt(fmt::format("a chunk of {} bytes, more than the file has", size));
    return {number, size};
  }

  /// The chunk at the element `offset`, by its place in the grid.
  std::uint64_t number_at(const hsize_t* offset) const {
    Shape place(grid_.shape().size(), 0);
    for (std::size_t i = 0; i < rank_; ++i) {
      place[i] = offset[i] / grid_.chunk_shape()[i];
      if (offset[i] % grid_.chunk_shape()[i] != 0 || place[i] >= grid_.grid_shape()[i])
        corrupt("a chunk outside of its shape");
    }
    return grid_.number(place);
  }

#if H5_VERSION_GE(1, 14, 0)
  static int add(const hsize_t* offset, unsigned, haddr_t, hsize_t size, void* finder) {
    auto& self = *static_cast<Finder*>(finder);
    try {
      self.found_.push_back(self.checked(self.number_at(offset), size));
      return 0;
    } catch (...) {
      self.failure_ = std::current_exception();
      return -1;
    }
  }

  void list() {
    const Locked locked;
    const auto handle = dataset_.open();
    const herr_t result = H5Dchunk_iter(handle->id(), H5P_DEFAULT, add, this);
    if (failure_) std::rethrow_exception(failure_);
    check(result, "list the chunks of " + dataset_.place());
  }
#else
  void list() {
    const double walk = static_cast<double>(count_) * static_cast<double>(count_) * kPassChunk / 2;
    if (count_ == grid_.chunk_count()) {
      take_places(0, grid_.chunk_count());
    } else if (static_cast<double>(grid_.chunk_count()) * cost_of_asking() <= walk) {
      ask_places(0, grid_.chunk_count());
    } else if (!find_by_halves()) {
      found_.clear();
      for (std::uint64_t i = 0; i < count_; ++i) found_.push_back(nth(i));
    }
  }

  /// The chunks at the places [begin, end), where all exist.
  void take_places(std::uint64_t begin, std::uint64_t end) {
    if (has_filters()) {
      ask_places(begin, end);
    } else {
      for (; begin < end; ++begin) found_.push_back({begin, chunk_size_});
    }
  }

  EncodedChunk nth(std::uint64_t index) {
    const Locked locked;
    const auto handle = dataset_.open();
    unsigned mask = 0;
    haddr_t address = 0;
    hsize_t size = 0;
    check(
        H5Dget_chunk_info(handle->id(), space_.id(), index, offset_.data(), &mask, &address, &size),
        "list the chunks of " + dataset_.place());
    return checked(number_at(offset_.data()), size);
  }

  /// Step 3 above; false when the chunks turned out not to be in C order.
  bool find_by_halves() {
    found_.push_back(nth(0));
    if (count_ == 1) return true;
    const EncodedChunk first = found_.front(), last = nth(count_ - 1);
    found_.push_back(last);
    return last.number > first.number && between(0, first.number, count_ - 1, last.number) &&
           found_.size() == count_;
  }

  bool between(std::uint64_t low, std::uint64_t low_number, std::uint64_t high,
               std::uint64_t high_number) {
    if (high - low < 2) return true;
    const std::uint64_t places = high_number - low_number - 1;
    if (places < high - low - 1) return false;
    if (places == high - low - 1) {
      take_places(low_number + 1, high_number);
      return true;
    }
    if (static_cast<double>(places) * cost_of_asking() <= static_cast<double>(high) * kPassChunk) {
      ask_places(low_number + 1, high_number);
      return true;
    }
    const std::uint64_t middle = low + (high - low) / 2;
    const EncodedChunk chunk = nth(middle);
    if (chunk.number <= low_number || chunk.number >= high_number) return false;
    found_.push_back(chunk);
    return between(low, low_number, middle, chunk.number) &&
           between(middle, chunk.number, high, high_number);
  }
#endif

  bool has_filters() const { return !dataset_.filters().empty(); }

  double cost_of_asking() const {
    return has_filters() ? kAsk : kAsk + static_cast<double>(chunk_size_) * kReadByte;
  }

  /// The chunks among the places [begin, end).
  void ask_places(std::uint64_t begin, std::uint64_t end) {
    if (begin >= end) return;
    Shape place = grid_.place(begin);
    while (begin < end) {
      const Locked locked;
      const auto handle = dataset_.open();
      for (const std::uint64_t stop = std::min(end, begin + kBatch); begin < stop; ++begin) {
        for (std::size_t i = 0; i < rank_; ++i) offset_[i] = place[i] * grid_.chunk_shape()[i];
        if (const auto size = size_at(handle->id(), offset_.data()))
          found_.push_back(checked(begin, *size));
        advance(place);
      }
    }
  }

  void advance(Shape& place) const {
    for (std::size_t i = rank_; i-- > 0;) {
      if (++place[i] < grid_.grid_shape()[i]) return;
      place[i] = 0;
    }
  }

  std::optional<std::uint64_t> size_at(hid_t id, const hsize_t* offset) {
    hsize_t size = chunk_size_;
    if (has_filters()) {
      if (H5Dget_chunk_storage_size(id, offset, &size) >= 0)
        return size == 0 ? std::nullopt : std::optional<std::uint64_t>(size);
    } else {
      std::uint32_t mask = 0;
      scratch_.resize(chunk_size_);
      if (H5Dread_chunk(id, H5P_DEFAULT, offset, &mask, scratch_.data()) >= 0) return chunk_size_;
    }
    const Failure failure = last_failure();
    for (const std::string_view none : {"not allocated", "address isn't defined"})
      if (failure.text.find(none) != std::string::npos) return std::nullopt;
    throw Error(failure.code, fmt::format("can't find the chunks of {}: HDF5 says \"{}\"",
                                          dataset_.place(), failure.text));
  }

  const Dataset& dataset_;
  const ChunkGrid& grid_;
  std::size_t rank_;
  std::vector<hsize_t> offset_;
  std::uint64_t chunk_size_;  ///< Decoded.
  std::vector<EncodedChunk> found_;
#if H5_VERSION_GE(1, 14, 0)
  std::exception_ptr failure_;
#endif
  Handle space_;
  std::uint64_t count_ = 0;
  Bytes scratch_;
};

}  // namespace

ChunkIndex::ChunkIndex(std::shared_ptr<const Dataset> dataset)
    : dataset_(std::move(dataset)), grid_(dataset_->shape(), dataset_->chunk_shape()) {
  for (const Filter& filter : dataset_->filters()) codecs_.push_back(codec_of(filter));
}

std::vector<EncodedChunk> ChunkIndex::chunks() const { return Finder(*dataset_, grid_).find(); }

std::uint32_t ChunkIndex::read(const EncodedChunk& chunk, std::span<std::byte> out) const {
  const Shape place = grid_.place(chunk.number);
  std::vector<hsize_t> offset(dataset_->outer_rank());
  for (std::size_t i = 0; i < offset.size(); ++i) offset[i] = place[i] * grid_.chunk_shape()[i];
  const Locked locked;
  const auto handle = dataset_->open();
  hsize_t size = 0;
  check(H5Dget_chunk_storage_size(handle->id(), offset.data(), &size),
        "find a chunk of " + dataset_->place());
  // H5Dread_chunk writes as much as the file says.
  if (size != out.size())
    throw Error(ErrorCode::corrupt_data,
                fmt::format("the chunk at {} of {} has {} bytes, not {}", to_string(place),
                            dataset_->place(), size, out.size()));
  std::uint32_t mask = 0;
  check(H5Dread_chunk(handle->id(), H5P_DEFAULT, offset.data(), &mask, out.data()),
        "read a chunk of " + dataset_->place());
  return mask;
}

}  // namespace engram::hdf5
