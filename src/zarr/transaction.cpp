#include "engram/zarr/transaction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "engram/base/error.hpp"
#include "engram/zarr/consolidated.hpp"
#include "engram/zarr/metadata.hpp"
#include "store/flat_listing.hpp"
#include "zarr/chunk_keys.hpp"
#include "zarr/consolidate_from.hpp"
#include "zarr/consolidated_v3.hpp"
#include "zarr/documents.hpp"
#include "zarr/hierarchy_v3.hpp"
#include "zarr/journal.hpp"

namespace engram::zarr {
namespace {

bool is_document_key(std::string_view key) {
  return key.ends_with(kGroupName) || key.ends_with(kArrayName) || key.ends_with(kAttributesName) ||
         path_of_node(key).has_value();
}

std::string summary_of(const ConsolidatedCheck& check) {
  std::string text;
  const auto add = [&](std::string_view what, const std::vector<std::string>& keys) {
    if (keys.empty()) return;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {} ({}{})", keys.size(), what, keys.front(),
                        keys.size() > 1 ? ", ..." : "");
  };
  add("documents are not in it", check.missing);
  add("say something else in it", check.stale);
  add("are in it and not there", check.superfluous);
  return text;
}

}  // namespace

struct Transaction::Impl {
  // A value that was set: a document in memory, or what lies in the journal.
  struct Value {
    std::optional<std::string> document;
    std::uint64_t number = 0, size = 0;
    bool existed = false;  ///< There is another value behind.
  };
  enum class State { open, deciding, decided, done };

  Impl(std::shared_ptr<store::Store> behind, const TransactionOptions& settings)
      : store(std::move(behind)), options(settings), lock(store->lock()) {
    recovered = recover_locked(*store, options.sync, options.limits);
    is_v3 = is_v3_root(*store);
    if (options.stale == TransactionOptions::Stale::trust) return;
    const ConsolidatedCheck check = check_consolidated(*store, options.limits);
    renews = check.exists && !check.is_current();
    if (renews && options.stale == TransactionOptions::Stale::refuse)
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("the consolidated metadata of {} are stale: {}; have them renewed "
                              "if the single files are right (engram consolidate, or the option "
                              "to renew them)",
                              store->name(), summary_of(check)));
  }

  ~Impl() {
    if (state != State::open && state != State::deciding) return;
    try {
      // Where nobody can tell whether the record was written, it must go before what it needs.
      store->erase(store::Key(join(kJournalPrefix, "commit")));
      store->erase_prefix(std::string(kJournalPrefix));
    } catch (...) {
      // Who opens the store next will do it.
    }
  }

  void check_open(const std::string& key) const {
    if (state != State::open)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("{} can't be changed: the append was committed", key));
    if (is_journal_key(key))
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("{} is where engram keeps the journal of an append", key));
  }

  // A copy of what was set, or of nothing: erased (first) or not touched.
  struct Found {
    bool is_erased = false;
    std::optional<Value> value;
  };
  Found find(const std::string& key) const {
    const std::shared_lock guard(mutex);
    if (const auto at = values.find(key); at != values.end()) return {false, at->second};
    return {erased.contains(key), std::nullopt};
  }

  DocumentChanges changed_documents() const {
    DocumentChanges changes;
    const std::shared_lock guard(mutex);
    for (const auto& [key, value] : values)
      if (value.document)
        changes[key] = at_key(
            key, [&, &text_of = *value.document] { return parse_json(text_of, options.limits); });
    for (const std::string& key : erased)
      if (is_document_key(key)) changes[key] = std::nullopt;
    return changes;
  }

  // Of v3: sets the root's document with what it holds of the others as they are to be.
  void amend_root(Transaction& view) const {
    if (renews) return consolidate_v3(view, options.limits);
    const DocumentChanges changes = changed_documents();
    if (changes.empty()) return;
    auto root = read_root_v3(view, options.limits);
    if (root && amend_consolidated_v3(*root, changes)) write_node_v3(view, "", *root);
  }

  // What `.zmetadata` says with all changes; nullopt: the store has none. `view` is the
  // transaction.
  std::optional<std::string> consolidated(Transaction& view) {
    {
      const std::shared_lock guard(mutex);
      if (amended) return *amended;
    }
    std::optional<std::string> text;
    if (renews) {
      const std::scoped_lock only(renewing_mutex);
      renewing = true;
      try {
        consolidate_from(*store, view, options.limits);
      } catch (...) {
        renewing = false;
        throw;
      }
      renewing = false;
      text = std::move(renewed);
    } else {
      const DocumentChanges changes = changed_documents();
      text = changes.empty() ? std::nullopt : amended_consolidated(*store, changes, options.limits);
      if (changes.empty()) {
        const auto bytes = store->get(store::Key(kConsolidatedName), UINT64_MAX);
        if (bytes) text = std::string(as_text(*bytes));
      }
    }
    const std::scoped_lock guard(mutex);
    amended = text;
    return text;
  }

  std::shared_ptr<store::Store> store;
  const TransactionOptions options;
  std::unique_ptr<store::WriteLock> lock;
  Recovery recovered = Recovery::nothing;
  bool is_v3 = false;
  bool renews = false;
  State state = State::open;

  mutable std::shared_mutex mutex;
  store::KeyMap<Value> values;
  std::set<std::string, std::less<>> erased;
  std::uint64_t next_number = 0;
  std::optional<std::optional<std::string>> amended;  ///< consolidated(), while nothing changes.

  std::mutex renewing_mutex;
  bool renewing = false;
  std::optional<std::string> renewed;
};

namespace {

// Tells whether readers who know the old metadata look for a chunk.
class Visibility {
 public:
  // `is_v3`: the version of the store's documents.
  Visibility(const store::ReadableStore& store, bool is_v3, const Limits& limits)
      : store_(store), is_v3_(is_v3), limits_(limits) {}

  bool is_seen(const std::string& key) {
    for (std::size_t slash = key.rfind('/'); slash != std::string::npos;
         slash = slash == 0 ? std::string::npos : key.rfind('/', slash - 1)) {
      const auto& array = array_at(key.substr(0, slash));
      if (array) return is_inside(*array, key.substr(slash + 1));
    }
    const auto& root = array_at("");
    return root && is_inside(*root, key);
  }

 private:
  bool is_inside(const ArrayMetadata& metadata, const std::string& name) const {
    const auto place = parse_chunk_key(metadata, name);
    if (!place) return true;
    const ChunkGrid grid(metadata.shape, shape_of_values(metadata));
    for (std::size_t d = 0; d < place->size(); ++d)
      if ((*place)[d] >= grid.grid_shape()[d]) return false;
    return true;
  }

  const std::optional<ArrayMetadata>& array_at(const std::string& path) {
    const auto found = arrays_.find(path);
    if (found != arrays_.end()) return found->second;
    return arrays_.emplace(path, is_v3_ ? read_v3(path) : read_v2(path)).first->second;
  }

  std::optional<ArrayMetadata> read_v2(const std::string& path) const {
    const auto document = read_document(store_, join(path, kArrayName), limits_);
    return document ? std::optional(parse_zarray(*document, limits_)) : std::nullopt;
  }

  std::optional<ArrayMetadata> read_v3(const std::string& path) const {
    const auto document = path.empty() ? read_root_v3(store_, limits_)
                                       : read_document(store_, join(path, kNodeName), limits_);
    return document && is_array_v3(*document) ? std::optional(parse_zarr_json(*document, limits_))
                                              : std::nullopt;
  }

  const store::ReadableStore& store_;
  const bool is_v3_;
  const Limits& limits_;
  std::map<std::string, std::optional<ArrayMetadata>> arrays_;
};

}  // namespace

Transaction::Transaction(std::shared_ptr<store::Store> store, const TransactionOptions& options)
    : impl_(std::make_unique<Impl>(std::move(store), options)) {}

Transaction::~Transaction() = default;

Recovery Transaction::recovered() const noexcept { return impl_->recovered; }

bool Transaction::is_decided() const noexcept {
  return impl_->state == Impl::State::decided || impl_->state == Impl::State::done;
}

void Transaction::commit() {
  Impl& impl = *impl_;
  impl.check_open("the store");
  store::Store& store = *impl.store;
  CommitRecord record;
  std::vector<JournalEntry> documents, removed;
  const auto keep = [&](const std::string& key, const std::string& text) {
    const auto now = store.get(store::Key(key), UINT64_MAX);
    if (now && as_text(*now) == text) return;
    const std::uint64_t number = impl.next_number++;
    store.set(journal_key(number), as_bytes(text));
    documents.push_back({key, number, text.size()});
  };
  if (impl.is_v3)
    impl.amend_root(*this);
  else if (const auto text = impl.consolidated(*this))
    keep(std::string(kConsolidatedName), *text);
  Visibility visibility(store, impl.is_v3, impl.options.limits);
  for (const auto& [key, value] : impl.values) {
    if (value.document) {
      keep(key, *value.document);
      continue;
    }
    const bool is_seen = value.existed || visibility.is_seen(key);
    (is_seen ? record.together : record.unseen).push_back({key, value.number, value.size});
  }
  for (const std::string& key : impl.erased) removed.push_back({key, std::nullopt, 0});
  record.together.insert(record.together.end(), documents.begin(), documents.end());
  record.together.insert(record.together.end(), removed.begin(), removed.end());
  if (record.together.empty() && record.unseen.empty()) {
    impl.state = Impl::State::done;
    impl.lock.reset();
    return;
  }
  if (impl.options.sync) store.sync();
  impl.state = Impl::State::deciding;
  write_record(store, record);
  if (impl.options.sync) store.sync();
  impl.state = Impl::State::decided;
  try {
    complete(store, record, impl.options.sync);
  } catch (Error& error) {
    error.at(fmt::format("the end of an append to {}, which is decided: the next one completes it",
                         store.name()));
    throw;
  }
  impl.state = Impl::State::done;
  impl.lock.reset();
  // What was read through this is read from the store from now on.
  const std::scoped_lock guard(impl.mutex);
  impl.values.clear();
  impl.erased.clear();
  impl.amended.reset();
}

std::optional<Bytes> Transaction::get(const store::Key& key, std::uint64_t max_size) const {
  if (key.str() == kConsolidatedName) {
    // Asking does not change anything but what is remembered.
    const auto text = impl_->consolidated(const_cast<Transaction&>(*this));
    if (text && text->size() > max_size) throw store::too_large(key.str(), text->size(), max_size);
    return text ? std::optional(to_bytes(*text)) : std::nullopt;
  }
  const Impl::Found found = impl_->find(key.str());
  if (found.is_erased) return std::nullopt;
  if (!found.value) return impl_->store->get(key, max_size);
  if (found.value->size > max_size) throw store::too_large(key.str(), found.value->size, max_size);
  if (found.value->document) return to_bytes(*found.value->document);
  return impl_->store->get(journal_key(found.value->number), max_size);
}

std::optional<Bytes> Transaction::get_range(const store::Key& key, std::uint64_t offset,
                                            std::uint64_t size) const {
  const Impl::Found found = impl_->find(key.str());
  if (!found.is_erased && key.str() != kConsolidatedName && !found.value)
    return impl_->store->get_range(key, offset, size);
  if (found.value && !found.value->document)
    return impl_->store->get_range(journal_key(found.value->number), offset, size);
  const auto all = get(key, UINT64_MAX);
  if (!all) return std::nullopt;
  const BytesView rest = BytesView(*all).subspan(std::min<std::uint64_t>(offset, all->size()));
  const BytesView range = rest.first(std::min<std::uint64_t>(size, rest.size()));
  return Bytes(range.begin(), range.end());
}

std::optional<std::uint64_t> Transaction::size(const store::Key& key) const {
  if (key.str() == kConsolidatedName) {
    const auto bytes = get(key, UINT64_MAX);
    return bytes ? std::optional<std::uint64_t>(bytes->size()) : std::nullopt;
  }
  const Impl::Found found = impl_->find(key.str());
  if (found.is_erased) return std::nullopt;
  return found.value ? std::optional(found.value->size) : impl_->store->size(key);
}

store::Listing Transaction::list_dir(const std::string& prefix) const {
  store::Listing listing = impl_->store->list_dir(prefix);
  const std::shared_lock guard(impl_->mutex);
  const std::string start = store::start_below(prefix);
  std::erase_if(listing.keys,
                [&](const std::string& name) { return impl_->erased.contains(start + name); });
  std::erase_if(listing.prefixes,
                [&](const std::string& name) { return is_journal_key(start + name); });
  const store::Listing set = store::list_flat(impl_->values, prefix);
  const auto add = [](std::vector<std::string>& names, const std::vector<std::string>& more) {
    names.insert(names.end(), more.begin(), more.end());
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
  };
  add(listing.keys, set.keys);
  add(listing.prefixes, set.prefixes);
  return listing;
}

std::string Transaction::name() const { return impl_->store->name(); }

void Transaction::set(const store::Key& key, BytesView value) {
  Impl& impl = *impl_;
  impl.check_open(key.str());
  if (key.str() == kConsolidatedName) {
    if (!impl.renewing)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("{} is amended when the append is committed", kConsolidatedName));
    impl.renewed = std::string(as_text(value));
    return;
  }
  Impl::Found found = impl.find(key.str());
  Impl::Value set;
  if (found.value) {
    set = *found.value;
  } else {
    set.existed = found.is_erased || impl.store->size(key).has_value();
  }
  set.size = value.size();
  if (is_document_key(key.str())) {
    set.document = std::string(as_text(value));
  } else {
    if (!found.value) {
      const std::scoped_lock guard(impl.mutex);
      set.number = impl.next_number++;
    }
    impl.store->set(journal_key(set.number), value);
  }
  const std::scoped_lock guard(impl.mutex);
  if (set.document) impl.amended.reset();
  impl.erased.erase(key.str());
  impl.values.insert_or_assign(key.str(), std::move(set));
}

void Transaction::erase(const store::Key& key) {
  Impl& impl = *impl_;
  impl.check_open(key.str());
  if (key.str() == kConsolidatedName)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} is amended when the append is committed", kConsolidatedName));
  const Impl::Found found = impl.find(key.str());
  const bool existed = found.value ? found.value->existed : impl.store->size(key).has_value();
  if (found.value && !found.value->document) impl.store->erase(journal_key(found.value->number));
  const std::scoped_lock guard(impl.mutex);
  impl.amended.reset();
  impl.values.erase(key.str());
  if (existed) impl.erased.insert(key.str());
}

}  // namespace engram::zarr
