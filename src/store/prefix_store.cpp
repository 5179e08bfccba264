#include "engram/store/prefix_store.hpp"

#include <utility>
#include <vector>

namespace engram::store {
namespace {

Key below(const Key& prefix, const Key& key) { return Key(prefix.str() + '/' + key.str()); }

std::string below(const Key& prefix, const std::string& path) {
  return path.empty() ? prefix.str() : prefix.str() + '/' + path;
}

}  // namespace

PrefixReader::PrefixReader(std::shared_ptr<const ReadableStore> whole, Key prefix)
    : whole_(std::move(whole)), prefix_(std::move(prefix)) {}

std::optional<Bytes> PrefixReader::get(const Key& key, std::uint64_t max_size) const {
  return whole_->get(below(prefix_, key), max_size);
}

bool PrefixReader::get_into(const Key& key, std::uint64_t max_size, Bytes& out) const {
  return whole_->get_into(below(prefix_, key), max_size, out);
}

std::optional<Bytes> PrefixReader::get_range(const Key& key, std::uint64_t offset,
                                             std::uint64_t size) const {
  return whole_->get_range(below(prefix_, key), offset, size);
}

std::optional<std::uint64_t> PrefixReader::size(const Key& key) const {
  return whole_->size(below(prefix_, key));
}

Listing PrefixReader::list_dir(const std::string& prefix) const {
  return whole_->list_dir(below(prefix_, prefix));
}

std::string PrefixReader::name() const { return whole_->name() + '/' + prefix_.str(); }

PrefixStore::PrefixStore(std::shared_ptr<Store> whole, Key prefix)
    : whole_(std::move(whole)), prefix_(std::move(prefix)), reader_(whole_, prefix_) {}

std::optional<Bytes> PrefixStore::get(const Key& key, std::uint64_t max_size) const {
  return reader_.get(key, max_size);
}

bool PrefixStore::get_into(const Key& key, std::uint64_t max_size, Bytes& out) const {
  return reader_.get_into(key, max_size, out);
}

std::optional<Bytes> PrefixStore::get_range(const Key& key, std::uint64_t offset,
                                            std::uint64_t size) const {
  return reader_.get_range(key, offset, size);
}

std::optional<std::uint64_t> PrefixStore::size(const Key& key) const { return reader_.size(key); }

Listing PrefixStore::list_dir(const std::string& prefix) const { return reader_.list_dir(prefix); }

std::string PrefixStore::name() const { return reader_.name(); }

void PrefixStore::set(const Key& key, BytesView value) { whole_->set(below(prefix_, key), value); }

std::unique_ptr<ValueWriter> PrefixStore::begin(const Key& key) {
  return whole_->begin(below(prefix_, key));
}

void PrefixStore::expect(const Key& prefix) { whole_->expect(below(prefix_, prefix)); }

void PrefixStore::erase(const Key& key) { whole_->erase(below(prefix_, key)); }

void PrefixStore::erase_prefix(const std::string& prefix) {
  whole_->erase_prefix(below(prefix_, prefix));
}

void PrefixStore::move(const Key& from, const Key& to) {
  whole_->move(below(prefix_, from), below(prefix_, to));
}

void PrefixStore::replace_together(std::span<const Replacement> changes,
                                   const std::string& scratch) {
  std::vector<Replacement> there;
  there.reserve(changes.size());
  for (const Replacement& change : changes) {
    there.push_back({below(prefix_, change.to), std::nullopt});
    if (change.from) there.back().from = below(prefix_, *change.from);
  }
  whole_->replace_together(there, below(prefix_, scratch));
}

void PrefixStore::sync() { whole_->sync(); }

std::unique_ptr<WriteLock> PrefixStore::lock() { return whole_->lock(); }

}  // namespace engram::store
