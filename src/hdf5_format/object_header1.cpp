#include "hdf5_format/object_header1.hpp"

#include <algorithm>
#include <vector>

#include "hdf5_format/object_header.hpp"

namespace engram::hdf5_format {
namespace {

constexpr std::uint64_t kPartHead = 16;  // With the gap behind it.
constexpr std::uint64_t kMaxPart = 1 << 20;
constexpr std::uint64_t kMessageHead = 8;  // With three bytes that mean nothing.
constexpr std::uint64_t kMessageAlignment = 8;
constexpr std::uint64_t kMostTypes = 0x20;  // More than there are.

// Where messages begin, if `part` is nothing but messages from `begin` to `end`.
std::optional<std::vector<std::size_t>> find_messages(BytesView part, std::size_t begin,
                                                      std::size_t end) {
  std::vector<std::size_t> places;
  while (begin < end) {
    if (end - begin < kMessageHead) return std::nullopt;
    FormatCursor cursor(part.subspan(begin, kMessageHead));
    const std::uint64_t type = cursor.number(2);
    const std::uint64_t size = cursor.number(2);
    if (type >= kMostTypes || size % kMessageAlignment != 0 || size > end - begin - kMessageHead)
      return std::nullopt;
    places.push_back(begin);
    begin += kMessageHead + size;
  }
  return places;
}

std::optional<std::vector<std::size_t>> messages_of(BytesView part) {
  const std::uint64_t size = first_part_size(part);
  if (size != 0 && size <= part.size())
    if (auto places = find_messages(part, kPartHead, size)) return places;
  return find_messages(part, 0, part.size());
}

}  // namespace

std::uint64_t first_part_size(BytesView head) {
  if (head.size() < kPartHead) return 0;
  FormatCursor cursor(head);
  if (cursor.number(2) != 1) return 0;
  cursor.skip(6);
  const std::uint64_t size = kPartHead + cursor.number(4);
  return size < kMaxPart ? size : 0;
}

std::optional<Bytes> older_header_part(BytesView part, const FormatFile& file,
                                       const OlderMessage& older, const PlaceBytes& place) {
  const auto places = messages_of(part);
  if (!places) return std::nullopt;
  Bytes changed;
  for (const std::size_t at : *places) {
    FormatCursor cursor(part.subspan(at));
    const auto type = static_cast<std::uint8_t>(cursor.number(2));
    const std::uint64_t size = cursor.number(2);
    const bool is_shared = (cursor.number(1) & 0x02U) != 0;
    cursor.skip(3);
    auto body = is_shared ? std::nullopt : older(type, cursor.take(size));
    if (!body) continue;
    body->resize((body->size() + kMessageAlignment - 1) / kMessageAlignment * kMessageAlignment);
    if (changed.empty()) changed.assign(part.begin(), part.end());
    Bytes instead;
    if (body->size() != size) {
      if (size < file.offset_size() + file.length_size() || body->size() > 0xffff) continue;
      Bytes more(part.begin() + static_cast<std::ptrdiff_t>(at),
                 part.begin() + static_cast<std::ptrdiff_t>(at + kMessageHead));
      set_number(std::span(more).subspan(2), body->size(), 2);
      more.insert(more.end(), body->begin(), body->end());
      const std::uint64_t length = more.size();
      put_number(instead, place(std::move(more)), file.offset_size());
      put_number(instead, length, file.length_size());
      instead.resize(size);
      changed[at] = std::byte{HeaderMessage::kContinuation};
      changed[at + 4] = std::byte{0};
    } else {
      instead = std::move(*body);
    }
    std::copy(instead.begin(), instead.end(),
              changed.begin() + static_cast<std::ptrdiff_t>(at + kMessageHead));
  }
  return changed.empty() ? std::nullopt : std::optional(std::move(changed));
}

}  // namespace engram::hdf5_format
