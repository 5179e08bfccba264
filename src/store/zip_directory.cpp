// A zip archive is read from its end:
//
// 1. The end record, 22 bytes and a comment of up to 65535, says where the directory is. When it
//    has no room for the numbers (zip64) a locator stands in front of it, and another record in
//    front of that.
// 2. The directory: one record an entry, with its name and an extra field, where numbers of zip64
//    stand.
// 3. What lies in front of the archive (a program that unpacks it) moves all places by its size.
#include "zip_directory.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace engram::store {
namespace {

constexpr std::string_view kEndMark("PK\x05\x06"), kLocatorMark("PK\x06\x07"),
    kEnd64Mark("PK\x06\x06"), kRecordMark("PK\x01\x02");
constexpr std::uint64_t kLocatorSize = 20, kEnd64Size = 56, kRecordSize = 46, kLocalHeaderSize = 30;
constexpr std::uint64_t kLongestComment = 0xFFFF;
constexpr std::uint64_t kFull16 = 0xFFFF, kFull32 = 0xFFFF'FFFF;
constexpr std::uint64_t kZip64Field = 1;

// The names, extra fields and comments of one record are 192 KiB at most.
constexpr std::uint64_t kWindow = 256U << 10;

bool has_mark(BytesView bytes, std::string_view mark) { return as_text(bytes).starts_with(mark); }

class DirectoryReader {
 public:
  DirectoryReader(int fd, std::uint64_t file_size, const std::string& path)
      : fd_(fd), file_size_(file_size), path_(path) {}

  void read(const std::function<void(std::string, const ZipEntry&)>& take) {
    find_directory();
    std::uint64_t count = 0;
    for (std::uint64_t at = start_; at < end_; ++count) at = read_record(at, take);
    if ((is_zip64_ ? count : count & kFull16) != count_) {
      damaged(fmt::format("its directory has {} entries, not the {} that it says", count, count_));
    }
  }

 private:
  [[noreturn]] void damaged(const std::string& why) const {
    throw Error(ErrorCode::corrupt_data,
                fmt::format("{} is no zip archive, or a damaged one: {}", path_, why));
  }

  void find_directory() {
    const std::uint64_t tail_size = std::min(file_size_, kEndSize + kLongestComment);
    const std::uint64_t tail_start = file_size_ - tail_size;
    const Bytes tail = read_up_to(fd_, tail_start, tail_size, path_);
    std::size_t at = as_text(tail).rfind(kEndMark);
    // In the comment the mark may stand too.
    while (at != std::string_view::npos &&
           (at + kEndSize > tail.size() ||
            at + kEndSize + little_endian(tail, at + 20, 2) > tail.size())) {
      at = at == 0 ? std::string_view::npos : as_text(tail).rfind(kEndMark, at - 1);
    }
    if (at == std::string_view::npos) damaged("it has no directory at its end (was it cut short?)");
    const BytesView record = BytesView(tail).subspan(at, kEndSize);
    const std::uint64_t disk = little_endian(record, 4, 2);
    count_ = little_endian(record, 10, 2);
    std::uint64_t size = little_endian(record, 12, 4);
    std::uint64_t offset = little_endian(record, 16, 4);
    end_ = tail_start + at;
    if (const auto large = find_zip64()) {
      is_zip64_ = true;
      count_ = little_endian(*large, 32, 8);
      size = little_endian(*large, 40, 8);
      offset = little_endian(*large, 48, 8);
    } else if (disk != 0) {
      throw Error(
          ErrorCode::unsupported,
          fmt::format("{} is the last of several parts of a zip archive: join them", path_));
    }
    if (size > end_ || offset > end_ - size) damaged("its directory lies outside of the file");
    start_ = end_ - size;
    moved_ = start_ - offset;
  }

  // The record of zip64 in front of the end record, which end_ is moved to.
  std::optional<Bytes> find_zip64() {
    if (end_ < kLocatorSize + kEnd64Size) return std::nullopt;
    const std::uint64_t place = end_ - kLocatorSize;
    const Bytes locator = read_up_to(fd_, place, kLocatorSize, path_);
    if (!has_mark(locator, kLocatorMark)) return std::nullopt;
    // Where it says, or where it is when something lies in front of the archive.
    for (const std::uint64_t at : {little_endian(locator, 8, 8), place - kEnd64Size}) {
      if (at > place - kEnd64Size) continue;
      Bytes record = read_up_to(fd_, at, kEnd64Size, path_);
      if (record.size() < kEnd64Size || !has_mark(record, kEnd64Mark)) continue;
      end_ = at;
      return record;
    }
    damaged("its zip64 record is missing");
  }

  // `size` bytes from `at` on, which lie in the directory.
  BytesView view(std::uint64_t at, std::uint64_t size) {
    if (size > end_ - at) damaged("its directory is broken");
    if (at < window_start_ || at + size > window_start_ + window_.size()) {
      window_ = read_up_to(fd_, at, std::min(std::max(kWindow, size), end_ - at), path_);
      window_start_ = at;
      if (window_.size() < size) damaged("it was cut short meanwhile");
    }
    return BytesView(window_).subspan(at - window_start_, size);
  }

  // Returns where the next one is.
  std::uint64_t read_record(std::uint64_t at,
                            const std::function<void(std::string, const ZipEntry&)>& take) {
    const BytesView fixed = view(at, kRecordSize);
    if (!has_mark(fixed, kRecordMark)) damaged("its directory is broken");
    const std::uint64_t name_size = little_endian(fixed, 28, 2);
    const std::uint64_t extra_size = little_endian(fixed, 30, 2);
    const std::uint64_t size = kRecordSize + name_size + extra_size + little_endian(fixed, 32, 2);
    const BytesView record = view(at, size);
    ZipEntry entry;
    entry.flags = static_cast<std::uint16_t>(little_endian(record, 8, 2));
    entry.method = static_cast<std::uint16_t>(little_endian(record, 10, 2));
    entry.checksum = static_cast<std::uint32_t>(little_endian(record, 16, 4));
    entry.stored_size = little_endian(record, 20, 4);
    entry.size = little_endian(record, 24, 4);
    entry.header = little_endian(record, 42, 4);
    read_zip64(record.subspan(kRecordSize + name_size, extra_size), entry);
    claim(entry, name_size);
    // One that lies outside is refused when it is asked for; the others are none the worse.
    entry.header = entry.header > start_ - moved_ ? ZipEntry::kUnknown : entry.header + moved_;
    take(std::string(as_text(record.subspan(kRecordSize, name_size))), entry);
    return at + size;
  }

  // The numbers that did not fit stand in this order, those that did are left out.
  void read_zip64(BytesView extra, ZipEntry& entry) const {
    BytesView field;
    while (extra.size() >= 4) {
      const std::uint64_t size = little_endian(extra, 2, 2);
      if (size > extra.size() - 4) break;
      if (little_endian(extra, 0, 2) == kZip64Field) field = extra.subspan(4, size);
      extra = extra.subspan(4 + size);
    }
    for (std::uint64_t* number : {&entry.size, &entry.stored_size, &entry.header}) {
      if (*number != kFull32) continue;
      if (field.size() < 8) damaged("an entry of zip64 has no sizes");
      *number = little_endian(field, 0, 8);
      field = field.subspan(8);
    }
  }

  // Entries that share bytes are how a small archive comes to hold any amount of data.
  void claim(const ZipEntry& entry, std::uint64_t name_size) {
    const std::uint64_t beside = kLocalHeaderSize + name_size;
    const std::uint64_t room = start_ - moved_ - claimed_;
    if (beside > room || entry.stored_size > room - beside) {
      damaged(
          fmt::format("its entries take more than the {} bytes in front of its directory, so "
                      "that they overlap or lie outside of it",
                      start_ - moved_));
    }
    claimed_ += beside + entry.stored_size;
  }

  int fd_;
  std::uint64_t file_size_;
  const std::string& path_;
  std::uint64_t start_ = 0, end_ = 0;  ///< Of the directory.
  std::uint64_t moved_ = 0;            ///< By what lies in front of the archive.
  std::uint64_t count_ = 0;            ///< Of entries, as it says.
  bool is_zip64_ = false;
  std::uint64_t claimed_ = 0;
  Bytes window_;
  std::uint64_t window_start_ = 0;
};

}  // namespace

std::uint64_t little_endian(BytesView bytes, std::size_t at, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = size; i > 0; --i) {
    number = number << 8U | std::to_integer<std::uint64_t>(bytes[at + i - 1]);
  }
  return number;
}

void read_zip_directory(int fd, std::uint64_t file_size, const std::string& path,
                        const std::function<void(std::string name, const ZipEntry&)>& take) {
  DirectoryReader(fd, file_size, path).read(take);
}

}  // namespace engram::store
