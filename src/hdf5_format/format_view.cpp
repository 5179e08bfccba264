#include "hdf5_format/format_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "engram/base/error.hpp"
#include "hdf5_format/dense_attributes.hpp"
#include "hdf5_format/global_heap.hpp"
#include "hdf5_format/object_header1.hpp"
#include "hdf5_format/stored_type.hpp"
#include "hdf5_format/virtual_mapping.hpp"

namespace engram::hdf5_format {
namespace {

// What HDF5 reads of a header whose size it does not know yet, unless the file ends before.
constexpr std::size_t kFirstRead = 512;
// Bounds for what hostile files ask for: of what is shown, and of what is read beside headers, both
// against the file's size. A chunk's 20 bytes in an index become at most 100 and its share of nodes
// of a few kB, one for each dataset at least.
constexpr std::uint64_t kMostShownTimes = 16, kMostReadTimes = 2;
constexpr std::uint64_t kSlack = 64 << 20;
constexpr std::uint64_t kMostShown = std::uint64_t{4} << 30;
constexpr std::uint64_t kShownAlignment = 8;
// Versions and classes of layout messages.
constexpr std::uint64_t kNewLayout = 5, kVirtualLayout = 4;
constexpr std::uint64_t kChunked = 2, kVirtual = 3;

const HeaderMessage* find(const ObjectHeader& header, std::uint8_t type) {
  for (const HeaderMessage& message : header.messages())
    if (message.type == type) return &message;
  return nullptr;
}

bool is_layout(BytesView message, std::uint64_t version, std::uint64_t kind) {
  FormatCursor cursor(message);
  return cursor.number(1) == version && cursor.number(1) == kind;
}

// Whether more than the header has to be read.
bool leads_elsewhere(const ObjectHeader& header) {
  return std::any_of(header.messages().begin(), header.messages().end(),
                     [&](const HeaderMessage& message) {
                       return message.type == HeaderMessage::kAttributeInfo ||
                              (message.type == HeaderMessage::kLayout &&
                               (is_layout(header.body(message), kNewLayout, kChunked) ||
                                is_layout(header.body(message), kVirtualLayout, kVirtual)));
                     });
}

}  // namespace

void FormatView::look_at(std::uint64_t address, std::uint64_t base, BytesView part) {
  constexpr std::string_view kSecondVersion = "OHDR";
  const bool is_second = as_text(part).starts_with(kSecondVersion);
  if (address < base || done_.contains(address)) return;
  try {
    if (!file_ || file_->base() != base) file_.emplace(read_at_, size_, base);
    file_->start();
    if (is_second)
      look_at_second_version(address, part);
    else
      look_at_first_version(address, part);
  } catch (const Error&) {
    // The library reads the header as it is, and says what is wrong.
  }
}

void FormatView::look_at_first_version(std::uint64_t address, BytesView part) {
  Bytes whole;
  if (const std::uint64_t size = first_part_size(part);
      size > part.size() && part.size() >= kFirstRead) {
    whole = file_->read(address - file_->base(), size);
    part = whole;
  }
  auto changed = older_header_part(
      part, *file_,
      [](std::uint8_t type, BytesView body) -> std::optional<Bytes> {
        if (type == HeaderMessage::kDatatype) return older_type(body);
        if (type == HeaderMessage::kAttribute) return older_attribute(body);
        return std::nullopt;
      },
      [this](Bytes bytes) { return place(std::move(bytes)); });
  if (!changed) return;
  done_.insert(address);
  keep(address, std::move(*changed));
}

void FormatView::look_at_second_version(std::uint64_t address, BytesView part) {
  ObjectHeader object(*file_, address - file_->base(), part);
  if (leads_elsewhere(object)) {
    done_.insert(address);
    // Many headers may lead to the same long index.
    if (elsewhere_ > kMostReadTimes * size_ + kSlack)
      throw Error(ErrorCode::limit_exceeded, "a file whose headers lead to the same structures");
  }
  change(object);
  if (done_.contains(address)) elsewhere_ += file_->bytes_read();
  for (ObjectHeader::Chunk& chunk : object.changed_chunks()) {
    done_.insert(address);
    keep(file_->base() + chunk.address, std::move(chunk.bytes));
  }
}

void FormatView::change(ObjectHeader& header) {
  for (const HeaderMessage& message : header.messages()) {
    if (message.is_shared()) continue;
    const BytesView body = header.body(message);
    switch (message.type) {
      case HeaderMessage::kDatatype:
        put(header, message, older_type(body));
        break;
      case HeaderMessage::kAttribute:
        put(header, message, older_attribute(body));
        break;
      case HeaderMessage::kAttributeInfo:
        for (ChangedBytes& each : older_dense_attributes(*file_, body))
          keep(file_->base() + each.address, std::move(each.bytes));
        break;
      case HeaderMessage::kLayout:
        if (is_layout(body, kNewLayout, kChunked)) change_layout(header, message);
        if (is_layout(body, kVirtualLayout, kVirtual)) change_mappings(header, message);
        break;
      default:
        break;
    }
  }
}

// In place of the message, or, when it is longer, where the header then continues.
void FormatView::put(ObjectHeader& header, const HeaderMessage& message,
                     const std::optional<Bytes>& body) {
  if (!body) return;
  if (body->size() == message.size) {
    std::copy(body->begin(), body->end(), header.change(message).begin());
    return;
  }
  Bytes part = header.part_of(message, *body);
  const std::uint64_t size = part.size();
  header.continue_at(message, place(std::move(part)), size);
}

// The library's own form of such an index depends on its idea of how wide the size of a chunk is:
// so the index is shown as one in which it has a fixed width.
void FormatView::change_layout(ObjectHeader& header, const HeaderMessage& message) {
  const HeaderMessage* const space = find(header, HeaderMessage::kDataspace);
  const auto layout = read_chunk_layout(header.body(message), *file_);
  if (!layout || layout->leaves_edges_unfiltered() || space == nullptr || space->is_shared())
    return;
  const ChunkRecords chunks =
      read_chunk_records(*file_, *layout, read_space(header.body(*space), file_->length_size()));
  if (!node_size_) node_size_ = chunk_node_size(*file_);
  const std::uint64_t root =
      write_chunk_btree1(*file_, *layout, chunks, *node_size_,
                         [this](Bytes bytes) { return place(std::move(bytes)); });
  put(header, message, btree1_layout(*file_, *layout, root));
}

void FormatView::change_mappings(ObjectHeader& header, const HeaderMessage& message) {
  FormatCursor cursor(header.body(message));
  cursor.skip(2);
  const std::uint64_t address = cursor.number(file_->offset_size());
  const std::uint64_t index = cursor.number(4);
  if (is_undefined(address, file_->offset_size())) return;
  const Bytes object = read_heap_object(*file_, address, index);
  if (!has_newer_mappings(object, *file_)) return;
  const std::uint64_t heap = place(heap_of(older_mappings(object, *file_), *file_));
  const std::span<std::byte> where = header.change(message).subspan(2);
  set_number(where, heap, file_->offset_size());
  set_number(where.subspan(file_->offset_size()), 1, 4);
}

// Addresses count from the superblock on.
std::uint64_t FormatView::place(Bytes bytes) {
  const std::uint64_t begin =
      (std::max(size_, end_) + kShownAlignment - 1) / kShownAlignment * kShownAlignment;
  const std::uint64_t end = checked_add(begin, bytes.size(), "an address");
  const std::uint64_t width = file_->offset_size();
  if (width < sizeof end && (end - file_->base()) >> (8 * width) != 0)
    throw Error(ErrorCode::unsupported, "a file with no addresses left to show anything at");
  keep(begin, std::move(bytes));
  end_ = end;
  return begin - file_->base();
}

void FormatView::keep(std::uint64_t address, Bytes bytes) {
  kept_ += bytes.size();
  if (kept_ > std::min(kMostShownTimes * size_ + kSlack, kMostShown))
    throw Error(
        ErrorCode::limit_exceeded,
        fmt::format("a file of {} bytes of which {} would be shown in other forms", size_, kept_));
  shown_[address] = std::move(bytes);
}

void FormatView::show(std::uint64_t address, std::span<std::byte> bytes) const noexcept {
  const std::uint64_t end = address + bytes.size();
  auto part = shown_.upper_bound(address);
  if (part != shown_.begin()) --part;
  for (; part != shown_.end() && part->first < end; ++part) {
    const std::uint64_t first = std::max(address, part->first);
    const std::uint64_t last = std::min<std::uint64_t>(end, part->first + part->second.size());
    if (first >= last) continue;
    std::copy_n(part->second.begin() + static_cast<std::ptrdiff_t>(first - part->first),
                last - first, bytes.begin() + static_cast<std::ptrdiff_t>(first - address));
  }
}

}  // namespace engram::hdf5_format
