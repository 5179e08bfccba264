// Reads one entry's bytes, which lie in one piece of the file.
#include <fmt/format.h>
#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <array>

#include "zip_reader.hpp"

namespace engram::store {
namespace {

constexpr std::uint16_t kStored = 0, kDeflated = 8;
constexpr std::uint16_t kEncrypted = 1U << 0U, kPatch = 1U << 5U, kStrong = 1U << 6U;

// Deflate can't do better: 258 bytes for two bits at most.
constexpr std::uint64_t kMostInflation = 1032;

constexpr std::size_t kReadBlock = 64U << 10;

std::string method_name(std::uint16_t method) {
  switch (method) {
    case 9:
      return "Deflate64";
    case 12:
      return "bzip2";
    case 14:
      return "LZMA";
    case 93:
      return "Zstandard";
    case 95:
      return "xz";
    default:
      return fmt::format("method {}", method);
  }
}

[[noreturn]] void throw_corrupt(const std::string& why) {
  throw Error(ErrorCode::corrupt_data, "the zip entry is damaged: " + why);
}

// Inflates an entry from its beginning, block by block.
class Inflater {
 public:
  Inflater(int fd, const ZipEntry& entry, const std::string& path)
      : fd_(fd), next_(entry.offset), end_(entry.offset + entry.stored_size), path_(path) {
    // Negative: no zlib header and trailer.
    if (::inflateInit2(&stream_, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { ::inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Fills `out` as far as the stream goes; returns how far that was.
  std::size_t read(std::span<std::byte> out) {
    std::size_t done = 0;
    while (done < out.size() && !at_end_) {
      if (stream_.avail_in == 0) refill();
      const auto room = std::min<std::size_t>(out.size() - done, 1U << 30);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + done);
      stream_.avail_out = static_cast<uInt>(room);
      const uInt had = stream_.avail_in;
      const int result = ::inflate(&stream_, Z_NO_FLUSH);
      const std::size_t made = room - stream_.avail_out;
      done += made;
      if (result == Z_STREAM_END) {
        at_end_ = true;
      } else if (result == Z_MEM_ERROR) {
        throw std::bad_alloc();
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        throw_corrupt("its deflate stream is broken");
      } else if (made == 0 && stream_.avail_in == had && next_ == end_) {
        throw_corrupt("its deflate stream is cut short");
      }
    }
    return done;
  }

 private:
  void refill() {
    const std::size_t count = std::min<std::uint64_t>(input_.size(), end_ - next_);
    const std::size_t got = read_into(fd_, next_, std::span(input_).first(count), path_);
    if (got < count) throw_corrupt("the file ends inside it");
    next_ += got;
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
    stream_.avail_in = static_cast<uInt>(got);
  }

  int fd_;
  std::uint64_t next_, end_;
  const std::string& path_;
  z_stream stream_{};
  bool at_end_ = false;
  std::array<std::byte, kReadBlock> input_{};
};

}  // namespace

void check_readable(const ZipEntry& entry) {
  if ((entry.flags & (kEncrypted | kStrong)) != 0) {
    throw Error(ErrorCode::unsupported, "the zip entry is encrypted: decrypt the archive first");
  }
  if (entry.method != kStored && entry.method != kDeflated) {
    throw Error(ErrorCode::unsupported,
                fmt::format("the zip entry is compressed with {}; engram reads entries that are "
                            "stored or deflated: pack the archive anew (zip -0)",
                            method_name(entry.method)));
  }
  if ((entry.flags & kPatch) != 0) {
    throw Error(ErrorCode::unsupported, "the zip entry is a patch of another file");
  }
  if (entry.method == kStored && entry.size != entry.stored_size) {
    throw_corrupt(fmt::format("it is stored, and has {} bytes that take {} in the archive",
                              entry.size, entry.stored_size));
  }
  if (entry.method == kDeflated && entry.size / kMostInflation > entry.stored_size) {
    throw_corrupt(fmt::format("{} bytes can't inflate to the {} that it says", entry.stored_size,
                              entry.size));
  }
}

Bytes read_entry(int fd, const ZipEntry& entry, const std::string& path) {
  Bytes value(entry.size);
  if (entry.method == kStored) {
    if (read_into(fd, entry.offset, value, path) < value.size()) {
      throw_corrupt("the file ends inside it");
    }
  } else {
    Inflater inflater(fd, entry, path);
    const std::size_t size = inflater.read(value);
    if (size < value.size()) {
      throw_corrupt(
          fmt::format("it inflates to {} bytes, not the {} that it says", size, entry.size));
    }
    std::array<std::byte, 1> more{};
    if (inflater.read(more) != 0) {
      throw_corrupt(fmt::format("it inflates to more than the {} bytes that it says", entry.size));
    }
  }
  if (::libdeflate_crc32(0, value.data(), value.size()) != entry.checksum) {
    throw_corrupt("its checksum is another one");
  }
  return value;
}

Bytes read_entry_range(int fd, const ZipEntry& entry, std::uint64_t offset, std::uint64_t size,
                       const std::string& path) {
  if (offset >= entry.size) return {};
  Bytes value(std::min(size, entry.size - offset));
  if (entry.method == kStored) {
    if (read_into(fd, entry.offset + offset, value, path) < value.size()) {
      throw_corrupt("the file ends inside it");
    }
    return value;
  }
  Inflater inflater(fd, entry, path);
  Bytes skipped(std::min<std::uint64_t>(kReadBlock, offset));
  for (std::uint64_t left = offset; left > 0;) {
    const auto got =
        inflater.read(std::span(skipped).first(std::min<std::uint64_t>(left, kReadBlock)));
    if (got == 0) throw_corrupt("it inflates to fewer bytes than it says");
    left -= got;
  }
  if (inflater.read(value) < value.size()) throw_corrupt("it inflates to fewer bytes than it says");
  return value;
}

}  // namespace engram::store
