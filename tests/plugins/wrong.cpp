// A plugin that is wrong in the way that its macro says.

#include <stdexcept>

#include "copies.hpp"

namespace {

constexpr const char* kUnordered[] = {"2.0", "1.0", nullptr};
constexpr const char* kNoVersions[] = {"one", nullptr};

engram_codec made() {
  engram_codec codec = copies::named("wrong");
#ifdef WRONG_ABI
  codec.abi = ENGRAM_PLUGIN_ABI + 1;
#elif defined(WRONG_SIZE)
  codec.struct_size = 24;
#elif defined(WRONG_NAME)
  codec.name = "../wrong";
#elif defined(WRONG_FUNCTIONS)
  codec.decode = nullptr;
#elif defined(WRONG_VERSIONS)
  codec.versions = kNoVersions;
#elif defined(WRONG_ORDER)
  codec.versions = kUnordered;
#endif
  (void)kUnordered;
  (void)kNoVersions;
  return codec;
}

}  // namespace

#ifndef WRONG_SYMBOL
extern "C" ENGRAM_PLUGIN_EXPORT const engram_codec* engram_codec_plugin(std::uint32_t index) {
#ifdef WRONG_THROWS
  throw std::runtime_error("not ready");
#endif
  static const engram_codec codec = made();
  return index == 0 ? &codec : nullptr;
}
#endif
