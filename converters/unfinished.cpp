#include "converters/unfinished.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <set>
#include <vector>

#include "base/posix_file.hpp"
#include "converters/tracked_store.hpp"
#include "engram/base/error.hpp"
#include "store/part_name.hpp"

namespace engram::converter {
namespace {

namespace bfs = boost::filesystem;

constexpr std::uint64_t kMaxRecord = 1U << 20;

std::string text_of_file(const std::string& path, std::uint64_t most) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd.is_open()) throw system_error("open", path, errno);
  const Bytes bytes = read_up_to(fd.get(), 0, most, path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Changes when the machine is started; "": not known.
std::string boot_id() {
  try {
    return text_of_file("/proc/sys/kernel/random/boot_id", 36);
  } catch (const Error&) {
    return {};
  }
}

std::string text_at(const Json& record, const char* name) {
  const auto found = record.find(name);
  return found != record.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Of these a machine that was not stopped has every byte that was written; others may have lost
// what they had not passed on.
bool is_own_file_system(const std::string& path) {
  constexpr std::array<long, 8> kOwn{EXT4_SUPER_MAGIC,   XFS_SUPER_MAGIC,      BTRFS_SUPER_MAGIC,
                                     TMPFS_MAGIC,        F2FS_SUPER_MAGIC,     RAMFS_MAGIC,
                                     0x2FC12FC1 /*zfs*/, OVERLAYFS_SUPER_MAGIC};
  struct statfs status {};
  if (::statfs(path.c_str(), &status) != 0) return false;
  return std::find(kOwn.begin(), kOwn.end(), static_cast<long>(status.f_type)) != kOwn.end();
}

bool is_before(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

void remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw system_error("remove", path, errno);
}

// Each file below `store` for which `is_doubtful` says so, and what is no file.
template <typename Predicate>
void remove_if(const std::string& store, const Predicate& is_doubtful) {
  std::vector<std::string> doubtful;
  try {
    for (bfs::recursive_directory_iterator at(store), end; at != end; ++at) {
      const auto& path = at->path().native();
      struct stat status {};
      if (::lstat(path.c_str(), &status) != 0) throw system_error("look at", path, errno);
      if (S_ISDIR(status.st_mode)) continue;
      if (!S_ISREG(status.st_mode) || status.st_size == 0 ||
          store::is_part_name(at->path().filename().native()) || is_doubtful(path, status))
        doubtful.push_back(path);
    }
  } catch (const bfs::filesystem_error& failure) {
    throw system_error("list", store, failure.code().value());
  }
  for (const std::string& path : doubtful) remove_file(path);
}

}  // namespace

Json make_record(const std::string& source, const Json& identity, const Json& options,
                 const Json& versions, bool resumable) {
  return {
      {"what", resumable ? "an unfinished conversion of engram: convert --resume goes on with it"
                         : "an unfinished conversion of engram, which can't be gone on with"},
      {"resumable", resumable},
      {"begun", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))},
      {"source", source},
      {"identity", identity},
      {"options", options},
      {"versions", versions},
      {"boot", boot_id()}};
}

void write_record(const std::string& part, const Json& record) {
  const std::string path = part + "/" + unfinished::kRecord, fresh = path + ".new";
  FileDescriptor fd(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!fd.is_open()) throw system_error("make", fresh, errno);
  const std::string text = dump_json(record, JsonStyle::ordered) + "\n";
  int error = write_all(fd.get(), std::as_bytes(std::span(text)));
  const int close_error = fd.close();
  if (error == 0) error = close_error;
  if (error == 0 && ::rename(fresh.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) throw system_error("write", path, error);
}

std::optional<Json> read_record(const std::string& part) {
  try {
    Json record = parse_json(text_of_file(part + "/" + unfinished::kRecord, kMaxRecord));
    if (record.is_object()) return record;
  } catch (const Error&) {
    // Cut short by a power cut, or somebody else's: as good as none.
  }
  return std::nullopt;
}

std::string describe_unfinished(const std::string& part) {
  const auto record = read_record(part);
  if (!record) return "left by a conversion that did not end";
  return fmt::format("an unfinished conversion of {}, begun {}", text_at(*record, "source"),
                     text_at(*record, "begun"));
}

bool is_resumable(const std::string& part) {
  const auto record = read_record(part);
  return record && record->value("resumable", Json(true)) != Json(false);
}

void check_same_conversion(const std::string& part, const Json& before, const Json& now) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorCode::already_exists, fmt::format("{} is {}, and {}: --overwrite begins anew",
                                                       part, describe_unfinished(part), why));
  };
  const auto at = [](const Json& record, const char* name) {
    const auto found = record.find(name);
    return found == record.end() ? Json() : *found;
  };
  const Json was = at(before, "identity"), is = at(now, "identity");
  if (was.is_object() && is.is_object() && text_at(was, "name") != text_at(is, "name"))
    refuse(fmt::format("this is one of {}", text_at(is, "name")));
  if (was != is) refuse("that file has changed since");
  for (const auto& [what, name] :
       {std::pair{"other options", "options"}, {"other versions", "versions"}}) {
    const Json old_ones = at(before, name), ones = at(now, name);
    if (old_ones == ones) continue;
    std::set<std::string> different;
    for (const Json* each : {&old_ones, &ones})
      for (const auto& [key, value] : each->items())
        if (at(old_ones, key.c_str()) != at(ones, key.c_str())) different.insert(key);
    refuse(fmt::format("it was begun with {}: {}", what, fmt::join(different, ", ")));
  }
}

void remove_doubtful(const std::string& part, const Json& record) {
  const std::string store = part + "/" + unfinished::kStore;
  const std::string boot = boot_id();
  const auto notes = part + "/" + unfinished::kWriting;
  if (!boot.empty() && boot == text_at(record, "boot") && is_own_file_system(part) &&
      ::access(notes.c_str(), F_OK) == 0) {
    for (const std::string& key : noted_keys(notes)) remove_file(fmt::format("{}/{}", store, key));
    return remove_if(store, [](const auto&, const auto&) { return false; });
  }
  struct stat durable {};
  const std::string mark = part + "/" + unfinished::kDurable;
  const bool any = ::lstat(mark.c_str(), &durable) == 0;
  remove_if(store, [&](const auto&, const struct stat& status) {
    return !any || !is_before(status.st_mtim, durable.st_mtim);
  });
}

}  // namespace engram::converter
