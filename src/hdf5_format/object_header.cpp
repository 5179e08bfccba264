#include "hdf5_format/object_header.hpp"

#include <algorithm>

#include "engram/base/error.hpp"

namespace engram::hdf5_format {
namespace {

constexpr std::size_t kMaxChunks = 4096;

Bytes with_checksum(Bytes bytes) {
  put_checksum(bytes);
  return bytes;
}

}  // namespace

ObjectHeader::ObjectHeader(FormatFile& file, std::uint64_t address, BytesView known) : file_(file) {
  read_first(address, known);
  for (std::size_t i = 0; i < messages_.size(); ++i)
    if (messages_[i].type == HeaderMessage::kContinuation)
      read_continuation(HeaderMessage(messages_[i]));
}

void ObjectHeader::read_first(std::uint64_t address, BytesView known) {
  constexpr std::size_t kMaxHead = 4 + 1 + 1 + 16 + 4 + 8;
  Bytes head;
  if (known.size() < kMaxHead) {
    const std::uint64_t end = file_.size() - std::min(file_.size(), file_.base());
    head = file_.read(address, std::min<std::uint64_t>(kMaxHead, end - std::min(end, address)));
    known = head;
  }
  FormatCursor cursor(known);
  cursor.expect("OHDR");
  if (cursor.number(1) != 2) throw Error(ErrorCode::corrupt_data, "an object header of no version");
  const std::uint64_t flags = cursor.number(1);
  if ((flags & 0x20) != 0) cursor.skip(16);
  if ((flags & 0x10) != 0) cursor.skip(4);
  if ((flags & 0x04) != 0) head_size_ = 6;
  const std::uint64_t size = cursor.number(std::uint64_t{1} << (flags & 0x03));
  const std::size_t begin = cursor.position();
  const std::uint64_t whole = checked_add(size, begin + kChecksumSize, "an object header");
  chunks_.push_back(
      {address, whole <= known.size()
                    ? Bytes(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(whole))
                    : file_.read(address, whole)});
  read_messages(0, begin);
}

void ObjectHeader::read_continuation(const HeaderMessage& message) {
  if (chunks_.size() == kMaxChunks)
    throw Error(ErrorCode::corrupt_data, "an object header of too many parts");
  FormatCursor cursor(body(message));
  const std::uint64_t address = cursor.number(file_.offset_size());
  const std::uint64_t size = cursor.number(file_.length_size());
  chunks_.push_back({address, file_.read(address, size)});
  FormatCursor(chunks_.back().bytes).expect("OCHK");
  read_messages(chunks_.size() - 1, 4);
}

void ObjectHeader::read_messages(std::size_t chunk, std::size_t begin) {
  const BytesView bytes = chunks_[chunk].bytes;
  if (bytes.size() < begin + kChecksumSize)
    throw Error(ErrorCode::corrupt_data, "a part of an object header without room");
  if (!has_true_checksum(bytes))
    throw Error(ErrorCode::corrupt_data, "an object header whose checksum is wrong");
  FormatCursor cursor(bytes.first(bytes.size() - kChecksumSize).subspan(begin));
  while (cursor.left() >= head_size_) {
    HeaderMessage message;
    message.chunk = chunk;
    message.head_offset = begin + cursor.position();
    message.type = static_cast<std::uint8_t>(cursor.number(1));
    message.size = cursor.number(2);
    message.flags = static_cast<std::uint8_t>(cursor.number(1));
    cursor.skip(head_size_ - 4);
    message.offset = begin + cursor.position();
    cursor.skip(message.size);
    messages_.push_back(message);
  }
}

BytesView ObjectHeader::body(const HeaderMessage& message) const {
  return BytesView(chunks_[message.chunk].bytes).subspan(message.offset, message.size);
}

std::span<std::byte> ObjectHeader::change(const HeaderMessage& message) {
  Chunk& chunk = chunks_[message.chunk];
  chunk.is_changed = true;
  return std::span(chunk.bytes).subspan(message.offset, message.size);
}

bool ObjectHeader::continue_at(const HeaderMessage& message, std::uint64_t address,
                               std::uint64_t size) {
  Bytes place;
  put_number(place, address, file_.offset_size());
  put_number(place, size, file_.length_size());
  if (place.size() > message.size) return false;
  const std::span<std::byte> body = change(message);
  std::fill(body.begin(), body.end(), std::byte{0});
  std::copy(place.begin(), place.end(), body.begin());
  Bytes& bytes = chunks_[message.chunk].bytes;
  bytes[message.head_offset] = std::byte{HeaderMessage::kContinuation};
  bytes[message.head_offset + 3] = std::byte{0};
  return true;
}

Bytes ObjectHeader::part_of(const HeaderMessage& message, BytesView body) const {
  const BytesView head =
      BytesView(chunks_[message.chunk].bytes).subspan(message.head_offset, head_size_);
  Bytes part;
  put_text(part, "OCHK");
  put_number(part, message.type, 1);
  put_number(part, body.size(), 2);
  part.insert(part.end(), head.begin() + 3, head.end());
  part.insert(part.end(), body.begin(), body.end());
  return with_checksum(std::move(part));
}

std::vector<ObjectHeader::Chunk> ObjectHeader::changed_chunks() const {
  std::vector<Chunk> changed;
  for (const Chunk& chunk : chunks_) {
    if (!chunk.is_changed) continue;
    const BytesView content = BytesView(chunk.bytes).first(chunk.bytes.size() - kChecksumSize);
    changed.push_back({chunk.address, with_checksum(Bytes(content.begin(), content.end())), true});
  }
  return changed;
}

}  // namespace engram::hdf5_format
