#include "hdf5_format/global_heap.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engram/base/error.hpp"

namespace engram::hdf5_format {
namespace {

constexpr std::uint64_t kLeastHeapSize = 4096;
constexpr std::uint64_t kHeapAlignment = 8;

std::uint64_t aligned(std::uint64_t size) {
  return checked_add(size, kHeapAlignment - 1, "the size of an object") / kHeapAlignment *
         kHeapAlignment;
}

}  // namespace

Bytes read_heap_object(FormatFile& file, std::uint64_t address, std::uint64_t index) {
  const std::uint64_t head_size = 8 + file.length_size();
  const Bytes head = file.read(address, head_size);
  FormatCursor head_cursor(head);
  head_cursor.expect("GCOL");
  head_cursor.skip(4);
  const Bytes heap = file.read(address, head_cursor.number(file.length_size()));
  FormatCursor cursor(heap);
  cursor.skip(head_size);
  while (cursor.left() >= head_size) {
    const std::uint64_t here = cursor.number(2);
    cursor.skip(6);
    const std::uint64_t size = cursor.number(file.length_size());
    if (here == 0) break;  // Free space, up to the end.
    if (here == index) {
      const BytesView object = cursor.take(size);
      return Bytes(object.begin(), object.end());
    }
    cursor.skip(aligned(size));
  }
  throw Error(ErrorCode::corrupt_data,
              fmt::format("there is no object {} in the global heap at {}", index, address));
}

Bytes heap_of(BytesView object, const FormatFile& file) {
  const std::uint64_t width = file.length_size();
  const std::uint64_t head_size = 8 + width;
  const std::uint64_t used = 2 * head_size + aligned(object.size());
  const std::uint64_t size = std::max(kLeastHeapSize, aligned(used + head_size));
  Bytes heap;
  put_text(heap, "GCOL");
  put_number(heap, 1, 4);
  put_number(heap, size, width);
  put_number(heap, 1, 2);
  put_number(heap, 1, 6);
  put_number(heap, object.size(), width);
  heap.insert(heap.end(), object.begin(), object.end());
  heap.resize(used);
  put_number(heap, 0, 8);
  put_number(heap, size - used, width);
  heap.resize(size);
  return heap;
}

}  // namespace engram::hdf5_format
