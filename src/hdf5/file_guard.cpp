// A file driver for HDF5 that reads one file with plain calls, as HDF5's own (sec2) does, and asks
// a FileGuard to open it. HDF5 opens files by names of its own making: relative to the file, to the
// working directory, to what the environment says. All of these come through here, also those of
// files that it opens because of a file that it opened. And it shows what later libraries wrote
// as this one reads it.
#include "hdf5/file_guard.hpp"

#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <tuple>
#include <utility>

#include "hdf5_format/format_view.hpp"

namespace engram::hdf5 {
namespace {

constexpr haddr_t kMaxAddress = static_cast<haddr_t>(std::numeric_limits<off_t>::max());

// What access properties carry.
struct GuardInfo {
  std::shared_ptr<FileGuard> guard;
};

// H5FD_t comes first, as HDF5 wants it.
struct GuardedFile : H5FD_t {
  FileDescriptor file;
  int descriptor = -1;  // Of `file`, to point at.
  std::shared_ptr<FileGuard> guard;
  haddr_t end_of_addresses = 0, size = 0;
  std::unique_ptr<hdf5_format::FormatView>
      view;  // nullptr: the library knows all that others write.
  dev_t device = 0;
  ino_t inode = 0;
};

// HDF5 2.0 writes forms that libraries before it do not read.
bool knows_less_than_others() {
  unsigned major = 0, minor = 0, release = 0;
  return H5get_libversion(&major, &minor, &release) >= 0 && major < 2;
}

GuardedFile& guarded(H5FD_t* file) { return *static_cast<GuardedFile*>(file); }
const GuardedFile& guarded(const H5FD_t* file) { return *static_cast<const GuardedFile*>(file); }

// In the words of HDF5's own driver, which tell what kind of failure it was.
void push_error(hid_t minor, const char* what, const std::string& name) {
  const int error = errno;
  H5Epush2(H5E_DEFAULT, "file_guard.cpp", "engram", 0, H5E_ERR_CLS, H5E_FILE, minor,
           "%s: name = '%s', errno = %d, error message = '%s'", what, name.c_str(), error,
           std::strerror(error));
}

// Called from C: nothing may be thrown.
void* copy_info(const void* info) {
  return new (std::nothrow) GuardInfo(*static_cast<const GuardInfo*>(info));
}

herr_t free_info(void* info) {
  delete static_cast<GuardInfo*>(info);
  return 0;
}

void* info_of_file(H5FD_t* file) { return new (std::nothrow) GuardInfo{guarded(file).guard}; }

H5FD_t* open_guarded(const char* name, unsigned flags, hid_t access, haddr_t) {
  try {
    const auto* const info = static_cast<const GuardInfo*>(H5Pget_driver_info(access));
    if (info == nullptr || (flags & (H5F_ACC_RDWR | H5F_ACC_TRUNC | H5F_ACC_CREAT)) != 0) {
      errno = EROFS;
      push_error(H5E_CANTOPENFILE, "unable to open file", name);
      return nullptr;
    }
    auto opened = std::make_unique<GuardedFile>();
    opened->guard = info->guard;
    opened->file = info->guard->open(name);
    struct stat status {};
    if (!opened->file.is_open() || ::fstat(opened->file.get(), &status) != 0) {
      push_error(H5E_CANTOPENFILE, "unable to open file", name);
      return nullptr;
    }
    opened->descriptor = opened->file.get();
    opened->size = static_cast<haddr_t>(status.st_size);
    opened->device = status.st_dev;
    opened->inode = status.st_ino;
    if (knows_less_than_others())
      opened->view = std::make_unique<hdf5_format::FormatView>(
          [descriptor = opened->descriptor](std::uint64_t offset, std::span<std::byte> out) {
            return read_into(descriptor, offset, out, "") == out.size();
          },
          opened->size);
    return opened.release();
  } catch (const std::exception&) {
    return nullptr;
  }
}

herr_t close_guarded(H5FD_t* file) {
  delete &guarded(file);
  return 0;
}

// HDF5 opens equal files once, and what they lead to with them, by the guard of who came first. So
// those of two guards differ.
int compare_guarded(const H5FD_t* a, const H5FD_t* b) {
  const auto key = [](const GuardedFile& file) {
    return std::tuple(file.device, file.inode, reinterpret_cast<std::uintptr_t>(file.guard.get()));
  };
  const auto first = key(guarded(a));
  const auto second = key(guarded(b));
  return first < second ? -1 : first == second ? 0 : 1;
}

herr_t query_guarded(const H5FD_t*, unsigned long* flags) {
  // Metadata are not accumulated: each object header is read on its own, from its beginning on,
  // which is where FormatView looks.
  if (flags != nullptr)
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_AGGREGATE_SMALLDATA |
             H5FD_FEAT_POSIX_COMPAT_HANDLE | H5FD_FEAT_SUPPORTS_SWMR_IO |
             H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

haddr_t get_end_of_addresses(const H5FD_t* file, H5FD_mem_t) {
  const GuardedFile& opened = guarded(file);
  return std::max<haddr_t>(opened.end_of_addresses, opened.view ? opened.view->end() : 0);
}

herr_t set_end_of_addresses(H5FD_t* file, H5FD_mem_t, haddr_t address) {
  guarded(file).end_of_addresses = address;
  return 0;
}

haddr_t get_end_of_file(const H5FD_t* file, H5FD_mem_t) { return guarded(file).size; }

herr_t get_descriptor(H5FD_t* file, hid_t, void** handle) {
  *handle = &guarded(file).descriptor;
  return 0;
}

herr_t read_guarded(H5FD_t* file, H5FD_mem_t kind, hid_t, haddr_t address, size_t size,
                    void* buffer) {
  if (address > kMaxAddress || size > kMaxAddress - address) return -1;
  try {
    auto* const bytes = static_cast<std::byte*>(buffer);
    const auto got = read_into(guarded(file).descriptor, address, {bytes, size}, "");
    // As HDF5's own driver: what is behind the end of the file is zero.
    if (got < size) std::memset(bytes + got, 0, size - got);
    if (hdf5_format::FormatView* const view = guarded(file).view.get()) {
      if (kind == H5FD_MEM_OHDR) view->look_at(address, file->base_addr, {bytes, got});
      view->show(address, {bytes, size});
    }
    return 0;
  } catch (const std::exception&) {
    push_error(H5E_READERROR, "file read failed", "");
    return -1;
  }
}

herr_t write_guarded(H5FD_t*, H5FD_mem_t, hid_t, haddr_t, size_t, const void*) { return -1; }

herr_t lock_guarded(H5FD_t* file, hbool_t for_writing) {
  const int kind = (for_writing ? LOCK_EX : LOCK_SH) | LOCK_NB;
  if (::flock(guarded(file).descriptor, kind) == 0) return 0;
  // File systems without locks (many network ones) are no reason to refuse a file.
  if (errno == ENOSYS || errno == ENOTSUP || errno == ENOLCK) return 0;
  push_error(H5E_BADFILE, "unable to lock file", "");
  return -1;
}

herr_t unlock_guarded(H5FD_t* file) {
  (void)::flock(guarded(file).descriptor, LOCK_UN);
  return 0;
}

H5FD_class_t driver_class() {
  H5FD_class_t driver{};
#ifdef H5FD_CLASS_VERSION
  driver.version = H5FD_CLASS_VERSION;
  driver.value = static_cast<H5FD_class_value_t>(600);  // From 512 on they are for trials.
#endif
  driver.name = "engram_guarded";
  driver.maxaddr = kMaxAddress;
  driver.fc_degree = H5F_CLOSE_WEAK;
  driver.fapl_size = sizeof(GuardInfo);
  driver.fapl_get = info_of_file;
  driver.fapl_copy = copy_info;
  driver.fapl_free = free_info;
  driver.open = open_guarded;
  driver.close = close_guarded;
  driver.cmp = compare_guarded;
  driver.query = query_guarded;
  driver.get_eoa = get_end_of_addresses;
  driver.set_eoa = set_end_of_addresses;
  driver.get_eof = get_end_of_file;
  driver.get_handle = get_descriptor;
  driver.read = read_guarded;
  driver.write = write_guarded;
  driver.lock = lock_guarded;
  driver.unlock = unlock_guarded;
  const H5FD_mem_t kinds[] = H5FD_FLMAP_DICHOTOMY;
  static_assert(sizeof(kinds) == sizeof(driver.fl_map));
  std::memcpy(driver.fl_map, kinds, sizeof(kinds));
  return driver;
}

// Registered anew when somebody has closed the library meanwhile.
hid_t guarded_driver() {
  static const H5FD_class_t driver = driver_class();
  static hid_t id = H5I_INVALID_HID;
  if (id < 0 || H5Iget_type(id) != H5I_VFL) id = check(H5FDregister(&driver), "make a file driver");
  return id;
}

}  // namespace

FileDescriptor FileGuard::open(const std::string& path) {
  std::string refused;
  FileDescriptor file = allowed_.open(path, refused);
  if (refused.empty()) return file;
  {
    const std::scoped_lock lock(mutex_);
    refusal_ = std::move(refused);
  }
  errno = EACCES;
  return {};
}

std::optional<std::string> FileGuard::take_refusal() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(refusal_, std::nullopt);
}

void set_guard(hid_t access_properties, std::shared_ptr<FileGuard> guard) {
  const Locked locked;
  const GuardInfo info{std::move(guard)};
  check(H5Pset_driver(access_properties, guarded_driver(), &info), "set a file driver");
}

bool is_guarded(hid_t access_properties) {
  const Locked locked;
  return H5Pget_driver(access_properties) == guarded_driver();
}

std::string outside_text(const std::string& path) {
  return fmt::format(
      "{} lies outside of the directories that files may be read in: --allow-external DIR adds one",
      path);
}

}  // namespace engram::hdf5
