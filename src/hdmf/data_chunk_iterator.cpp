// Iterators over what a function returns, as it comes.

#include "engram/hdmf/data_chunk_iterator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "engram/base/error.hpp"

namespace engram::hdmf {
namespace {

class FunctionIterator final : public DataChunkIterator {
 public:
  FunctionIterator(IteratorInfo info, std::function<std::optional<DataChunk>()> next)
      : info_(std::move(info)), next_(std::move(next)) {}

  const ElementType& type() const override { return info_.type; }
  const Shape& max_shape() const override { return info_.max_shape; }
  const Shape& chunk_shape() const override { return info_.chunk_shape; }

  std::optional<DataChunk> next() override {
    if (!next_) return std::nullopt;
    std::optional<DataChunk> chunk = next_();
    if (!chunk) next_ = nullptr;
    return chunk;
  }

 private:
  IteratorInfo info_;
  std::function<std::optional<DataChunk>()> next_;
};

/// Gathers slices. `Items` are Bytes or values.
template <typename Items>
class Rows {
 public:
  Rows(const IteratorInfo& info, std::uint64_t item_count_of_element,
       std::function<std::optional<Items>()> next, const RowOptions& options)
      : slice_(info.max_shape), next_(std::move(next)), options_(options), at_(options.first) {
    if (options_.axis >= slice_.size())
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("a dataset of {} dimensions has no dimension {}", slice_.size(),
                              options_.axis));
    slice_[options_.axis] = 1;
    if (std::find(slice_.begin(), slice_.end(), kUnlimited) != slice_.end())
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("slices along dimension {} have no end along another one: their "
                              "shape must be known",
                              options_.axis));
    items_of_slice_ = checked_multiply(element_count(slice_), item_count_of_element, "a slice");
  }

  std::optional<DataChunk> next() {
    Items gathered;
    std::uint64_t slices = 0;
    while (!is_over_ && slices < std::max<std::uint64_t>(options_.buffer_rows, 1)) {
      std::optional<Items> more = next_();
      if (!more) {
        is_over_ = true;
        break;
      }
      if (items_of_slice_ == 0 ? !more->empty() : more->size() % items_of_slice_ != 0)
        throw Error(
            ErrorCode::invalid_argument,
            fmt::format("{} {} are no whole number of slices of {}", more->size(),
                        std::is_same_v<Items, Bytes> ? "bytes" : "values", items_of_slice_));
      if (items_of_slice_ == 0) continue;
      slices += more->size() / items_of_slice_;
      if (gathered.empty())
        gathered = std::move(*more);
      else
        gathered.insert(gathered.end(), std::make_move_iterator(more->begin()),
                        std::make_move_iterator(more->end()));
    }
    if (slices == 0) return std::nullopt;
    DataChunk chunk{boxes(slices), std::move(gathered)};
    at_ = checked_add(at_, slices, "the place of a slice");
    return chunk;
  }

 private:
  // Slices across the first dimension follow one another in C order; others are boxes of their own.
  std::vector<Region> boxes(std::uint64_t slices) const {
    Region box = Region::all(slice_);
    box.origin[options_.axis] = at_;
    const bool is_outermost = std::all_of(slice_.begin(), slice_.begin() + offset(),
                                          [](std::uint64_t length) { return length == 1; });
    if (is_outermost) {
      box.shape[options_.axis] = slices;
      return {box};
    }
    std::vector<Region> all(static_cast<std::size_t>(slices), box);
    for (std::size_t i = 0; i < all.size(); ++i) all[i].origin[options_.axis] += i;
    return all;
  }

  std::ptrdiff_t offset() const { return static_cast<std::ptrdiff_t>(options_.axis); }

  Shape slice_;
  std::function<std::optional<Items>()> next_;
  RowOptions options_;
  std::uint64_t at_;
  std::uint64_t items_of_slice_ = 0;
  bool is_over_ = false;
};

template <typename Items>
std::unique_ptr<DataChunkIterator> make_rows(IteratorInfo info, std::uint64_t item_count,
                                             std::function<std::optional<Items>()> next,
                                             const RowOptions& options) {
  auto rows = std::make_shared<Rows<Items>>(info, item_count, std::move(next), options);
  return make_iterator(std::move(info), [rows] { return rows->next(); });
}

}  // namespace

std::unique_ptr<DataChunkIterator> make_iterator(IteratorInfo info,
                                                 std::function<std::optional<DataChunk>()> next) {
  return std::make_unique<FunctionIterator>(std::move(info), std::move(next));
}

std::unique_ptr<DataChunkIterator> iterate_rows(IteratorInfo info,
                                                std::function<std::optional<Bytes>()> next,
                                                const RowOptions& options) {
  if (!std::holds_alternative<DataType>(info.type))
    throw Error(ErrorCode::invalid_argument, "values don't come as bytes: use iterate_values()");
  const std::uint64_t size = std::get<DataType>(info.type).size;
  return make_rows(std::move(info), size, std::move(next), options);
}

std::unique_ptr<DataChunkIterator> iterate_values(
    IteratorInfo info, std::function<std::optional<std::vector<Value>>()> next,
    const RowOptions& options) {
  if (!std::holds_alternative<ObjectType>(info.type))
    throw Error(ErrorCode::invalid_argument,
                "elements of fixed size come as bytes: use iterate_rows()");
  return make_rows(std::move(info), 1, std::move(next), options);
}

}  // namespace engram::hdmf
