#include "hdf5_format/chunk_btree1.hpp"

#include <limits>

#include "engram/base/error.hpp"
#include "hdf5_format/object_header.hpp"

namespace engram::hdf5_format {
namespace {

constexpr std::uint64_t kNoNode = ~std::uint64_t{0};

std::uint64_t below_4_gib(std::uint64_t number) {
  if (number > std::numeric_limits<std::uint32_t>::max())
    throw Error(ErrorCode::unsupported, "chunks of 4 GiB and more");
  return number;
}

// A node, or a chunk, and the chunks below it.
struct Child {
  std::uint64_t address;
  std::size_t first, end;
};

class TreeWriter {
 public:
  TreeWriter(const FormatFile& file, const ChunkLayout& layout, const ChunkRecords& chunks,
             std::uint64_t node_size, const PlaceBytes& place)
      : file_(file), layout_(layout), chunks_(chunks), capacity_(2 * node_size), place_(place) {}

  std::uint64_t write() {
    std::vector<Child> children;
    for (std::size_t i = 0; i < chunks_.records.size(); ++i)
      children.push_back({chunks_.records[i].address, i, i + 1});
    if (children.empty()) return kNoNode;
    std::uint64_t level = 0;
    do {
      children = write_level(children, level++);
    } while (children.size() > 1);
    return children.front().address;
  }

 private:
  std::vector<Child> write_level(const std::vector<Child>& children, std::uint64_t level) {
    std::vector<Child> nodes;
    std::uint64_t left = kNoNode;
    for (std::size_t i = 0; i < children.size(); i += capacity_) {
      const std::span<const Child> mine =
          std::span(children).subspan(i, std::min<std::size_t>(capacity_, children.size() - i));
      left = place_(node(mine, level, left));
      nodes.push_back({left, mine.front().first, mine.back().end});
    }
    return nodes;
  }

  // The right neighbour is left out: its address is not known yet, and nobody follows it who comes
  // from the root.
  Bytes node(std::span<const Child> children, std::uint64_t level, std::uint64_t left) const {
    const std::uint64_t width = file_.offset_size();
    Bytes bytes;
    put_text(bytes, "TREE");
    put_number(bytes, 1, 1);
    put_number(bytes, level, 1);
    put_number(bytes, children.size(), 2);
    put_number(bytes, left, width);
    put_number(bytes, kNoNode, width);
    for (const Child& child : children) {
      put_key(bytes, child.first, 0);
      put_number(bytes, child.address, width);
    }
    // What comes after the last chunk: the same place, one element further.
    put_key(bytes, children.back().end - 1, layout_.element_size);
    bytes.resize(8 + 2 * width + capacity_ * width + (capacity_ + 1) * key_size());
    return bytes;
  }

  std::uint64_t key_size() const { return 8 + 8 * (chunks_.rank + 1); }

  void put_key(Bytes& out, std::size_t record, std::uint64_t byte) const {
    put_number(out, below_4_gib(chunks_.records[record].size), 4);
    put_number(out, chunks_.records[record].mask, 4);
    for (std::size_t i = 0; i < chunks_.rank; ++i)
      put_number(
          out,
          checked_multiply(chunks_.at(record)[i], layout_.chunk_shape[i], "the place of a chunk"),
          8);
    put_number(out, byte, 8);
  }

  const FormatFile& file_;
  const ChunkLayout& layout_;
  const ChunkRecords& chunks_;
  std::uint64_t capacity_;
  const PlaceBytes& place_;
};

}  // namespace

std::uint64_t write_chunk_btree1(const FormatFile& file, const ChunkLayout& layout,
                                 const ChunkRecords& chunks, std::uint64_t node_size,
                                 const PlaceBytes& place) {
  return TreeWriter(file, layout, chunks, node_size, place).write();
}

std::uint64_t chunk_node_size(FormatFile& file) {
  std::uint64_t size = file.chunk_node_size();
  if (const auto extension = file.extension()) {
    const ObjectHeader header(file, *extension, {});
    for (const HeaderMessage& message : header.messages()) {
      if (message.type != HeaderMessage::kBTreeSizes) continue;
      FormatCursor cursor(header.body(message));
      cursor.skip(1);
      size = cursor.number(2);
    }
  }
  if (size == 0) throw Error(ErrorCode::corrupt_data, "B-trees with nodes of no size");
  return size;
}

Bytes btree1_layout(const FormatFile& file, const ChunkLayout& layout, std::uint64_t root) {
  Bytes message;
  put_number(message, 3, 1);  // Version.
  put_number(message, 2, 1);  // Chunked.
  put_number(message, layout.chunk_shape.size() + 1, 1);
  put_number(message, root, file.offset_size());
  for (const std::uint64_t length : layout.chunk_shape) put_number(message, below_4_gib(length), 4);
  put_number(message, below_4_gib(layout.element_size), 4);
  return message;
}

}  // namespace engram::hdf5_format
