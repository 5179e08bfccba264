#include "converters/compare_array.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/thread_buffer.hpp"
#include "engram/base/error.hpp"

namespace engram::converter {
namespace {

// Arrays up to this size are one block, and Zarr's chunks are not listed for them.
constexpr std::uint64_t kOneBlockBytes = 512U << 10;
// Elements that are compared at once before single ones are.
constexpr std::uint64_t kStrideBytes = 4096;

ValueRules rules_for(const DatasetPair& pair, const CompareContext& context) {
  ValueRules rules = context.rules;
  rules.any_number = !pair.type_difference.empty();
  return rules;
}

ElementRules::Form form_for(const DatasetPair& pair) {
  return pair.as_bytes ? ElementRules::Form::bytes : ElementRules::Form::values;
}

Shape index_in(const Region& region, std::uint64_t element) {
  Shape index = region.origin;
  for (std::size_t d = index.size(); d-- > 0;) {
    index[d] += element % region.shape[d];
    element /= region.shape[d];
  }
  return index;
}

}  // namespace

void ArrayComparison::Side::list(const std::string& path) {
  reading(path, file, [&] {
    if (!source.is_stored()) {
      chunks.emplace();
      return;
    }
    if (source.info().chunk_shape.empty()) return;
    stored = source.stored();
    if (stored == nullptr) return;
    chunks = stored->chunks();
    std::sort(chunks->begin(), chunks->end(),
              [](const auto& x, const auto& y) { return x.number < y.number; });
    const ChunkGrid grid(source.info().shape, source.info().chunk_shape);
    if (!chunks->empty() && chunks->back().number >= grid.chunk_count())
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("chunk number {} is stored, and the array has {} chunks",
                              chunks->back().number, grid.chunk_count()));
  });
}

const EncodedChunk* ArrayComparison::Side::find(std::uint64_t number) const {
  const auto at = std::lower_bound(
      chunks->begin(), chunks->end(), number,
      [](const EncodedChunk& chunk, std::uint64_t wanted) { return chunk.number < wanted; });
  return at != chunks->end() && at->number == number ? &*at : nullptr;
}

std::uint64_t ArrayComparison::Side::chunk_bytes() const {
  const ArrayInfo& info = source.info();
  if (info.chunk_shape.empty()) return 0;
  return checked_multiply(element_count(info.chunk_shape), info.type.size, "the size of a chunk");
}

Bytes ArrayComparison::Side::fill() const {
  const ArrayInfo& info = source.info();
  Bytes fill = info.fill_value.value_or(Bytes(static_cast<std::size_t>(info.type.size)));
  make_little_endian(info.type, fill);
  return fill;
}

ArrayComparison::ArrayComparison(const DatasetPair& pair, CompareContext& context)
    : pair_(pair),
      context_(context),
      elements_(pair.a->array()->info().type, pair.b->array()->info().type,
                rules_for(pair, context), form_for(pair)),
      a_(*pair.a->array(), context.a_file),
      b_(*pair.b->array(), context.b_file) {
  reading(pair_.path, context_.a_file, [&] { list(); });
}

void ArrayComparison::list() {
  const ArrayInfo &a = a_.source.info(), &b = b_.source.info();
  const std::uint64_t bytes = checked_multiply(
      element_count(a.shape), std::max(a.type.size, b.type.size), "the size of a dataset");
  const bool one_block = bytes <= kOneBlockBytes;
  // What nobody can list on one side is read whole, and then need not be listed on the other.
  if (!one_block || a_.source.encoded() != nullptr) a_.list(pair_.path);
  const bool all_read = one_block || (!a_.chunks && a_.source.is_stored());
  if (!all_read || b_.source.encoded() != nullptr) b_.list(pair_.path);
  for (Side* side : {&a_, &b_})
    side->reader =
        std::make_unique<const BlockReader>(side->source, side->chunks ? &*side->chunks : nullptr);
  Shape block = a.shape;
  for (std::uint64_t& length : block) length = std::max<std::uint64_t>(length, 1);
  if (!one_block) block = block_shape(a, b, context_.budget_bytes() / 4);
  blocks_.emplace(a.shape, block);
  const std::uint64_t count = element_count(block);
  block_bytes_ = count * a.type.size;
  // Two blocks, and for each what a chunk is while it is decoded: as stored, whole, in the codec.
  cost_ = block_bytes_ + count * b.type.size + 2 * (a_.chunk_bytes() + b_.chunk_bytes()) + 8192;
  if (!one_block) choose_blocks();
}

void ArrayComparison::choose_blocks() {
  if (!a_.chunks || !b_.chunks) return;
  const ArrayInfo &a = a_.source.info(), &b = b_.source.info();
  by_stored_ = a_.stored != nullptr && b_.stored != nullptr && a.type == b.type &&
               a.chunk_shape == b.chunk_shape && a.chunk_shape == blocks_->chunk_shape() &&
               a_.stored->codecs() == b_.stored->codecs();
  std::vector<std::uint64_t> all;
  for (const Side* side : {&a_, &b_}) {
    if (side->chunks->empty()) continue;
    const ChunkGrid grid(side->source.info().shape, side->source.info().chunk_shape);
    auto some = blocks_of(*side->chunks, grid, *blocks_);
    if (!some) return;
    std::vector<std::uint64_t> both;
    std::set_union(all.begin(), all.end(), some->begin(), some->end(), std::back_inserter(both));
    all = std::move(both);
  }
  if (all.size() < blocks_->chunk_count()) numbers_ = std::move(all);
}

void ArrayComparison::read(const Side& side, const Region& region, std::span<std::byte> out) const {
  reading(pair_.path, side.file, [&] { side.reader->read(region, out); });
}

// Both as they lie. False says nothing.
bool ArrayComparison::same_as_stored(std::uint64_t number) const {
  const EncodedChunk *a = a_.find(number), *b = b_.find(number);
  if (a == nullptr || b == nullptr || a->size != b->size) return false;
  ThreadBuffer from_a, from_b;
  from_a.bytes().resize(a->size);
  from_b.bytes().resize(b->size);
  const auto mask = [this](const Side& side, const EncodedChunk& chunk, Bytes& bytes) {
    return reading(pair_.path, side.file, [&] { return side.stored->read(chunk, bytes); });
  };
  return mask(a_, *a, from_a.bytes()) == 0 && mask(b_, *b, from_b.bytes()) == 0 &&
         from_a.bytes() == from_b.bytes();
}

void ArrayComparison::compare(std::uint64_t index, ProgressMeter& progress) {
  const std::uint64_t number = numbers_ ? (*numbers_)[index] : index;
  const Region region = blocks_->region(blocks_->place(number));
  const std::uint64_t count = element_count(region.shape);
  const std::uint64_t bytes = count * elements_.a_size();
  if (by_stored_ && same_as_stored(number)) {
    context_.bytes_as_stored += bytes;
  } else {
    ThreadBuffer a, b;
    a.bytes().resize(bytes);
    b.bytes().resize(count * elements_.b_size());
    read(a_, region, a.bytes());
    read(b_, region, b.bytes());
    compare_elements(region, a.bytes(), b.bytes());
  }
  context_.bytes += bytes;
  elements_done_ += count;
  progress.add(bytes, 1, 0, pair_.path);
}

void ArrayComparison::compare_elements(const Region& region, BytesView a, BytesView b) {
  const auto same = [](BytesView x, BytesView y) {
    return x.empty() || std::memcmp(x.data(), y.data(), x.size()) == 0;
  };
  if (elements_.same_bytes_suffice() && same(a, b)) return;
  const auto a_size = static_cast<std::size_t>(elements_.a_size());
  const auto b_size = static_cast<std::size_t>(elements_.b_size());
  const std::uint64_t count = element_count(region.shape);
  const std::uint64_t stride = std::max<std::uint64_t>(kStrideBytes / a_size, 1);
  std::uint64_t differ = 0, first = 0;
  const auto of_a = [&](std::uint64_t i, std::uint64_t n) {
    return a.subspan(i * a_size, n * a_size);
  };
  const auto of_b = [&](std::uint64_t i, std::uint64_t n) {
    return b.subspan(i * b_size, n * b_size);
  };
  for (std::uint64_t i = 0; i < count; i += stride) {
    const std::uint64_t n = std::min(stride, count - i);
    if (elements_.same_bytes_suffice() && same(of_a(i, n), of_b(i, n))) continue;
    for (std::uint64_t k = i; k < i + n; ++k) {
      const BytesView x = of_a(k, 1), y = of_b(k, 1);
      if (elements_.same_bytes_suffice() && same(x, y)) continue;
      if (!elements_.same_bytes_needed() && elements_.equal(x, y)) continue;
      if (differ++ == 0) first = k;
    }
  }
  if (differ == 0) return;
  const Shape index = index_in(region, first);
  std::string in_a, in_b;
  if (found_.is_first(index)) {
    in_a = elements_.show_a(of_a(first, 1));
    in_b = elements_.show_b(of_b(first, 1));
  }
  found_.add(differ, DifferenceKind::value, index, std::move(in_a), std::move(in_b));
}

// Where nothing is stored, all elements are the fill values.
void ArrayComparison::compare_holes() {
  if (!numbers_ || numbers_->size() >= blocks_->chunk_count()) return;
  const Bytes a = a_.fill(), b = b_.fill();
  if (elements_.equal(a, b)) return;
  std::uint64_t first = 0;
  while (first < numbers_->size() && (*numbers_)[first] == first) ++first;
  found_.add(element_count(pair_.a->shape()) - elements_done_, DifferenceKind::value,
             blocks_->region(blocks_->place(first)).origin, elements_.show_a(a),
             elements_.show_b(b));
}

void ArrayComparison::finish(ProgressMeter& progress) {
  compare_holes();
  found_.report(pair_, context_);
  const std::uint64_t all = element_count(pair_.a->shape());
  progress.add((all - elements_done_) * elements_.a_size(), 0, 1, pair_.path);
}

}  // namespace engram::converter
