// Codecs each of which does, when it is used, what none may.

#include <csignal>
#include <cstdio>
#include <stdexcept>

#include "copies.hpp"

namespace {

engram_status throw_open(const char*, const char*, const engram_elements*, void**,
                         engram_message*) {
  throw std::runtime_error("no calibration");
}

engram_status refuse_open(const char* configuration, const char*, const engram_elements*, void**,
                          engram_message* message) {
  std::snprintf(message->text, message->size, "gain is missing in %s", configuration);
  return ENGRAM_INVALID_ARGUMENT;
}

engram_status throw_number(void*, const void*, std::uint64_t, void*, std::uint64_t, std::uint64_t*,
                           engram_message*) {
  throw 7;
}

engram_status lie(void*, const void*, std::uint64_t, void*, std::uint64_t room,
                  std::uint64_t* written, engram_message*) {
  *written = room + 1;
  return ENGRAM_OK;
}

engram_status overrun(void* state, const void* in, std::uint64_t in_size, void* out,
                      std::uint64_t room, std::uint64_t* written, engram_message* message) {
  static_cast<unsigned char*>(out)[room] = 1;
  return copies::copy(state, in, in_size, out, room, written, message);
}

engram_status fail(void*, const void*, std::uint64_t, void*, std::uint64_t, std::uint64_t*,
                   engram_message*) {
  return ENGRAM_FAILED;
}

// Fills the message to its end, without a 0, and with what is no UTF-8.
engram_status shout(void*, const void*, std::uint64_t, void*, std::uint64_t, std::uint64_t*,
                    engram_message* message) {
  std::memset(message->text, 0xff, message->size);
  return ENGRAM_CORRUPT_DATA;
}

engram_status crash(void*, const void*, std::uint64_t, void*, std::uint64_t, std::uint64_t*,
                    engram_message*) {
  std::raise(SIGSEGV);
  return ENGRAM_FAILED;
}

// Says that it decoded, and did nothing.
engram_status shorten(void*, const void*, std::uint64_t, void*, std::uint64_t,
                      std::uint64_t* written, engram_message*) {
  *written = 0;
  return ENGRAM_OK;
}

std::uint64_t huge(void*, std::uint64_t) { return std::uint64_t{1} << 60U; }

struct Codecs {
  engram_codec all[9];

  Codecs() {
    const char* const names[] = {"throws_open", "refuses", "throws",  "lies", "overruns",
                                 "fails",       "shouts",  "crashes", "huge"};
    for (int i = 0; i < 9; ++i) all[i] = copies::named(names[i]);
    all[0].open = throw_open;
    all[1].open = refuse_open;
    all[2].encode = throw_number;
    all[2].decode = shorten;
    all[3].encode = all[3].decode = lie;
    all[4].encode = all[4].decode = overrun;
    all[5].encode = all[5].decode = fail;
    all[6].encode = all[6].decode = shout;
    all[7].encode = all[7].decode = crash;
    all[8].max_encoded_size = huge;
  }
};

}  // namespace

extern "C" ENGRAM_PLUGIN_EXPORT const engram_codec* engram_codec_plugin(std::uint32_t index) {
  static const Codecs codecs;
  return index < 9 ? &codecs.all[index] : nullptr;
}
