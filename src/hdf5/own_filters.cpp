#include "hdf5/own_filters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <span>
#include <string>
#include <utility>

#include "engram/base/limits.hpp"
#include "engram/codec/hdf5_filter.hpp"
#include "hdf5/library.hpp"

namespace engram::hdf5 {
namespace {

thread_local ExpectedChunks* expected_chunks = nullptr;

/// Memory that HDF5 takes over.
class Hdf5Memory {
 public:
  explicit Hdf5Memory(std::size_t size) : size_(size), memory_(H5allocate_memory(size, false)) {
    if (memory_ == nullptr)
      throw Error(ErrorCode::limit_exceeded, fmt::format("there is no memory for {} bytes", size));
  }
  ~Hdf5Memory() { H5free_memory(memory_); }
  Hdf5Memory(const Hdf5Memory&) = delete;
  Hdf5Memory& operator=(const Hdf5Memory&) = delete;

  std::span<std::byte> bytes() noexcept { return {static_cast<std::byte*>(memory_), size_}; }

  /// Puts the first `size` bytes into the place of `*buffer`.
  void replace(std::size_t size, std::size_t* buffer_size, void** buffer) {
    void* const fitted = H5resize_memory(memory_, std::max<std::size_t>(size, 1));
    if (fitted != nullptr) memory_ = fitted;
    H5free_memory(*buffer);
    *buffer = std::exchange(memory_, nullptr);
    *buffer_size = size;
  }

 private:
  std::size_t size_;
  void* memory_;
};

}  // namespace

/// One call of a filter.
class FilterRun {
 public:
  explicit FilterRun(Filter filter) : filter_(std::move(filter)) {}

  std::size_t decode(std::size_t size, std::size_t* buffer_size, void** buffer) const {
    const codec::BytesCodecPtr codec = codec::make_decoder(codec_of(filter_));
    const ExpectedChunks* const chunks = expected_chunks;
    const bool is_exact = chunks != nullptr && chunks->size_ && chunks->first_ == filter_.id;
    const std::uint64_t most = chunks == nullptr ? Limits().max_chunk_bytes : chunks->most_;
    Hdf5Memory memory(is_exact ? *chunks->size_ : most);
    const std::uint64_t written =
        codec->decode({static_cast<const std::byte*>(*buffer), size}, memory.bytes());
    // HDF5 takes it for a whole chunk, however short it is.
    if (is_exact && written != *chunks->size_)
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("chunk decodes to {} bytes, expected {}", written, *chunks->size_));
    memory.replace(written, buffer_size, buffer);
    return written;
  }

  std::size_t encode(std::size_t size, std::size_t* buffer_size, void** buffer) const {
    const codec::BytesCodecPtr codec = codec::make_codec(codec_of(filter_));
    Hdf5Memory memory(codec->max_encoded_size(size));
    const std::uint64_t element_size = filter_.values.size() > 2 ? filter_.values[2] : 1;
    const std::uint64_t written =
        codec->encode({static_cast<const std::byte*>(*buffer), size}, memory.bytes(), element_size);
    memory.replace(written, buffer_size, buffer);
    return written;
  }

  void failed(const Error& error) const {
    if (expected_chunks == nullptr || expected_chunks->failure_) return;
    const std::string name = describe(filter_), what = error.what();
    const bool is_named = what.find(name) != std::string::npos;
    expected_chunks->failure_.emplace(error.code(), is_named ? what : name + ": " + what);
  }

 private:
  Filter filter_;
};

namespace {

// As HDF5 wants filters: the bytes of the result, or 0 for a failure. Called from C: nothing may be
// thrown.
template <H5Z_filter_t kId>
std::size_t run_filter(unsigned flags, std::size_t value_count, const unsigned* values,
                       std::size_t size, std::size_t* buffer_size, void** buffer) noexcept {
  try {
    const FilterRun filter({kId, true, {values, values + value_count}, ""});
    try {
      return (flags & H5Z_FLAG_REVERSE) != 0 ? filter.decode(size, buffer_size, buffer)
                                             : filter.encode(size, buffer_size, buffer);
    } catch (const Error& error) {
      filter.failed(error);
      return 0;
    }
  } catch (const std::exception&) {  // There is no memory.
    return 0;
  }
}

template <H5Z_filter_t kId>
void register_filter(const char* name, bool encodes) {
  unsigned configuration = 0;
  if (H5Zget_filter_info(kId, &configuration) >= 0) return;
  H5Eclear2(H5E_DEFAULT);
  const H5Z_class2_t filter = {H5Z_CLASS_T_VERS, kId,     encodes ? 1U : 0U, 1, name,
                               nullptr,          nullptr, run_filter<kId>};
  H5Zregister(&filter);
}

}  // namespace

void register_own_filters() {
  register_filter<307>("bzip2", true);
  register_filter<32000>("lzf", false);
  register_filter<32001>("blosc", true);
  register_filter<32004>("lz4", false);
  register_filter<32008>("bitshuffle", false);
  register_filter<32013>("zfp", false);
  register_filter<32015>("zstd", true);
  register_filter<32022>("bitgroom", false);
  register_filter<32023>("granular bitround", false);
}

ExpectedChunks::ExpectedChunks(const std::vector<Filter>& filters,
                               std::optional<std::uint64_t> size, std::uint64_t most)
    : most_(most), size_(size), outer_(expected_chunks) {
  // Other filters may leave more than that: checksums, and heads of what can't be compressed.
  if (size_) most_ = std::min(most_, *size_ + *size_ / 2 + 4096);
  const auto same = [&](const Filter& each) { return each.id == filters.front().id; };
  if (!filters.empty() && std::count_if(filters.begin(), filters.end(), same) == 1)
    first_ = filters.front().id;
  expected_chunks = this;
}

ExpectedChunks::~ExpectedChunks() { expected_chunks = outer_; }

}  // namespace engram::hdf5
