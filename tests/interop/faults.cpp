// Loaded with LD_PRELOAD into the command, it makes one call of the worker fail, or ends the worker
// there: what no test can ask of a disk. ENGRAM_FAULT says which one, as KIND:NUMBER:ACTION.
//
// KIND    a function: open (of a file that is made), write, pwrite, pread, mkdir, rename, unlink,
// syncfs, fsync, close;
//         io: any of them; alloc: malloc and its kin; space: bytes that may still be written
//         (NUMBER), then the disk is full
// NUMBER  which call, from 1 on
// ACTION  EIO, ENOSPC, ...: the call fails so; short: half is written, which is no error; kill,
// kill-after: SIGKILL before or
//         after the call; kill-half: after half of a write. For alloc: fail.
//
// Only regular files and directories count, and only in the process that the command forks, from
// the fork on.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

struct Fault {
  char kind[16] = "";
  char action[16] = "";
  std::int64_t number = 0;
};

Fault fault;
std::atomic<bool> active{false};
std::atomic<std::int64_t> count{0};

int error_number(const char* name) {
  struct Entry {
    const char* name;
    int number;
  };
  constexpr Entry kEntries[] = {{"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT},
                                {"EACCES", EACCES}, {"EROFS", EROFS},   {"ESTALE", ESTALE}};
  for (const Entry& entry : kEntries)
    if (std::strcmp(entry.name, name) == 0) return entry.number;
  return EIO;
}

bool is(const char* text, const char* name) { return std::strcmp(text, name) == 0; }

[[noreturn]] void die() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

/// Whether this call is the one.
bool is_hit(const char* kind) {
  if (!active.load(std::memory_order_relaxed)) return false;
  if (!is(fault.kind, kind) && !is(fault.kind, "io")) return false;
  return count.fetch_add(1) + 1 == fault.number;
}

/// True when the call is to fail with errno; kills what is to be killed before it.
bool fails(const char* kind, bool& kill_after) {
  kill_after = false;
  if (!is_hit(kind)) return false;
  if (is(fault.action, "kill")) die();
  if (is(fault.action, "kill-after") || is(fault.action, "kill-half") ||
      is(fault.action, "short")) {
    kill_after = !is(fault.action, "short");
    return false;
  }
  errno = error_number(fault.action);
  return true;
}

bool is_file(int fd) {
  struct stat status {};
  return active.load(std::memory_order_relaxed) && ::fstat(fd, &status) == 0 &&
         S_ISREG(status.st_mode);
}

template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

void begin_in_child() {
  count = 0;
  active = fault.number > 0;
}

__attribute__((constructor)) void set_up() {
  const char* text = std::getenv("ENGRAM_FAULT");
  if (text == nullptr) return;
  long long number = 0;
  if (std::sscanf(text, "%15[^:]:%lld:%15s", fault.kind, &number, fault.action) < 2) return;
  fault.number = number;
  ::pthread_atfork(nullptr, nullptr, begin_in_child);
}

/// A write of `size` bytes by `call`, which writes as many as it is given.
template <typename Call>
ssize_t faulty_write(const char* kind, int fd, std::size_t size, Call call) {
  if (!is_file(fd)) return call(size);
  if (is(fault.kind, "space")) {
    const auto before = count.fetch_add(static_cast<std::int64_t>(size));
    const auto room = fault.number - before;
    if (room <= 0) {
      errno = ENOSPC;
      return -1;
    }
    return call(room < static_cast<std::int64_t>(size) ? static_cast<std::size_t>(room) : size);
  }
  bool kill_after = false;
  const std::int64_t before = count.load();
  if (fails(kind, kill_after)) return -1;
  const bool hit = count.load() != before && before + 1 == fault.number;
  const bool half = hit && (is(fault.action, "short") || is(fault.action, "kill-half"));
  const ssize_t result = call(half && size > 1 ? size / 2 : size);
  if (kill_after) die();
  return result;
}

template <typename Call>
int faulty(const char* kind, Call call) {
  bool kill_after = false;
  if (fails(kind, kill_after)) return -1;
  const int result = call();
  if (kill_after) die();
  return result;
}

bool allocation_fails() {
  return active.load(std::memory_order_relaxed) && is(fault.kind, "alloc") &&
         count.fetch_add(1) + 1 == fault.number;
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* data, size_t size) {
  static const auto next = real<ssize_t (*)(int, const void*, size_t)>("write");
  return faulty_write("write", fd, size, [&](std::size_t n) { return next(fd, data, n); });
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  static const auto next = real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return faulty_write("pwrite", fd, size, [&](std::size_t n) { return next(fd, data, n, at); });
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  return pwrite(fd, data, size, at);
}

ssize_t pread(int fd, void* data, size_t size, off_t at) {
  static const auto next = real<ssize_t (*)(int, void*, size_t, off_t)>("pread");
  if (!is_file(fd)) return next(fd, data, size, at);
  bool kill_after = false;
  if (fails("pread", kill_after)) return -1;
  const ssize_t result = next(fd, data, size, at);
  if (kill_after) die();
  return result;
}

ssize_t pread64(int fd, void* data, size_t size, off64_t at) { return pread(fd, data, size, at); }

int openat(int directory, const char* path, int flags, ...) {
  static const auto next = real<int (*)(int, const char*, int, ...)>("openat");
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  if ((flags & O_CREAT) == 0) return next(directory, path, flags, mode);
  return faulty("open", [&] { return next(directory, path, flags, mode); });
}

int open(const char* path, int flags, ...) {
  static const auto next = real<int (*)(const char*, int, ...)>("open");
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  if ((flags & O_CREAT) == 0) return next(path, flags, mode);
  return faulty("open", [&] { return next(path, flags, mode); });
}

int mkdir(const char* path, mode_t mode) {
  static const auto next = real<int (*)(const char*, mode_t)>("mkdir");
  return faulty("mkdir", [&] { return next(path, mode); });
}

int mkdirat(int directory, const char* path, mode_t mode) {
  static const auto next = real<int (*)(int, const char*, mode_t)>("mkdirat");
  return faulty("mkdir", [&] { return next(directory, path, mode); });
}

int rename(const char* from, const char* to) {
  static const auto next = real<int (*)(const char*, const char*)>("rename");
  return faulty("rename", [&] { return next(from, to); });
}

int renameat2(int from_directory, const char* from, int to_directory, const char* to,
              unsigned flags) {
  static const auto next = real<int (*)(int, const char*, int, const char*, unsigned)>("renameat2");
  return faulty("rename", [&] { return next(from_directory, from, to_directory, to, flags); });
}

int unlink(const char* path) {
  static const auto next = real<int (*)(const char*)>("unlink");
  return faulty("unlink", [&] { return next(path); });
}

int unlinkat(int directory, const char* path, int flags) {
  static const auto next = real<int (*)(int, const char*, int)>("unlinkat");
  return faulty("unlink", [&] { return next(directory, path, flags); });
}

int syncfs(int fd) {
  static const auto next = real<int (*)(int)>("syncfs");
  return faulty("syncfs", [&] { return next(fd); });
}

int fsync(int fd) {
  static const auto next = real<int (*)(int)>("fsync");
  return faulty("fsync", [&] { return next(fd); });
}

int close(int fd) {
  static const auto next = real<int (*)(int)>("close");
  if (!is_file(fd)) return next(fd);
  bool kill_after = false;
  if (fails("close", kill_after)) {
    const int error = errno;
    next(fd);
    errno = error;
    return -1;
  }
  const int result = next(fd);
  if (kill_after) die();
  return result;
}

// glibc's own, which need no dlsym(): that allocates.
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t number, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) {
  if (allocation_fails()) {
    errno = ENOMEM;
    return nullptr;
  }
  return __libc_malloc(size);
}

void* calloc(size_t number, size_t size) {
  if (allocation_fails()) {
    errno = ENOMEM;
    return nullptr;
  }
  return __libc_calloc(number, size);
}

void* realloc(void* old, size_t size) {
  if (allocation_fails()) {
    errno = ENOMEM;
    return nullptr;
  }
  return __libc_realloc(old, size);
}

void* aligned_alloc(size_t alignment, size_t size) {
  if (allocation_fails()) {
    errno = ENOMEM;
    return nullptr;
  }
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** out, size_t alignment, size_t size) {
  if (allocation_fails()) return ENOMEM;
  *out = __libc_memalign(alignment, size);
  return *out == nullptr ? ENOMEM : 0;
}

}  // extern "C"
