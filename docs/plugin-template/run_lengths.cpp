// A codec for engram: long runs of one element become short. It shows what a real one needs: a
// configuration, two versions of its data format, errors with words, and an HDF5 filter.
//
// The format, 2.0: one byte, the size of an element; then for each run how often (LEB128) and the
// element; then, where there is one, a 0 and what is left of the chunk behind its last whole
// element. Until 1.0 there were bytes only: how often (1 to 255) and the byte.
//
//   {"id": "run_lengths", "element_size": 2, "codec_version": "2.0"}

#include <engram/plugin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace {

constexpr std::uint64_t kMostElement = 255;

engram_status fail(engram_message* message, engram_status status, const char* words) {
  std::snprintf(message->text, message->size, "%s", words);
  return status;
}

struct RunLengths {
  std::uint64_t element_size = 1;
  bool is_old = false;  // 1.x
};

// A real plugin uses a JSON library; one number is found without.
bool find_element_size(const char* configuration, std::uint64_t& size) {
  const char* const found = std::strstr(configuration, "\"element_size\":");
  if (found == nullptr) return true;
  const char* const digits = found + std::strlen("\"element_size\":");
  char* end = nullptr;
  size = std::strtoull(digits, &end, 10);
  return end != digits && size >= 1 && size <= kMostElement;
}

engram_status open(const char* configuration, const char* version, const engram_elements* elements,
                   void** state, engram_message* message) {
  auto made = std::make_unique<RunLengths>();
  made->is_old = version[0] == '1';
  if (elements != nullptr) made->element_size = std::min(elements->element_size, kMostElement);
  if (!find_element_size(configuration, made->element_size))
    return fail(message, ENGRAM_INVALID_ARGUMENT, "element_size is no number from 1 to 255");
  *state = made.release();
  return ENGRAM_OK;
}

void close(void* state) { delete static_cast<RunLengths*>(state); }

std::uint64_t max_encoded_size(void* state, std::uint64_t decoded_size) {
  // No run is longer than one element: a byte for each, the head, and the 0.
  return decoded_size + decoded_size / static_cast<RunLengths*>(state)->element_size + 2;
}

engram_status encode(void* state, const void* in, std::uint64_t in_size, void* out, std::uint64_t,
                     std::uint64_t* written, engram_message* message) {
  const auto& self = *static_cast<RunLengths*>(state);
  if (self.is_old)
    return fail(message, ENGRAM_UNSUPPORTED,
                "format 1.0 is read, not written: engram migrate makes it 2.0");
  const auto* from = static_cast<const unsigned char*>(in);
  auto* to = static_cast<unsigned char*>(out);
  const std::uint64_t size = self.element_size, count = in_size / size;
  *to++ = static_cast<unsigned char>(size);
  for (std::uint64_t i = 0; i < count;) {
    std::uint64_t run = 1;
    while (i + run < count && std::memcmp(from + i * size, from + (i + run) * size, size) == 0)
      ++run;
    for (std::uint64_t left = run;; left >>= 7) {
      *to++ = static_cast<unsigned char>((left & 127) | (left > 127 ? 128 : 0));
      if (left <= 127) break;
    }
    std::memcpy(to, from + i * size, size);
    to += size;
    i += run;
  }
  const std::uint64_t left = in_size - count * size;
  if (left > 0) {
    *to++ = 0;
    std::memcpy(to, from + count * size, left);
  }
  *written = static_cast<std::uint64_t>(to - static_cast<unsigned char*>(out)) + left;
  return ENGRAM_OK;
}

// Whatever the bytes are, no more is read than there is, and no more written than there is room.
engram_status decode_runs(const unsigned char* from, const unsigned char* end, unsigned char* to,
                          std::uint64_t room, bool is_old, std::uint64_t* written,
                          engram_message* message) {
  std::uint64_t size = 1, done = 0;
  if (!is_old) {
    if (from == end || *from == 0)
      return fail(message, ENGRAM_CORRUPT_DATA, "there is no size of an element");
    size = *from++;
  }
  while (from != end) {
    std::uint64_t run = 0;
    if (is_old) {
      run = *from++;
    } else {
      for (unsigned shift = 0;; shift += 7) {
        if (from == end || shift > 56)
          return fail(message, ENGRAM_CORRUPT_DATA, "a run has no length");
        run |= static_cast<std::uint64_t>(*from & 127) << shift;
        if ((*from++ & 128) == 0) break;
      }
    }
    if (!is_old && run == 0) {  // The rest behind the last whole element.
      const auto rest = static_cast<std::uint64_t>(end - from);
      if (rest == 0 || rest >= size || rest > room - done)
        return fail(message, ENGRAM_CORRUPT_DATA, "what is behind its last element is too long");
      std::memcpy(to + done, from, rest);
      *written = done + rest;
      return ENGRAM_OK;
    }
    if (static_cast<std::uint64_t>(end - from) < size)
      return fail(message, ENGRAM_CORRUPT_DATA, "it ends within an element");
    if (run > (room - done) / size)
      return fail(message, ENGRAM_CORRUPT_DATA, "it decodes to more than expected");
    for (; run > 0; --run, done += size) std::memcpy(to + done, from, size);
    from += size;
  }
  *written = done;
  return ENGRAM_OK;
}

engram_status decode(void* state, const void* in, std::uint64_t in_size, void* out,
                     std::uint64_t room, std::uint64_t* written, engram_message* message) {
  const auto* from = static_cast<const unsigned char*>(in);
  return decode_runs(from, from + in_size, static_cast<unsigned char*>(out), room,
                     static_cast<RunLengths*>(state)->is_old, written, message);
}

// The HDF5 filter that makes these bytes has the size of an element as its only value. (Numbers
// from 256 to 511 are for tests; a filter that is given away asks The HDF Group for one.)
engram_status configuration_from_hdf5(const std::uint32_t* values, std::size_t count, char* json,
                                      std::size_t size, engram_message* message) {
  if (count != 1 || values[0] < 1 || values[0] > kMostElement)
    return fail(message, ENGRAM_INVALID_ARGUMENT, "the HDF5 filter has no element size");
  std::snprintf(json, size, "{\"element_size\":%u}", static_cast<unsigned>(values[0]));
  return ENGRAM_OK;
}

engram_status configuration_to_hdf5(const char* configuration, const engram_elements* elements,
                                    std::uint32_t* values, std::size_t* count,
                                    engram_message* message) {
  std::uint64_t size = elements != nullptr ? elements->element_size : 1;
  if (*count < 1 || !find_element_size(configuration, size))
    return fail(message, ENGRAM_INVALID_ARGUMENT, "element_size is no number from 1 to 255");
  values[0] = static_cast<std::uint32_t>(size);
  *count = 1;
  return ENGRAM_OK;
}

constexpr const char* kVersions[] = {"1.0", "2.0", nullptr};

constexpr engram_codec kRunLengths = {ENGRAM_PLUGIN_ABI,
                                      sizeof(engram_codec),
                                      "run_lengths",
                                      kVersions,
                                      0,
                                      407,
                                      open,
                                      close,
                                      max_encoded_size,
                                      encode,
                                      decode,
                                      configuration_from_hdf5,
                                      configuration_to_hdf5};

}  // namespace

extern "C" ENGRAM_PLUGIN_EXPORT const engram_codec* engram_codec_plugin(std::uint32_t index) {
  return index == 0 ? &kRunLengths : nullptr;
}
