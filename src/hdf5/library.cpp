#include "hdf5/library.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <exception>
#include <mutex>
#include <vector>

#include "hdf5/own_filters.hpp"

namespace engram::hdf5 {
namespace {

static_assert(std::is_same_v<hid_t, std::int64_t>, "Id must be what HDF5 1.10 and later use");

std::atomic<std::uint64_t> entries{0};

std::recursive_mutex& mutex() {
  // Never destroyed: handles in static objects are given back after main() has ended.
  static auto* const instance = new std::recursive_mutex;
  return *instance;
}

struct Message {
  hid_t minor = -1;
  std::string text;
};

// Called from C: nothing may be thrown.
herr_t collect(unsigned, const H5E_error2_t* entry, void* messages) {
  try {
    auto& list = *static_cast<std::vector<Message>*>(messages);
    list.push_back({entry->min_num, entry->desc != nullptr ? entry->desc : ""});
    return 0;
  } catch (const std::exception&) {
    return -1;
  }
}

/// HDF5 met a version of something that it does not know.
bool is_newer(const std::string& text) {
  return text.starts_with("bad version number") || text.starts_with("Bad version number") ||
         text.find("unknown version") != std::string::npos;
}

ErrorCode classify(const std::vector<Message>& stack) {
  for (const Message& message : stack) {
    if (message.text.find("errno =") != std::string::npos) return ErrorCode::io_error;
    if (message.text.find("required filter") != std::string::npos) return ErrorCode::unsupported;
    if (message.minor == H5E_UNSUPPORTED || is_newer(message.text)) return ErrorCode::unsupported;
    if (message.text == "unable to open external raw data file") return ErrorCode::not_found;
  }
  return ErrorCode::corrupt_data;
}

}  // namespace

Locked::Locked() {
  mutex().lock();
  entries.fetch_add(1, std::memory_order_relaxed);
  // HDF5 prints its errors by itself unless told otherwise, in a thread-safe build by each thread.
  thread_local bool silenced = false;
  if (!silenced) {
    if (H5open() < 0) {
      mutex().unlock();
      throw Error(ErrorCode::limit_exceeded,
                  "the HDF5 library can't be started: memory may have run out");
    }
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    silenced = true;
    static bool registered = false;
    if (!registered) register_own_filters();
    registered = true;
  }
}

Locked::~Locked() { mutex().unlock(); }

std::uint64_t calls() noexcept { return entries.load(std::memory_order_relaxed); }

std::string library_version() {
  const Locked locked;
  std::array<unsigned, 3> version{};
  H5get_libversion(version.data(), &version[1], &version[2]);
  return fmt::format("{}.{}.{}", version[0], version[1], version[2]);
}

Handle::~Handle() {
  if (id_ < 0) return;
  const Locked locked;
  H5Idec_ref(id_);
}

Handle Handle::share(Id id) {
  const Locked locked;
  H5Iinc_ref(id);
  return Handle(id);
}

Failure last_failure() {
  std::vector<Message> stack;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, collect, &stack);
  H5Eclear2(H5E_DEFAULT);
  Failure failure;
  failure.code = classify(stack);
  // The innermost message names the cause; some are empty or say no more than that something
  // failed.
  for (const Message& message : stack) {
    if (message.text.empty()) continue;
    failure.text = message.text;
    break;
  }
  if (failure.text.empty()) failure.text = "no reason given";
  if (is_newer(failure.text)) failure.text += "; a newer HDF5 library wrote this, or it is damaged";
  return failure;
}

void throw_failure(std::string_view doing) {
  Failure failure = last_failure();
  throw Error(failure.code, fmt::format("can't {}: HDF5 says \"{}\"", doing, failure.text));
}

}  // namespace engram::hdf5
