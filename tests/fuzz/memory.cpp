#include "fuzz/memory.hpp"

#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "testing/sanitizer.hpp"

#if ENGRAM_ADDRESS_SANITIZER || ENGRAM_THREAD_SANITIZER
#define ENGRAM_HAS_ALLOCATOR_HOOKS
#if __has_include(<sanitizer/allocator_interface.h>)
#include <sanitizer/allocator_interface.h>
#else  // GCC does not install it.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*,
                                                                           std::size_t),
                                                         void (*on_free)(const volatile void*));
extern "C" std::size_t __sanitizer_get_allocated_size(const volatile void* block);
#endif
#endif

namespace engram::fuzz {
namespace {

std::atomic<bool> is_watched{false};
std::atomic<std::int64_t> held{0}, peak{0}, allowed{0};

void took(std::size_t size) noexcept {
  if (!is_watched) return;
  const std::int64_t now = held += static_cast<std::int64_t>(size);
  if (now > peak) peak = now;
  if (now <= allowed) return;
  is_watched = false;
  constexpr std::string_view kMessage = "more memory is held than the target may have\n";
  // Not worth an answer: the process ends here.
  [[maybe_unused]] const auto written = ::write(2, kMessage.data(), kMessage.size());
  std::abort();
}

void gave(std::size_t size) noexcept {
  if (is_watched) held -= static_cast<std::int64_t>(size);
}

}  // namespace

#ifdef ENGRAM_HAS_ALLOCATOR_HOOKS
namespace {

void on_malloc(const volatile void*, std::size_t size) { took(size); }

void on_free(const volatile void* block) {
  if (is_watched && block != nullptr) gave(::__sanitizer_get_allocated_size(block));
}

const int installed = ::__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);

}  // namespace
#endif

void watch_memory(std::size_t most) noexcept {
  held = 0;
  peak = 0;
  allowed = static_cast<std::int64_t>(most);
  is_watched = true;
}

std::size_t end_watch() noexcept {
  is_watched = false;
  return static_cast<std::size_t>(peak.load());
}

}  // namespace engram::fuzz

#if !defined(ENGRAM_HAS_ALLOCATOR_HOOKS) && defined(__GLIBC__)
// The C library's own functions under these names, so that the allocations of C libraries are
// counted like those of operator new, which ends here too.
extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* block);

static void* counted(void* block) {
  engram::fuzz::took(::malloc_usable_size(block));
  return block;
}

void* malloc(std::size_t size) { return counted(__libc_malloc(size)); }
void* calloc(std::size_t count, std::size_t size) { return counted(__libc_calloc(count, size)); }
void* memalign(std::size_t alignment, std::size_t size) {
  return counted(__libc_memalign(alignment, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }
int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  *out = memalign(alignment, size);
  return *out == nullptr ? ENOMEM : 0;
}
void* realloc(void* block, std::size_t size) {
  const std::size_t before = ::malloc_usable_size(block);
  void* const moved = __libc_realloc(block, size);
  if (moved != nullptr || size == 0) engram::fuzz::gave(before);
  return counted(moved);
}
void free(void* block) {
  engram::fuzz::gave(::malloc_usable_size(block));
  __libc_free(block);
}
}
#endif
