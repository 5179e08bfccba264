#include "engram/store/checksums.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "engram/base/json.hpp"
#include "flat_listing.hpp"
#include "md5.hpp"

namespace engram::store {
namespace {

// Bytes that are gathered before they are hashed or written.
constexpr std::size_t kChecksumPiece = 64 << 10;

using ValueMap = std::map<std::string, ValueChecksum, std::less<>>;

// The JSON text that a prefix's checksum is the MD5 of: two lists, no blanks, ASCII.
class PrefixText {
 public:
  void begin_prefixes() { text_ += R"({"directories":[)"; }
  void begin_values() { begin_list(R"(],"files":[)"); }

  void add(std::string_view name, std::string_view digest, std::uint64_t size) {
    if (!is_first_) text_ += ',';
    is_first_ = false;
    text_ += fmt::format(R"({{"digest":"{}","name":{},"size":{}}})", digest,
                         dump_json(Json(std::string(name)), JsonStyle::line), size);
    if (text_.size() >= kChecksumPiece) pass();
  }

  Md5Digest finish() {
    text_ += "]}";
    pass();
    return md5_.finish();
  }

 private:
  void begin_list(std::string_view text) {
    text_ += text;
    is_first_ = true;
  }

  void pass() {
    md5_.add(as_bytes(text_));
    text_.clear();
  }

  Md5 md5_;
  std::string text_;
  bool is_first_ = true;
};

// The checksum of all keys that begin with `start`, "" or "a/b/".
PrefixChecksum checksum_below(const ValueMap& values, const std::string& start) {
  // '0' is the character behind '/': past all that begins with a prefix and its slash.
  const auto behind = [&](const std::string& key, std::size_t slash) {
    return values.lower_bound(key.substr(0, slash) + '0');
  };
  const auto first = values.lower_bound(start);
  PrefixChecksum result;
  std::vector<std::pair<std::string, PrefixChecksum>> prefixes;
  for (auto at = first; at != values.end() && at->first.starts_with(start);) {
    const std::size_t slash = at->first.find('/', start.size());
    if (slash == std::string::npos) {
      ++result.files;
      result.bytes += at->second.size;
      ++at;
      continue;
    }
    const PrefixChecksum below = checksum_below(values, at->first.substr(0, slash + 1));
    result.files += below.files;
    result.bytes += below.bytes;
    prefixes.emplace_back(at->first.substr(start.size(), slash - start.size()), below);
    at = behind(at->first, slash);
  }
  // "a-b/x" lies before "a/x", but the name "a" before "a-b".
  std::sort(prefixes.begin(), prefixes.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  PrefixText text;
  text.begin_prefixes();
  for (const auto& [name, below] : prefixes) text.add(name, below.text(), below.bytes);
  text.begin_values();
  for (auto at = first; at != values.end() && at->first.starts_with(start);) {
    const std::size_t slash = at->first.find('/', start.size());
    if (slash != std::string::npos) {
      at = behind(at->first, slash);
      continue;
    }
    text.add(std::string_view(at->first).substr(start.size()), to_hex(at->second.md5),
             at->second.size);
    ++at;
  }
  result.md5 = text.finish();
  return result;
}

// As md5sum(1) prints it: what would be taken for an end of the line is escaped, and a '\' before
// the line says so.
std::string manifest_line(const std::string& key, const Md5Digest& md5) {
  if (key.find_first_of("\\\n\r") == std::string::npos)
    return fmt::format("{}  {}\n", to_hex(md5), key);
  std::string escaped;
  for (const char c : key) {
    if (c == '\\') {
      escaped += "\\\\";
    } else if (c == '\n') {
      escaped += "\\n";
    } else if (c == '\r') {
      escaped += "\\r";
    } else {
      escaped += c;
    }
  }
  return fmt::format("\\{}  {}\n", to_hex(md5), escaped);
}

}  // namespace

std::string to_hex(const Md5Digest& digest) {
  std::string text;
  for (const std::byte byte : digest) text += fmt::format("{:02x}", std::to_integer<int>(byte));
  return text;
}

std::string PrefixChecksum::text() const {
  return fmt::format("{}-{}--{}", to_hex(md5), files, bytes);
}

void Checksums::set(const Key& key, BytesView value) {
  set(key, ValueChecksum{md5_of(value), value.size()});
}

void Checksums::set(const Key& key, const ValueChecksum& checksum) {
  const std::scoped_lock lock(mutex_);
  values_.insert_or_assign(key.str(), checksum);
}

void Checksums::erase(const Key& key) {
  const std::scoped_lock lock(mutex_);
  values_.erase(key.str());
}

void Checksums::erase_prefix(const std::string& prefix) {
  const std::scoped_lock lock(mutex_);
  erase_flat(values_, prefix);
}

void Checksums::move(const Key& from, const Key& to) {
  if (from == to) return;
  const std::scoped_lock lock(mutex_);
  const auto found = values_.find(from.str());
  if (found == values_.end()) {
    values_.erase(to.str());
  } else {
    const ValueChecksum checksum = found->second;
    values_.erase(found);
    values_.insert_or_assign(to.str(), checksum);
  }
}

bool Checksums::contains(const Key& key) const {
  const std::scoped_lock lock(mutex_);
  return values_.contains(key.str());
}

PrefixChecksum Checksums::below(const std::string& prefix) const {
  const std::string start = start_below(prefix);
  const std::scoped_lock lock(mutex_);
  return checksum_below(values_, start);
}

void Checksums::write_manifest(const std::function<void(std::string_view)>& write) const {
  const std::scoped_lock lock(mutex_);
  std::string lines;
  for (const auto& [key, checksum] : values_) {
    lines += manifest_line(key, checksum.md5);
    if (lines.size() < kChecksumPiece) continue;
    write(lines);
    lines.clear();
  }
  if (!lines.empty()) write(lines);
}

}  // namespace engram::store
