#pragma once

#include <minizip/zip.h>

#include <cstdint>
#include <functional>
#include <string>

#include "engram/base/bytes.hpp"
#include "zip_io.hpp"
#include "zip_reader.hpp"

namespace engram::store {

/// Writes an archive from its beginning.
///
/// Threads: one at a time. Errors: Error(io_error), after which nothing else can be done with it.
class ZipWriter {
 public:
  /// `fd` is an empty file and must live longer; `path` is for messages.
  ZipWriter(int fd, std::string path);
  ~ZipWriter();
  ZipWriter(const ZipWriter&) = delete;
  ZipWriter& operator=(const ZipWriter&) = delete;

  /// Stores `value`, whose CRC-32 is `checksum`. It can be read from the file at once.
  ZipEntry add(const std::string& name, BytesView value, std::uint32_t checksum);

  /// Copies an entry of another archive, as it is compressed there. Its offset is known.
  ZipEntry copy(const std::string& name, int from, const ZipEntry& entry,
                const std::string& from_path);

  /// Writes the archive's directory.
  void finish();

 private:
  ZipEntry write(const std::string& name, ZipEntry entry, const std::function<bool()>& write_bytes);
  void add_zip64_end();
  [[noreturn]] void fail();

  const int fd_;
  const std::string path_;
  ZipIo io_;
  std::uint64_t count_ = 0;
  zipFile zip_ = nullptr;
};

}  // namespace engram::store
