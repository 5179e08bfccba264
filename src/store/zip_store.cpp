#include "engram/store/zip_store.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "zip_draft.hpp"

namespace engram::store {

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

  std::optional<LocatedEntry> find(const Key& key) {
    if (draft) return draft->find(key.str());
    try {
      const std::optional<ZipEntry> entry = reader->find(key.str());
      if (!entry) return std::nullopt;
      return LocatedEntry{*entry, reader->file()};
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

  ZipDraft& writable(const std::string& what) {
    if (!draft) {
      throw Error(
          ErrorCode::io_error,
          fmt::format("can't change {} in {}: the store was opened for reading", what, path));
    }
    return *draft;
  }

  const std::string path;
  std::optional<ZipReader> reader;  ///< One of these two.
  std::optional<ZipDraft> draft;
};

ZipStore::ZipStore(std::string path, Mode mode)
    : impl_(std::make_unique<Impl>(std::move(path), mode)) {}

ZipStore::~ZipStore() = default;

std::optional<Bytes> ZipStore::get(const Key& key, std::uint64_t max_size) const {
  const std::optional<LocatedEntry> found = impl_->find(key);
  if (!found) return std::nullopt;
  if (found->entry.size > max_size) {
    throw too_large(fmt::format("{}/{}", impl_->path, key.str()), found->entry.size, max_size);
  }
  return impl_->read(key,
                     [&] { return read_entry(found->file->get(), found->entry, impl_->path); });
}

std::optional<Bytes> ZipStore::get_range(const Key& key, std::uint64_t offset,
                                         std::uint64_t size) const {
  const std::optional<LocatedEntry> found = impl_->find(key);
  if (!found) return std::nullopt;
  return impl_->read(key, [&] {
    return read_entry_range(found->file->get(), found->entry, offset, size, impl_->path);
  });
}

std::optional<std::uint64_t> ZipStore::size(const Key& key) const {
  if (impl_->draft) {
    const std::optional<LocatedEntry> found = impl_->find(key);
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
