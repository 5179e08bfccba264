// The journal of a transaction, under `.engram-append/`:
//
//   new/0, new/1, ...   new values, each of one key
//   commit              the record: which key each of them is for
//
// How a transaction ends:
//  1. all new values are in new/, durable;
//  2. the record is written, as a whole and durable: it is decided;
//  3. chunks beyond the old shapes, and those of new arrays, are moved to their keys;
//  4. chunks that are replaced, `.zmetadata` and the single documents are replaced together;
//  5. all of that durable, the record becomes `done`, the rest is removed, and `done` last.
//
// A journal without a record is removed, and nothing has happened. With a record, steps 3 to 5 are
// done again: what was moved is not there to be moved once more.

#include "zarr/journal.hpp"

#include <fmt/format.h>

#include <set>

#include "base/json_member.hpp"
#include "engram/base/error.hpp"
#include "zarr/documents.hpp"

namespace engram::zarr {
namespace {

constexpr std::string_view kRecordName = "commit";
constexpr std::string_view kDoneName = "done";
constexpr std::string_view kFormatMember = "engram_append";
constexpr std::string_view kUnseenMember = "unseen";
constexpr std::string_view kTogetherMember = "together";
constexpr int kFormat = 1;
constexpr std::uint64_t kRecordFactor = 16;

store::Key record_key() { return store::Key(join(kJournalPrefix, kRecordName)); }
store::Key done_key() { return store::Key(join(kJournalPrefix, kDoneName)); }

// What shows that the transaction was completed goes last.
void remove_done_journal(store::Store& store) {
  const std::string prefix(kJournalPrefix);
  const store::Listing listing = store.list_dir(prefix);
  for (const std::string& name : listing.prefixes) store.erase_prefix(join(prefix, name));
  for (const std::string& name : listing.keys)
    if (name != kDoneName) store.erase(store::Key(join(prefix, name)));
  store.erase(done_key());
  store.erase_prefix(prefix);
}

[[noreturn]] void refuse(const store::ReadableStore& store, std::string_view why) {
  throw Error(ErrorCode::corrupt_data,
              fmt::format("the journal of an append that did not end, {}/{}, {}: nothing was "
                          "changed; restore the store from a copy, or remove the journal if you "
                          "know that the store is whole without it",
                          store.name(), kJournalPrefix, why));
}

Json to_json(const std::vector<JournalEntry>& entries) {
  Json list = Json::array();
  for (const JournalEntry& entry : entries)
    list.push_back({entry.key, entry.number ? Json(*entry.number) : Json(), entry.size});
  return list;
}

// Checks what others may have written: a key is one, and none of the journal's own.
class EntryReader {
 public:
  explicit EntryReader(const store::ReadableStore& store) : store_(store) {}

  std::vector<JournalEntry> read(const Json& record, std::string_view member) {
    const auto list = record.find(member);
    if (list == record.end() || !list->is_array())
      refuse(store_, fmt::format("has no list \"{}\"", member));
    std::vector<JournalEntry> entries;
    entries.reserve(list->size());
    for (const Json& item : *list) entries.push_back(entry(item));
    return entries;
  }

 private:
  JournalEntry entry(const Json& item) {
    const bool is_entry = item.is_array() && item.size() == 3 && item[0].is_string() &&
                          (item[1].is_null() || item[1].is_number_unsigned()) &&
                          item[2].is_number_unsigned();
    if (!is_entry) refuse(store_, fmt::format("has {} where a key is to be", excerpt(item)));
    JournalEntry entry{item[0].get<std::string>(), std::nullopt, item[2].get<std::uint64_t>()};
    if (!item[1].is_null()) entry.number = item[1].get<std::uint64_t>();
    try {
      const store::Key checked(entry.key);
    } catch (const Error& error) {
      refuse(store_, fmt::format("has what is no key: {}", error.what()));
    }
    if (is_journal_key(entry.key)) refuse(store_, "speaks of itself");
    if (!keys_.insert(entry.key).second) refuse(store_, fmt::format("has \"{}\" twice", entry.key));
    if (entry.number && !numbers_.insert(*entry.number).second)
      refuse(store_, fmt::format("has number {} twice", *entry.number));
    return entry;
  }

  const store::ReadableStore& store_;
  std::set<std::string> keys_;
  std::set<std::uint64_t> numbers_;
};

// Throws unless each value is where it was written, or where it belongs, as a whole.
void check_values(const store::ReadableStore& store, const CommitRecord& record) {
  const auto check = [&](const JournalEntry& entry, bool may_be_on_the_way) {
    if (!entry.number) return;
    const auto staged = store.size(journal_key(*entry.number));
    if (staged && *staged != entry.size)
      refuse(store, fmt::format("has {} bytes for \"{}\", not {}", *staged, entry.key, entry.size));
    if (!staged && !may_be_on_the_way && store.size(store::Key(entry.key)) != entry.size)
      refuse(store, fmt::format("has lost the value of \"{}\"", entry.key));
  };
  for (const JournalEntry& entry : record.unseen) check(entry, false);
  for (const JournalEntry& entry : record.together) check(entry, true);
}

}  // namespace

store::Key journal_key(std::uint64_t number) {
  return store::Key(fmt::format("{}/new/{}", kJournalPrefix, number));
}

bool is_journal_key(std::string_view key) noexcept {
  return key.starts_with(kJournalPrefix) &&
         (key.size() == kJournalPrefix.size() || key[kJournalPrefix.size()] == '/');
}

void write_record(store::Store& store, const CommitRecord& record) {
  Json json = Json::object();
  json[std::string(kFormatMember)] = kFormat;
  json[std::string(kUnseenMember)] = to_json(record.unseen);
  json[std::string(kTogetherMember)] = to_json(record.together);
  const std::string text = dump_json(json, JsonStyle::line);
  store.set(record_key(), as_bytes(text));
}

std::optional<CommitRecord> read_record(const store::ReadableStore& store, const Limits& limits) {
  Limits wide = limits;
  wide.max_json_bytes = limits.max_json_bytes * kRecordFactor;
  wide.max_json_values = limits.max_json_values * kRecordFactor;
  const auto bytes = store.get(record_key(), wide.max_json_bytes);
  if (!bytes) return std::nullopt;
  Json json;
  try {
    json = parse_json(as_text(*bytes), wide);
  } catch (const Error& error) {
    refuse(store, fmt::format("is damaged ({})", error.what()));
  }
  if (!json.is_object() || json.value(std::string(kFormatMember), Json()) != kFormat)
    refuse(store, "is none that this engram knows");
  EntryReader reader(store);
  CommitRecord record;
  record.unseen = reader.read(json, kUnseenMember);
  record.together = reader.read(json, kTogetherMember);
  check_values(store, record);
  return record;
}

void complete(store::Store& store, const CommitRecord& record, bool sync) {
  for (const JournalEntry& entry : record.unseen)
    if (entry.number) store.move(journal_key(*entry.number), store::Key(entry.key));
  std::vector<store::Replacement> changes;
  changes.reserve(record.together.size());
  for (const JournalEntry& entry : record.together)
    changes.push_back({store::Key(entry.key),
                       entry.number ? std::optional(journal_key(*entry.number)) : std::nullopt});
  store.replace_together(changes, std::string(kJournalPrefix));
  if (sync) store.sync();
  store.move(record_key(), done_key());
  remove_done_journal(store);
}

Recovery recover_locked(store::Store& store, bool sync, const Limits& limits) {
  const auto record = read_record(store, limits);
  if (record) {
    complete(store, *record, sync);
    return Recovery::completed;
  }
  if (store.size(done_key())) {
    remove_done_journal(store);
    return Recovery::completed;
  }
  const store::Listing left = store.list_dir(std::string(kJournalPrefix));
  // An empty directory is no trace of an append, but nothing that should stay either.
  store.erase_prefix(std::string(kJournalPrefix));
  return left.keys.empty() && left.prefixes.empty() ? Recovery::nothing : Recovery::rolled_back;
}

Recovery recover(store::Store& store, const Limits& limits) {
  const auto lock = store.lock();
  return recover_locked(store, true, limits);
}

}  // namespace engram::zarr
