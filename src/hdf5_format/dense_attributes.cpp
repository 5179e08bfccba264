#include "hdf5_format/dense_attributes.hpp"

#include <algorithm>
#include <bit>

#include "codec/jenkins.hpp"
#include "engram/base/error.hpp"
#include "hdf5_format/stored_type.hpp"
#include "hdf5_format/version2_btree.hpp"

namespace engram::hdf5_format {
namespace {

constexpr std::uint64_t kAttributeNames = 8;  // The kind of B-tree.
constexpr std::uint64_t kHeapIdSize = 8;
constexpr unsigned kSharedAttribute = 0x02;
constexpr std::uint64_t kMaxHeapBits = 63;
constexpr int kMaxHeapDepth = 32;

struct HeapBlock {
  std::uint64_t address = 0;
  std::uint64_t begin = 0;  // In the heap's own space.
  Bytes bytes;
  bool is_changed = false;
};

std::uint64_t log2_of(std::uint64_t value) {
  return static_cast<std::uint64_t>(std::bit_width(value)) - 1;
}

// Of a fractal heap, the direct blocks, in which objects lie.
class FractalHeap {
 public:
  FractalHeap(FormatFile& file, std::uint64_t address) : file_(file) {
    const std::uint64_t length = file.length_size();
    const std::uint64_t width = file.offset_size();
    const Bytes header = file.read(address, 4 + 1 + 2 + 2 + 1 + 4 + 12 * length + 3 * width + 8);
    FormatCursor cursor(header);
    cursor.expect("FRHP");
    cursor.skip(1 + 2);
    if (cursor.number(2) != 0) return;  // Filtered.
    has_checksums_ = (cursor.number(1) & 0x02U) != 0;
    max_object_ = cursor.number(4);
    cursor.skip(length + width + length + width + 8 * length);
    table_width_ = cursor.number(2);
    first_size_ = cursor.number(length);
    max_direct_ = cursor.number(length);
    heap_bits_ = cursor.number(2);
    cursor.skip(2);
    const std::uint64_t root = cursor.number(width);
    const std::uint64_t rows = cursor.number(2);
    if (!std::has_single_bit(table_width_) || !std::has_single_bit(first_size_) ||
        !std::has_single_bit(max_direct_) || max_direct_ < first_size_ || heap_bits_ > kMaxHeapBits)
      throw Error(ErrorCode::corrupt_data, "a fractal heap of an impossible form");
    if (rows == 0)
      read_direct(root, 0, first_size_);
    else
      read_indirect(root, 0, rows, 0);
  }

  /// The object that `id` names; empty: it lies elsewhere.
  std::span<std::byte> object(BytesView id, HeapBlock*& block) {
    FormatCursor cursor(id);
    if (cursor.number(1) != 0) return {};  // Huge or tiny.
    const std::uint64_t begin = cursor.number(place_size());
    const std::uint64_t size =
        cursor.number(width_of(std::max<std::uint64_t>(std::min(max_object_, max_direct_), 1)));
    const auto after = std::upper_bound(
        blocks_.begin(), blocks_.end(), begin,
        [](std::uint64_t place, const HeapBlock& each) { return place < each.begin; });
    if (after == blocks_.begin()) return {};
    block = &*std::prev(after);
    const std::uint64_t offset = begin - block->begin;
    if (offset < head_size() || offset > block->bytes.size() || size > block->bytes.size() - offset)
      return {};
    return std::span(block->bytes).subspan(offset, size);
  }

  std::vector<ChangedBytes> changed_blocks() const {
    std::vector<ChangedBytes> changed;
    for (const HeapBlock& block : blocks_) {
      if (!block.is_changed) continue;
      Bytes bytes = block.bytes;
      if (has_checksums_) {
        const auto sum = std::span(bytes).subspan(head_size() - kChecksumSize, kChecksumSize);
        std::fill(sum.begin(), sum.end(), std::byte{0});
        set_number(sum, codec::jenkins_lookup3(bytes, 0), kChecksumSize);
      }
      changed.push_back({block.address, std::move(bytes)});
    }
    return changed;
  }

 private:
  std::uint64_t place_size() const { return (heap_bits_ + 7) / 8; }
  std::uint64_t head_size() const {
    return 5 + file_.offset_size() + place_size() + (has_checksums_ ? kChecksumSize : 0);
  }

  void read_direct(std::uint64_t address, std::uint64_t begin, std::uint64_t size) {
    if (is_undefined(address, file_.offset_size())) return;
    HeapBlock block{address, begin, file_.read(address, size), false};
    FormatCursor(block.bytes).expect("FHDB");
    if (block.bytes.size() < head_size())
      throw Error(ErrorCode::corrupt_data, "a block of a fractal heap without room");
    blocks_.push_back(std::move(block));
  }

  // A row of blocks has blocks of one size: the first two rows the least, each other one twice that
  // of the row before. From the largest direct block on they are indirect.
  void read_indirect(std::uint64_t address, std::uint64_t begin, std::uint64_t rows, int depth) {
    if (is_undefined(address, file_.offset_size())) return;
    if (depth > kMaxHeapDepth || rows > kMaxHeapBits)
      throw Error(ErrorCode::corrupt_data, "a fractal heap of an impossible form");
    const std::uint64_t head = 5 + file_.offset_size() + place_size();
    const Bytes bytes = file_.read(
        address,
        head + checked_multiply(rows * table_width_, file_.offset_size(), "a heap's block"));
    FormatCursor cursor(bytes);
    cursor.expect("FHIB");
    cursor.skip(head - 4);
    for (std::uint64_t row = 0; row < rows; ++row) {
      const std::uint64_t size =
          checked_multiply(first_size_, std::uint64_t{1} << (row == 0 ? 0 : row - 1), "a heap");
      for (std::uint64_t i = 0; i < table_width_; ++i) {
        const std::uint64_t child = cursor.number(file_.offset_size());
        if (size <= max_direct_)
          read_direct(child, begin, size);
        else
          read_indirect(child, begin, log2_of(size) - log2_of(first_size_ * table_width_) + 1,
                        depth + 1);
        begin = checked_add(begin, size, "a heap");
      }
    }
  }

  FormatFile& file_;
  bool has_checksums_ = false;
  std::uint64_t max_object_ = 0, table_width_ = 0, first_size_ = 0, max_direct_ = 0, heap_bits_ = 0;
  std::vector<HeapBlock> blocks_;  // In the order of where they begin.
};

}  // namespace

std::vector<ChangedBytes> older_dense_attributes(FormatFile& file, BytesView message) {
  FormatCursor cursor(message);
  cursor.skip(1);
  const std::uint64_t flags = cursor.number(1);
  if ((flags & 0x01U) != 0) cursor.skip(2);
  const std::uint64_t heap_address = cursor.number(file.offset_size());
  const std::uint64_t names = cursor.number(file.offset_size());
  if (is_undefined(heap_address, file.offset_size()) || is_undefined(names, file.offset_size()))
    return {};
  FractalHeap heap(file, heap_address);
  read_version2_btree(file, names, [&](std::uint64_t kind) -> TakeRecord {
    if (kind != kAttributeNames)
      throw Error(ErrorCode::corrupt_data, "a B-tree of something else than attributes");
    return [&](BytesView record) {
      FormatCursor fields(record);
      const BytesView id = fields.take(kHeapIdSize);
      if ((fields.number(1) & kSharedAttribute) != 0) return;
      HeapBlock* block = nullptr;
      const std::span<std::byte> attribute = heap.object(id, block);
      if (attribute.empty()) return;
      const auto older = older_attribute(attribute);
      if (!older || older->size() != attribute.size()) return;
      std::copy(older->begin(), older->end(), attribute.begin());
      block->is_changed = true;
    };
  });
  return heap.changed_blocks();
}

}  // namespace engram::hdf5_format
