#pragma once

// What a codec needs that gives back what it gets.

#include <engram/plugin.h>

#include <cstdint>
#include <cstring>

namespace copies {

inline engram_status open(const char*, const char*, const engram_elements*, void** state,
                          engram_message*) {
  *state = nullptr;
  return ENGRAM_OK;
}

inline void close(void*) {}

inline std::uint64_t max_encoded_size(void*, std::uint64_t decoded_size) { return decoded_size; }

inline engram_status copy(void*, const void* in, std::uint64_t in_size, void* out,
                          std::uint64_t room, std::uint64_t* written, engram_message*) {
  if (in_size > room) return ENGRAM_CORRUPT_DATA;
  if (in_size > 0) std::memcpy(out, in, in_size);
  *written = in_size;
  return ENGRAM_OK;
}

inline constexpr const char* kVersions[] = {"1.0", nullptr};

// Under `name`.
inline constexpr engram_codec named(const char* name) {
  return {ENGRAM_PLUGIN_ABI,
          sizeof(engram_codec),
          name,
          kVersions,
          0,
          0,
          open,
          close,
          max_encoded_size,
          copy,
          copy,
          nullptr,
          nullptr};
}

}  // namespace copies
