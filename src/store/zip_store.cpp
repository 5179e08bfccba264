#include "engram/store/zip_store.hpp"

#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <mutex>
#include <shared_mutex>

#include "flat_listing.hpp"
#include "part_file.hpp"
#include "zip_reader.hpp"
#include "zip_writer.hpp"

namespace engram::store {
namespace {

/// An entry and the file that it lies in, which may be another one after finish().
struct Located {
  ZipEntry entry;
  std::shared_ptr<const FileDescriptor> file;
};

/// An archive that is being written.
class Draft {
 public:
  Draft(const std::string& path, bool replace)
      : part_(path, replace), writer_(std::make_unique<ZipWriter>(part_.file()->get(), path)) {}

  std::optional<Located> find(const std::string& key) const {
    const std::shared_lock lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    return Located{found->second, part_.file()};
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

}  // namespace

struct ZipStore::Impl {
  Impl(std::string path_, Mode mode) : path(std::move(path_)) {
    if (mode == Mode::read) {
      reader.emplace(path);
    } else if (mode == Mode::create) {
      draft.emplace(path, false);
    } else {
      ZipReader old(path);
      draft.emplace(path, true);
      draft->copy_all(old, path);
    }
  }

  std::optional<Located> find(const Key& key) {
    if (draft) return draft->find(key.str());
    try {
      const std::optional<ZipEntry> entry = reader->find(key.str());
      if (!entry) return std::nullopt;
      return Located{*entry, reader->file()};
    } catch (Error& error) {
      at(error, key);
      throw;
    }
  }

  template <typename Read>
  Bytes read(const Key& key, const Read& work) const {
    try {
      return work();
    } catch (Error& error) {
      at(error, key);
      throw;
    }
  }

  void at(Error& error, const Key& key) const {
    error.at(key.str());
    error.at(path);
  }

  Draft& writable(const std::string& what) {
    if (!draft) {
      throw Error(
          ErrorCode::io_error,
          fmt::format("can't change {} in {}: the store was opened for reading", what, path));
    }
    return *draft;
  }

  const std::string path;
  std::optional<ZipReader> reader;  ///< One of these two.
  std::optional<Draft> draft;
};

ZipStore::ZipStore(std::string path, Mode mode)
    : impl_(std::make_unique<Impl>(std::move(path), mode)) {}

ZipStore::~ZipStore() = default;

std::optional<Bytes> ZipStore::get(const Key& key, std::uint64_t max_size) const {
  const std::optional<Located> found = impl_->find(key);
  if (!found) return std::nullopt;
  if (found->entry.size > max_size) {
    throw too_large(fmt::format("{}/{}", impl_->path, key.str()), found->entry.size, max_size);
  }
  return impl_->read(key,
                     [&] { return read_entry(found->file->get(), found->entry, impl_->path); });
}

std::optional<Bytes> ZipStore::get_range(const Key& key, std::uint64_t offset,
                                         std::uint64_t size) const {
  const std::optional<Located> found = impl_->find(key);
  if (!found) return std::nullopt;
  return impl_->read(key, [&] {
    return read_entry_range(found->file->get(), found->entry, offset, size, impl_->path);
  });
}

std::optional<std::uint64_t> ZipStore::size(const Key& key) const {
  if (impl_->draft) {
    const std::optional<Located> found = impl_->find(key);
    if (!found) return std::nullopt;
    return found->entry.size;
  }
  const auto found = impl_->reader->entries().find(key.str());
  if (found == impl_->reader->entries().end()) return std::nullopt;
  return found->second.size;
}

Listing ZipStore::list_dir(const std::string& prefix) const {
  return impl_->draft ? impl_->draft->list(prefix) : list_flat(impl_->reader->entries(), prefix);
}

std::string ZipStore::name() const { return impl_->path; }

void ZipStore::set(const Key& key, BytesView value) {
  impl_->writable(key.str()).add(key.str(), value);
}

void ZipStore::erase(const Key& key) { impl_->writable(key.str()).erase(key.str()); }

void ZipStore::erase_prefix(const std::string& prefix) {
  impl_->writable(prefix).erase_below(prefix);
}

void ZipStore::finish() {
  if (impl_->draft) impl_->draft->finish();
}

}  // namespace engram::store
