#include "zarr/coded_values.hpp"

#include <algorithm>
#include <utility>

#include "engram/base/error.hpp"
#include "zarr/decode_unsized.hpp"
#include "zarr/documents.hpp"

namespace engram::zarr {
namespace {

// What is kept at most, if it is more than one: threads that read chunks one after another are in
// few values at a time.
constexpr std::size_t kMostKept = 4;
constexpr std::uint64_t kMostBytes = 512U << 20U;

}  // namespace

DecodedValues::DecodedValues(const store::ReadableStore& below,
                             std::unique_ptr<const store::ReadableStore> owned,
                             std::vector<CodecConfig> codecs, std::uint64_t most)
    : owned_(std::move(owned)), below_(below), codecs_(std::move(codecs)), most_(most) {
  const codec::Pipeline can_be_made(codecs_);
}

std::shared_ptr<const DecodedValues::Kept> DecodedValues::find(const store::Key& key) const {
  std::shared_ptr<Kept> found;
  {
    const std::lock_guard lock(mutex_);
    const auto at = std::find_if(kept_.begin(), kept_.end(),
                                 [&](const auto& kept) { return kept->key == key.str(); });
    if (at != kept_.end()) {
      kept_.splice(kept_.begin(), kept_, at);
    } else {
      kept_.push_front(std::make_shared<Kept>(key.str()));
      if (kept_.size() > std::clamp<std::uint64_t>(kMostBytes / most_, 1, kMostKept))
        kept_.pop_back();
    }
    found = kept_.front();
  }
  const std::lock_guard lock(found->mutex);
  if (!found->is_decoded)
    at_key(key.str(), [&] {
      if (const auto stored = below_.get(key, most_))
        found->value = decode_unsized(codecs_, *stored, most_, "a shard");
    });
  found->is_decoded = true;
  return found;
}

std::optional<Bytes> DecodedValues::get(const store::Key& key, std::uint64_t max_size) const {
  const auto found = find(key);
  if (found->value && found->value->size() > max_size)
    throw Error(ErrorCode::limit_exceeded, "a shard is too large to be read");
  return found->value;
}

std::optional<Bytes> DecodedValues::get_range(const store::Key& key, std::uint64_t offset,
                                              std::uint64_t size) const {
  const auto found = find(key);
  if (!found->value) return std::nullopt;
  const BytesView value = *found->value;
  const std::uint64_t from = std::min<std::uint64_t>(offset, value.size());
  const BytesView part =
      value.subspan(static_cast<std::size_t>(from),
                    static_cast<std::size_t>(std::min<std::uint64_t>(size, value.size() - from)));
  return Bytes(part.begin(), part.end());
}

std::optional<std::uint64_t> DecodedValues::size(const store::Key& key) const {
  const auto found = find(key);
  return found->value ? std::optional<std::uint64_t>(found->value->size()) : std::nullopt;
}

}  // namespace engram::zarr
