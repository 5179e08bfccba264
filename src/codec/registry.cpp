#include "engram/codec/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "codec/codecs.hpp"
#include "codec/configuration.hpp"
#include "codec/plugins.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/object_codec.hpp"

namespace engram::codec {
namespace {

constexpr std::array<BuiltIn, 26> kCodecs = {
    {{"adler32", make_adler32},   {"anscombe-v1", make_anscombe},
     {"astype", make_astype},     {"base64", make_base64},
     {"bitround", make_bitround}, {"blosc", make_blosc},
     {"bz2", make_bz2},           {"categorize", make_categorize},
     {"crc32", make_crc32},       {"crc32c", make_crc32c},
     {"delta", make_delta},       {"fixedscaleoffset", make_fixedscaleoffset},
     {"flac", make_flac},         {"fletcher32", make_fletcher32},
     {"gzip", make_gzip},         {"jenkins_lookup3", make_jenkins_lookup3},
     {"lz4", make_lz4},           {"lzma", make_lzma},
     {"packbits", make_packbits}, {"poisson", make_poisson},
     {"quantize", make_quantize}, {"shuffle", make_shuffle},
     {"wavpack", make_wavpack},   {"zfpy", make_zfpy},
     {"zlib", make_zlib},         {"zstd", make_zstd}}};

const BuiltIn* find(std::string_view name) noexcept {
  const auto found = std::find_if(kCodecs.begin(), kCodecs.end(),
                                  [name](const BuiltIn& entry) { return entry.name == name; });
  return found == kCodecs.end() ? nullptr : &*found;
}

}  // namespace

ChunkElements BytesCodec::encoded_elements(const ChunkElements&) const { return {}; }

std::span<const BuiltIn> built_in_codecs() noexcept { return kCodecs; }

BytesCodecPtr make_codec(const CodecConfig& config, const ChunkElements& elements) {
  const BuiltIn* entry = find(config.name);
  if (entry == nullptr) {
    if (const PluginEntry* const plugin = find_plugin(config.name))
      return make_plugin_codec(*plugin, config, elements);
    const std::string name = excerpt(config.name);
    if (is_object_codec(config.name))
      throw Error(ErrorCode::unsupported,
                  fmt::format("codec {} makes bytes of objects: it must be the first filter of an "
                              "array of objects (\"|O\")",
                              name));
    std::string known;
    for (const CodecInfo& each : known_codecs())
      known += fmt::format("{}{}", known.empty() ? "" : ", ", each.name);
    const auto version = said_version(config);
    throw Error(
        ErrorCode::unsupported,
        fmt::format(
            "codec {}{} is not known; there are {}. Install a plugin for engram that has it "
            "(ENGRAM_PLUGIN_PATH, docs/plugins.md), or write the array again with one of "
            "them, with the program that made it or with zarr-python and the package that "
            "has the codec",
            name, version ? " (its data are of version " + to_string(*version) + ")" : "", known));
  }
  (void)readable_version(config, {&kBuiltInVersion, 1}, "install a newer engram");
  return entry->make(config, elements);
}

bool is_known_codec(std::string_view name) noexcept {
  return find(name) != nullptr || find_plugin(name) != nullptr;
}

}  // namespace engram::codec
