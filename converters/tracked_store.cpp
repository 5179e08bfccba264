#include "converters/tracked_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <thread>

namespace engram::converter {
namespace {

// A path that is longer can't be opened.
constexpr std::size_t kSlotBytes = 4096;

bool is_metadata(std::string_view key) {
  const auto slash = key.rfind('/');
  const auto name = key.substr(slash == std::string_view::npos ? 0 : slash + 1);
  return name.starts_with(".z") || name == "zarr.json";
}

bool is_key(std::string_view text) {
  try {
    const store::Key key(text);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

// One of the places in the file, for as long as a chunk is written.
class TrackedStore::Slot {
 public:
  explicit Slot(TrackedStore& store) : store_(store) {
    auto& taken = store.taken_;
    // A thread comes back to the slot that it had, as a rule.
    static thread_local std::size_t last = 0;
    for (number_ = last % taken.size(); taken[number_].exchange(true);
         number_ = (number_ + 1) % taken.size()) {
      if (number_ + 1 == taken.size()) std::this_thread::yield();
    }
    last = number_;
  }
  ~Slot() { store_.taken_[number_].store(false); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  void note(const std::string& key) const {
    // With the NUL behind it: what a longer key has left is not read.
    const std::size_t size = std::min(key.size() + 1, kSlotBytes);
    const auto at = static_cast<off_t>(number_ * kSlotBytes);
    ssize_t written = 0;
    do written = ::pwrite(store_.notes_.get(), key.c_str(), size, at);
    while (written < 0 && errno == EINTR);
    if (written != static_cast<ssize_t>(size))
      throw system_error("write", store_.notes_path_, written < 0 ? errno : ENOSPC);
  }

 private:
  TrackedStore& store_;
  std::size_t number_ = 0;
};

TrackedStore::TrackedStore(std::shared_ptr<store::Store> store, const std::string& notes,
                           std::size_t threads)
    : ForwardingStore(std::move(store)),
      notes_path_(notes),
      notes_(::open(notes.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666)),
      taken_(threads) {
  if (!notes_.is_open()) throw system_error("make", notes, errno);
}

void TrackedStore::set(const store::Key& key, BytesView value) {
  if (is_metadata(key.str())) {
    inner().set(key, value);
    return;
  }
  const Slot slot(*this);
  slot.note(key.str());
  inner().set(key, value);
}

std::vector<std::string> noted_keys(const std::string& notes) {
  const FileDescriptor fd(::open(notes.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.is_open()) {
    if (errno == ENOENT) return {};
    throw system_error("open", notes, errno);
  }
  std::vector<std::string> keys;
  for (std::uint64_t at = 0;; at += kSlotBytes) {
    const Bytes slot = read_up_to(fd.get(), at, kSlotBytes, notes);
    if (slot.empty()) return keys;
    const std::string_view text(reinterpret_cast<const char*>(slot.data()), slot.size());
    const auto key = text.substr(0, text.find('\0'));
    // Zeros are a slot that was not used; what is no key nobody has written.
    if (is_key(key)) keys.emplace_back(key);
  }
}

}  // namespace engram::converter
