#include "engram/hdf5/file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include "base/posix_file.hpp"
#include "hdf5/file_guard.hpp"
#include "hdf5/library.hpp"

namespace engram::hdf5 {
namespace {

// Open datasets that are kept, each with a chunk cache of its own.
constexpr std::size_t kMaxKept = 16;
constexpr std::size_t kChunkCacheBytes = std::size_t{4} << 20;
constexpr std::size_t kChunkCacheSlots = 521;
constexpr double kChunkCachePreemption = 0.75;
// HDF5's own choice is 1 to 32 MiB, which is slower and takes several times as much in memory: what
// the tree is made of is read once, and all that is kept must be given back in the end.
constexpr std::size_t kMetadataCacheBytes = std::size_t{256} << 10;
// Files reached by external links, kept open between two links into the same file.
constexpr unsigned kExternalFiles = 16;

Handle access_properties(std::shared_ptr<FileGuard> guard) {
  Handle properties = own(H5Pcreate(H5P_FILE_ACCESS), "make access properties");
  const hid_t id = properties.id();
  set_guard(id, std::move(guard));
  check(H5Pset_cache(id, 0, kChunkCacheSlots, kChunkCacheBytes, kChunkCachePreemption),
        "set the chunk cache");
  check(H5Pset_elink_file_cache_size(id, kExternalFiles), "set the external file cache");
  H5AC_cache_config_t metadata{};
  metadata.version = H5AC__CURR_CACHE_CONFIG_VERSION;
  check(H5Pget_mdc_config(id, &metadata), "set the metadata cache");
  metadata.set_initial_size = true;
  metadata.initial_size = metadata.min_size = metadata.max_size = kMetadataCacheBytes;
  check(H5Pset_mdc_config(id, &metadata), "set the metadata cache");
#if H5_VERSION_GE(1, 10, 7)
  // File systems without locks (many network ones) are no reason to refuse a file.
  check(H5Pset_file_locking(id, true, true), "set file locking");
#endif
  return properties;
}

/// Throws unless the system lets us read `path`, which is a file.
void check_readable(const std::string& path) {
  struct stat status {};
  if (path.find('\0') != std::string::npos)
    throw Error(ErrorCode::invalid_argument, "a path with a NUL names no file");
  if (::stat(path.c_str(), &status) != 0) {
    const int error = errno;
    throw Error(error == ENOENT || error == ENOTDIR ? ErrorCode::not_found : ErrorCode::io_error,
                fmt::format("can't open {}: {}", path, std::strerror(error)));
  }
  if (!S_ISREG(status.st_mode))
    throw Error(ErrorCode::unsupported,
                fmt::format("{} is no HDF5 file: it is {}", path,
                            S_ISDIR(status.st_mode) ? "a directory" : "no regular file"));
  if (::access(path.c_str(), R_OK) != 0)
    throw Error(ErrorCode::io_error, fmt::format("can't read {}: {}", path, std::strerror(errno)));
  if (status.st_size == 0)
    throw Error(ErrorCode::unsupported, fmt::format("{} is no HDF5 file: it is empty", path));
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// True when the file begins as the first of several that the family or multi driver wrote.
bool is_one_of_several(const std::string& path) {
  std::string head(2048, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));
  return contains(head, "NCSAmult") || contains(head, "NCSAfami");
}

[[noreturn]] void throw_open_failure(const std::string& path) {
  const Failure failure = last_failure();
  const std::string& said = failure.text;
  if (is_one_of_several(path))
    throw Error(ErrorCode::unsupported,
                fmt::format("{} is one of several files that make up one HDF5 file (of the family, "
                            "multi or split driver): join them first, with h5repart or h5repack",
                            path));
  if (contains(said, "file signature not found"))
    throw Error(ErrorCode::unsupported,
                fmt::format("{} is no HDF5 file: HDF5's signature is neither at its start nor at "
                            "byte 512, 1024, 2048, ...",
                            path));
  if (contains(said, "truncated file"))
    throw Error(ErrorCode::corrupt_data,
                fmt::format("{} is cut short: it ends before the end that it states ({}). Copy or "
                            "download it again",
                            path, said));
  if (contains(said, "unable to lock file"))
    throw Error(
        ErrorCode::io_error,
        fmt::format("{} is locked: another program has it open for writing ({})", path, said));
  if (contains(said, "already open for write"))
    throw Error(ErrorCode::io_error,
                fmt::format("{} is marked as open for writing: another program writes it, or ended "
                            "without closing it (then h5clear -s removes the mark)",
                            path));
  throw Error(failure.code, fmt::format("can't open {}: HDF5 says \"{}\"", path, said));
}

/// The descriptor of a file that is read with plain calls of the system; else -1.
int descriptor_of(hid_t file) {
  const Handle access = own(H5Fget_access_plist(file), "read how a file is open");
  void* descriptor = nullptr;
  if (!is_guarded(access.id()) || H5Fget_vfd_handle(file, access.id(), &descriptor) < 0 ||
      descriptor == nullptr) {
    H5Eclear2(H5E_DEFAULT);
    return -1;
  }
  return *static_cast<const int*>(descriptor);
}

std::string name_of(hid_t file) {
  const ssize_t size = check(H5Fget_name(file, nullptr, 0), "read a file's name");
  std::string name(static_cast<std::size_t>(size) + 1, '\0');
  check(H5Fget_name(file, name.data(), name.size()), "read a file's name");
  name.pop_back();
  return name;
}

}  // namespace

std::shared_ptr<File> File::open(const std::string& path, std::shared_ptr<FileGuard> guard) {
  check_readable(path);
  if (!guard) guard = std::make_shared<FileGuard>(AllowedPlaces());
  const Locked locked;
  const Handle properties = access_properties(guard);
  Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, properties.id()));
  if (!file) throw_open_failure(path);
  return std::shared_ptr<File>(new File(std::move(file), path, std::move(guard)));
}

std::shared_ptr<File> File::of(Id id, std::shared_ptr<FileGuard> guard) {
  if (!guard) guard = std::make_shared<FileGuard>(AllowedPlaces());
  const Locked locked;
  Handle file = own(H5Iget_file_id(id), "find the file of an object");
  std::string path = name_of(file.id());
  return std::shared_ptr<File>(new File(std::move(file), std::move(path), std::move(guard)));
}

File::File(Handle file, std::string path, std::shared_ptr<FileGuard> guard)
    : file_(std::move(file)), path_(std::move(path)), guard_(std::move(guard)) {
  H5O_info_t info{};
  check(H5Oget_info2(file_.id(), &info, H5O_INFO_BASIC), "read the root group of " + path_);
  number_ = info.fileno;
  hsize_t size = 0;
  check(H5Fget_filesize(file_.id(), &size), "read the size of " + path_);
  size_ = size;
  const Handle properties = own(H5Fget_create_plist(file_.id()), "read the head of " + path_);
  hsize_t user_block = 0;
  check(H5Pget_userblock(properties.id(), &user_block), "read the head of " + path_);
  user_block_size_ = user_block;
  std::size_t address_size = 0, length_size = 0;
  check(H5Pget_sizes(properties.id(), &address_size, &length_size), "read the head of " + path_);
  address_size_ = address_size;
  descriptor_ = descriptor_of(file_.id());
}

bool File::read_at(std::uint64_t offset, std::span<std::byte> out) const noexcept {
  if (descriptor_ < 0) return false;
  try {
    return read_into(descriptor_, offset, out, path_) == out.size();
  } catch (const std::exception&) {
    return false;
  }
}

Handle File::open_object(std::uint64_t address) const {
  const Locked locked;
  return own(H5Oopen_by_addr(file_.id(), address), "open the object");
}

std::shared_ptr<const Handle> File::keep_object(std::uint64_t address) {
  const Locked locked;
  const auto found = std::find_if(kept_.begin(), kept_.end(),
                                  [&](const Kept& kept) { return kept.address == address; });
  if (found != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, found);
  } else {
    kept_.push_front({address, std::make_shared<const Handle>(open_object(address))});
    if (kept_.size() > kMaxKept) kept_.pop_back();
  }
  return kept_.front().object;
}

}  // namespace engram::hdf5
