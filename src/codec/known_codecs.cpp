#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/filesystem.hpp>
#include <string_view>
#include <utility>

#include "codec/codecs.hpp"
#include "codec/plugins.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/registry.hpp"

namespace engram::codec {
namespace {

struct Fact {
  std::string_view name;
  int hdf5_filter;
  bool is_lossy;
};

// Of those built in, where there is something to say.
constexpr std::array<Fact, 14> kFacts = {{{"anscombe-v1", 0, true},
                                          {"astype", 0, true},
                                          {"bitround", 0, true},
                                          {"blosc", 32001, false},
                                          {"bz2", 307, false},
                                          {"fixedscaleoffset", 0, true},
                                          {"fletcher32", 3, false},
                                          {"poisson", 0, true},
                                          {"quantize", 0, true},
                                          {"shuffle", 2, false},
                                          {"wavpack", 0, true},
                                          {"zfpy", 0, true},
                                          {"zlib", 1, false},
                                          {"zstd", 32015, false}}};

CodecInfo info_of(const BuiltIn& codec) {
  CodecInfo info{std::string(codec.name), {to_string(kBuiltInVersion)}, "built in", 0, false};
  for (const Fact& fact : kFacts) {
    if (fact.name != codec.name) continue;
    info.hdf5_filter = fact.hdf5_filter;
    info.is_lossy = fact.is_lossy;
  }
  return info;
}

CodecInfo info_of(const PluginEntry& plugin) {
  CodecInfo info{plugin.name,
                 {},
                 plugin.file,
                 plugin.codec->hdf5_filter,
                 (plugin.codec->flags & ENGRAM_CODEC_LOSSY) != 0};
  for (const FormatVersion& version : plugin.versions) info.versions.push_back(to_string(version));
  return info;
}

}  // namespace

std::vector<CodecInfo> known_codecs() {
  std::vector<CodecInfo> all;
  for (const BuiltIn& codec : built_in_codecs()) all.push_back(info_of(codec));
  for (const PluginEntry* plugin : all_plugins()) all.push_back(info_of(*plugin));
  std::sort(all.begin(), all.end(),
            [](const CodecInfo& a, const CodecInfo& b) { return a.name < b.name; });
  return all;
}

std::string plugin_directory() {
  namespace fs = boost::filesystem;
  // Beside this code, wherever the whole was moved to: a library in lib/, or a command in bin/ that
  // the library is part of.
  Dl_info info{};
  boost::system::error_code error;
  if (::dladdr(&kFacts, &info) != 0 && info.dli_fname != nullptr) {
    // Of a command that was found by PATH the name alone is told.
    const bool is_path = std::string_view(info.dli_fname).find('/') != std::string_view::npos;
    const fs::path here =
        fs::canonical(is_path ? info.dli_fname : "/proc/self/exe", error).parent_path();
    for (const fs::path& place :
         {here / "engram" / "plugins", here.parent_path() / ENGRAM_LIBDIR / "engram" / "plugins"})
      if (!here.empty() && fs::is_directory(place, error)) return place.string();
  }
  return ENGRAM_PLUGIN_DIRECTORY;
}

bool is_plugin_codec(std::string_view name) noexcept { return find_plugin(name) != nullptr; }

std::string version_of(const CodecConfig& config) {
  if (const auto said = said_version(config)) return to_string(*said);
  const PluginEntry* const plugin = find_plugin(config.name);
  return to_string(plugin != nullptr ? plugin->versions.front() : kBuiltInVersion);
}

bool is_older(const std::string& version, const std::string& other) {
  return parse_version(version) < parse_version(other);
}

CodecConfig with_version(CodecConfig config) {
  return said_version(config) ? config : with_newest_version(std::move(config));
}

CodecConfig with_newest_version(CodecConfig config) {
  const PluginEntry* const plugin = find_plugin(config.name);
  if (plugin == nullptr && !said_version(config)) return config;
  if (config.configuration.is_null()) config.configuration = Json::object();
  config.configuration[kCodecVersion] =
      to_string(plugin != nullptr ? plugin->versions.back() : kBuiltInVersion);
  return config;
}

std::optional<CodecConfig> codec_of_hdf5_filter(int filter, std::span<const std::uint32_t> values) {
  const PluginEntry* const plugin = find_plugin_of_filter(filter);
  return plugin != nullptr ? plugin_configuration(*plugin, values) : std::nullopt;
}

std::optional<Hdf5FilterValues> hdf5_filter_of_codec(const CodecConfig& config,
                                                     std::uint64_t element_size) {
  const PluginEntry* const plugin = find_plugin(config.name);
  if (plugin == nullptr || plugin->codec->hdf5_filter == 0) return std::nullopt;
  ChunkElements elements;
  elements.type.size = element_size;
  auto values = plugin_filter_values(*plugin, config, elements);
  if (!values) return std::nullopt;
  return Hdf5FilterValues{plugin->codec->hdf5_filter, std::move(*values)};
}

}  // namespace engram::codec
