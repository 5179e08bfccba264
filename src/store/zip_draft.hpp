#pragma once

#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>

#include "engram/base/error.hpp"
#include "flat_listing.hpp"
#include "part_file.hpp"
#include "zip_reader.hpp"
#include "zip_writer.hpp"

namespace engram::store {

/// An entry and the file that it lies in, which may be another one after finish().
struct LocatedEntry {
  ZipEntry entry;
  std::shared_ptr<const FileDescriptor> file;
};

/// An archive that is being written.
class ZipDraft {
 public:
  ZipDraft(const std::string& path, bool replace)
      : part_(path, replace), writer_(std::make_unique<ZipWriter>(part_.file()->get(), path)) {}

  std::optional<LocatedEntry> find(const std::string& key) const {
    const std::shared_lock lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    return LocatedEntry{found->second, part_.file()};
  }

  Listing list(const std::string& prefix) const {
    const std::shared_lock lock(mutex_);
    return list_flat(entries_, prefix);
  }

  void add(const std::string& key, BytesView value) {
    const std::uint32_t checksum = ::libdeflate_crc32(0, value.data(), value.size());
    const std::scoped_lock lock(mutex_);
    ZipWriter& writer = open_writer(key);
    check_place(entries_, key);
    guarded([&] { put(key, writer.add(key, value, checksum)); });
  }

  void copy_all(const ZipReader& from, const std::string& path) {
    const std::scoped_lock lock(mutex_);
    for (const auto& [key, ignored] : from.entries()) {
      try {
        const std::optional<ZipEntry> entry = from.find(key);
        put(key, writer_->copy(key, from.file()->get(), *entry, path));
      } catch (Error& error) {
        error.at(key);
        error.at(path);
        throw;
      }
    }
  }

  void erase(const std::string& key) {
    const std::scoped_lock lock(mutex_);
    (void)open_writer(key);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    entries_.erase(found);
    has_dead_ = true;
  }

  void erase_below(const std::string& prefix) {
    const std::scoped_lock lock(mutex_);
    (void)open_writer(prefix);
    if (erase_flat(entries_, prefix) > 0) has_dead_ = true;
  }

  void finish() {
    const std::scoped_lock lock(mutex_);
    if (is_finished_) return;
    (void)open_writer("its directory");
    guarded([&] {
      if (has_dead_) drop_dead();
      writer_->finish();
      writer_.reset();
      part_.publish();
    });
    is_finished_ = true;
  }

 private:
  void put(const std::string& key, const ZipEntry& entry) {
    if (!entries_.insert_or_assign(key, entry).second) has_dead_ = true;
  }

  // minizip can't take back an entry, so that those that are left are copied.
  void drop_dead() {
    const std::shared_ptr<const FileDescriptor> old = part_.file();
    part_.restart();
    writer_ = std::make_unique<ZipWriter>(part_.file()->get(), part_.path());
    for (auto& [key, entry] : entries_) {
      entry = writer_->copy(key, old->get(), entry, part_.path());
    }
  }

  template <typename Work>
  void guarded(const Work& work) {
    try {
      work();
    } catch (...) {
      is_broken_ = true;
      throw;
    }
  }

  ZipWriter& open_writer(const std::string& key) const {
    if (is_broken_) {
      throw Error(ErrorCode::io_error,
                  fmt::format("can't change {} in {}: writing failed before", key, part_.path()));
    }
    if (is_finished_) {
      throw Error(
          ErrorCode::io_error,
          fmt::format("can't change {}: the zip file is finished; open it anew to append", key));
    }
    return *writer_;
  }

  mutable std::shared_mutex mutex_;
  PartFile part_;
  std::unique_ptr<ZipWriter> writer_;
  KeyMap<ZipEntry> entries_;
  bool has_dead_ = false, is_broken_ = false, is_finished_ = false;
};

}  // namespace engram::store
