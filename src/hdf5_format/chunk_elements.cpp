#include "hdf5_format/chunk_elements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>

#include "engram/array/chunk_grid.hpp"
#include "engram/base/error.hpp"

namespace engram::hdf5_format {
namespace {

constexpr std::uint64_t kMaskSize = 4;
constexpr unsigned kMaxBits = 63;

[[noreturn]] void throw_bad(std::string_view what) {
  throw Error(ErrorCode::corrupt_data, fmt::format("an index of chunks {}", what));
}

std::uint64_t power_of_two(std::uint64_t bits) {
  if (bits > kMaxBits) throw_bad("of more elements than there are numbers");
  return std::uint64_t{1} << bits;
}

std::uint64_t size_of(std::uint64_t count, std::uint64_t bytes) {
  return checked_multiply(count, bytes, "the size of an index of chunks");
}

// Signature, version and client, which says whether chunks are filtered.
bool read_prefix(FormatCursor& cursor, std::string_view signature) {
  cursor.expect(signature);
  if (cursor.number(1) != 0) throw_bad("of an unknown version");
  const std::uint64_t client = cursor.number(1);
  if (client > 1) throw_bad("for something else");
  return client == 1;
}

void read_elements(FormatCursor& cursor, const ChunkElement& element, std::uint64_t first,
                   std::uint64_t count, const TakeChunk& take) {
  ChunkRecord record;
  for (std::uint64_t i = 0; i < count; ++i)
    if (element.read(cursor, record)) take(first + i, record);
}

// Which of a run of pages are there: from the first bit on, one each.
struct Pages {
  BytesView bits;
  std::uint64_t first = 0;

  bool has(std::uint64_t page) const {
    const std::uint64_t bit = first + page;
    return (bits[bit / 8] & std::byte{0x80} >> static_cast<int>(bit % 8)) != std::byte{0};
  }
};

// The elements of a data block that is kept in pages, each of which ends in a checksum.
void read_pages(FormatFile& file, std::uint64_t address, const Pages& pages,
                const ChunkElement& element, std::uint64_t first, std::uint64_t count,
                std::uint64_t in_page, const TakeChunk& take) {
  const std::uint64_t page_size = size_of(in_page, element.bytes()) + kChecksumSize;
  for (std::uint64_t page = 0; page * in_page < count; ++page) {
    if (!pages.has(page)) continue;
    const std::uint64_t done = page * in_page;
    const std::uint64_t elements = std::min(in_page, count - done);
    const Bytes bytes = file.read(checked_add(address, size_of(page, page_size), "an address"),
                                  elements * element.bytes());
    FormatCursor cursor(bytes);
    read_elements(cursor, element, first + done, elements, take);
  }
}

class ExtensibleArray {
 public:
  ExtensibleArray(FormatFile& file, std::uint64_t address, std::uint64_t plain_size,
                  const TakeChunk& take)
      : file_(file), take_(take) {
    const Bytes header = file.read(address, 12 + 6 * file.length_size() + file.offset_size());
    FormatCursor cursor(header);
    const bool is_filtered = read_prefix(cursor, "EAHD");
    element_.emplace(is_filtered, cursor.number(1), plain_size, file);
    max_bits_ = cursor.number(1);
    in_index_block_ = cursor.number(1);
    min_in_block_ = cursor.number(1);
    min_blocks_ = cursor.number(1);
    page_bits_ = cursor.number(1);
    cursor.skip(6 * file.length_size());
    index_block_ = cursor.number(file.offset_size());
    if (max_bits_ > kMaxBits || !std::has_single_bit(min_in_block_) ||
        !std::has_single_bit(min_blocks_) || min_blocks_ < 2)
      throw_bad("of an impossible form");
  }

  void read() {
    const std::uint64_t width = file_.offset_size();
    if (is_undefined(index_block_, width)) return;
    const auto small = static_cast<std::uint64_t>(std::countr_zero(min_in_block_));
    const std::uint64_t groups = 1 + (max_bits_ > small ? max_bits_ - small : 0);
    const std::uint64_t direct_groups =
        std::min(groups, 2 * static_cast<std::uint64_t>(std::countr_zero(min_blocks_)));
    const std::uint64_t direct_blocks = 2 * (min_blocks_ - 1);
    const Bytes bytes =
        file_.read(index_block_, 6 + width + in_index_block_ * element_->bytes() +
                                     (direct_blocks + groups - direct_groups) * width);
    FormatCursor cursor(bytes);
    (void)read_prefix(cursor, "EAIB");
    cursor.skip(width);
    read_elements(cursor, *element_, 0, in_index_block_, take_);
    std::uint64_t first = in_index_block_;
    for (std::uint64_t group = 0; group < groups; ++group) {
      const std::uint64_t blocks = power_of_two(group / 2);
      const std::uint64_t elements = size_of(power_of_two((group + 1) / 2), min_in_block_);
      if (group < direct_groups) {
        for (std::uint64_t i = 0; i < blocks; ++i) {
          read_block(cursor.number(width), first, elements, {});
          first += elements;
        }
      } else {
        read_group(cursor.number(width), first, blocks, elements);
        // The last groups of an array without end have numbers that no chunk has.
        if (elements > ~std::uint64_t{0} / blocks || blocks * elements > ~first) break;
        first += blocks * elements;
      }
    }
  }

 private:
  std::uint64_t in_page() const { return power_of_two(page_bits_); }
  std::uint64_t place_size() const { return divide_up(max_bits_, 8); }

  // A "secondary block": the addresses of `blocks` data blocks of `elements` elements each.
  void read_group(std::uint64_t address, std::uint64_t first, std::uint64_t blocks,
                  std::uint64_t elements) {
    const std::uint64_t width = file_.offset_size();
    if (is_undefined(address, width)) return;
    const std::uint64_t bits = elements > in_page() ? divide_up(elements / in_page(), 8) : 0;
    const Bytes bytes = file_.read(
        address, checked_add(6 + width + place_size(), size_of(blocks, bits + width), "a size"));
    FormatCursor cursor(bytes);
    (void)read_prefix(cursor, "EASB");
    cursor.skip(width + place_size());
    // The bits of all blocks follow each other, though there is room for whole bytes of each.
    const BytesView pages = cursor.take(blocks * bits);
    for (std::uint64_t i = 0; i < blocks; ++i)
      read_block(cursor.number(width), first + i * elements, elements,
                 {pages, i * (elements / in_page())});
  }

  void read_block(std::uint64_t address, std::uint64_t first, std::uint64_t elements,
                  const Pages& pages) {
    if (is_undefined(address, file_.offset_size())) return;
    const std::uint64_t head = 6 + file_.offset_size() + place_size();
    const bool has_pages = elements > in_page() && !pages.bits.empty();
    const Bytes bytes = file_.read(
        address, checked_add(head, has_pages ? 0 : size_of(elements, element_->bytes()), "a size"));
    FormatCursor cursor(bytes);
    (void)read_prefix(cursor, "EADB");
    cursor.skip(head - 6);
    if (has_pages)
      read_pages(file_, address + head + kChecksumSize, pages, *element_, first, elements,
                 in_page(), take_);
    else
      read_elements(cursor, *element_, first, elements, take_);
  }

  FormatFile& file_;
  const TakeChunk& take_;
  std::optional<ChunkElement> element_;
  std::uint64_t max_bits_ = 0, in_index_block_ = 0, min_in_block_ = 0, min_blocks_ = 0,
                page_bits_ = 0, index_block_ = 0;
};

}  // namespace

ChunkElement::ChunkElement(bool is_filtered, std::uint64_t bytes, std::uint64_t plain_size,
                           const FormatFile& file)
    : is_filtered_(is_filtered),
      bytes_(bytes),
      plain_size_(plain_size),
      offset_size_(file.offset_size()) {
  const std::uint64_t least = offset_size_ + (is_filtered ? kMaskSize + 1 : 0);
  if (bytes < least || bytes > least + (is_filtered ? 7 : 0))
    throw_bad(fmt::format("whose elements have {} bytes", bytes));
}

bool ChunkElement::read(FormatCursor& cursor, ChunkRecord& record) const {
  record.address = cursor.number(offset_size_);
  record.size = plain_size_;
  record.mask = 0;
  if (is_filtered_) {
    record.size = cursor.number(bytes_ - offset_size_ - kMaskSize);
    record.mask = static_cast<std::uint32_t>(cursor.number(kMaskSize));
  }
  return !is_undefined(record.address, offset_size_);
}

void read_fixed_array(FormatFile& file, std::uint64_t address, std::uint64_t plain_size,
                      const TakeChunk& take) {
  const std::uint64_t width = file.offset_size();
  const Bytes header = file.read(address, 8 + file.length_size() + width);
  FormatCursor cursor(header);
  const bool is_filtered = read_prefix(cursor, "FAHD");
  const ChunkElement element(is_filtered, cursor.number(1), plain_size, file);
  const std::uint64_t in_page = power_of_two(cursor.number(1));
  const std::uint64_t count = cursor.number(file.length_size());
  const std::uint64_t block = cursor.number(width);
  if (is_undefined(block, width)) return;

  const bool has_pages = count > in_page;
  const std::uint64_t bits = has_pages ? divide_up(divide_up(count, in_page), 8) : 0;
  const std::uint64_t head = 6 + width + bits;
  const Bytes bytes = file.read(
      block, checked_add(head, has_pages ? 0 : size_of(count, element.bytes()), "a size"));
  FormatCursor data(bytes);
  (void)read_prefix(data, "FADB");
  data.skip(width);
  const BytesView pages = data.take(bits);
  if (has_pages)
    read_pages(file, block + head + kChecksumSize, {pages}, element, 0, count, in_page, take);
  else
    read_elements(data, element, 0, count, take);
}

void read_extensible_array(FormatFile& file, std::uint64_t address, std::uint64_t plain_size,
                           const TakeChunk& take) {
  ExtensibleArray(file, address, plain_size, take).read();
}

}  // namespace engram::hdf5_format
