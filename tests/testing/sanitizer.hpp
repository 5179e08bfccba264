#pragma once

// What the compiler builds for: GCC says it by macros, Clang by features.
#if defined(__has_feature)
#define ENGRAM_HAS_FEATURE(name) __has_feature(name)
#else
#define ENGRAM_HAS_FEATURE(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || ENGRAM_HAS_FEATURE(address_sanitizer)
#define ENGRAM_ADDRESS_SANITIZER 1
#else
#define ENGRAM_ADDRESS_SANITIZER 0
#endif

#if defined(__SANITIZE_THREAD__) || ENGRAM_HAS_FEATURE(thread_sanitizer)
#define ENGRAM_THREAD_SANITIZER 1
#else
#define ENGRAM_THREAD_SANITIZER 0
#endif

namespace engram::testing {

/// ThreadSanitizer, which multiplies the memory that a process takes.
inline constexpr bool kThreadSanitizer = ENGRAM_THREAD_SANITIZER != 0;

/// A sanitizer that reserves terabytes of addresses, which no limit must cut off.
inline constexpr bool kReservesAddresses = ENGRAM_ADDRESS_SANITIZER != 0 || kThreadSanitizer;

}  // namespace engram::testing
