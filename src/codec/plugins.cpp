// Loading of plugins. What is loaded stays until the process ends: codecs that are in use hold
// pointers into it.

#include "codec/plugins.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <iterator>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>

#include "codec/configuration.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/codec.hpp"
#include "engram/codec/object_codec.hpp"
#include "engram/codec/registry.hpp"

namespace engram::codec {
namespace {

namespace fs = boost::filesystem;

constexpr const char* kSymbol = "engram_codec_plugin";
constexpr std::uint32_t kMostCodecs = 256;
constexpr std::size_t kMostVersions = 256;
constexpr std::size_t kLongestName = 64;

struct Table {
  std::shared_mutex mutex;
  std::vector<std::unique_ptr<const PluginEntry>> entries;
};

Table& table() {
  static auto* const instance = new Table;  // Never destroyed: threads may still run.
  return *instance;
}

template <typename Is>
const PluginEntry* find_if(Is is) noexcept {
  const std::shared_lock lock(table().mutex);
  for (const auto& entry : table().entries)
    if (is(*entry)) return entry.get();
  return nullptr;
}

bool is_name(const char* name) {
  if (name == nullptr) return false;
  const std::string_view text(name, ::strnlen(name, kLongestName + 1));
  return !text.empty() && text.size() <= kLongestName &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                  c == '.';
         });
}

// Why `codec` can't be used; "" when it can. Fills `entry`.
std::string take(const engram_codec& codec, PluginEntry& entry) {
  // Only these two are there in every ABI.
  if (codec.abi != ENGRAM_PLUGIN_ABI)
    return fmt::format(
        "it was built for version {} of engram's plugin ABI, this engram has {}: "
        "build it again with this engram's engram/plugin.h",
        codec.abi, ENGRAM_PLUGIN_ABI);
  if (codec.struct_size < sizeof(engram_codec))
    return fmt::format(
        "its engram_codec has {} bytes, in ABI {} it has {}: it was built with "
        "another header",
        codec.struct_size, ENGRAM_PLUGIN_ABI, sizeof(engram_codec));
  if (!is_name(codec.name))
    return fmt::format("its codec has no name of 1 to {} of the letters a-z, 0-9, _, - and .",
                       kLongestName);
  entry.name = codec.name;
  if (codec.open == nullptr || codec.close == nullptr || codec.max_encoded_size == nullptr ||
      codec.encode == nullptr || codec.decode == nullptr)
    return fmt::format(
        "its codec {} lacks one of the functions open, close, max_encoded_size, "
        "encode and decode",
        entry.name);
  for (std::size_t i = 0; codec.versions != nullptr && codec.versions[i] != nullptr; ++i) {
    const auto version = parse_version(codec.versions[i]);
    if (!version || i == kMostVersions)
      return fmt::format("its codec {} has a list of versions that are not as in \"1.0\"",
                         entry.name);
    entry.versions.push_back(*version);
  }
  if (entry.versions.empty())
    return fmt::format("its codec {} names no version of its data format", entry.name);
  if (!std::is_sorted(entry.versions.begin(), entry.versions.end()))
    return fmt::format("the versions of its codec {} are not in order, oldest first", entry.name);
  entry.codec = &codec;
  return "";
}

// The words are those of the first that has the name.
std::string already_known(const PluginEntry& entry) {
  if (const PluginEntry* const other = find_plugin(entry.name))
    return fmt::format("codec {} of {} is left out: {} has one of this name", entry.name,
                       entry.file, other->file);
  if (is_known_codec(entry.name) || is_object_codec(entry.name))
    return fmt::format("codec {} of {} is left out: engram has one of this name", entry.name,
                       entry.file);
  return "";
}

}  // namespace

const PluginEntry* find_plugin(std::string_view name) noexcept {
  return find_if([name](const PluginEntry& entry) { return entry.name == name; });
}

const PluginEntry* find_plugin_of_filter(int filter) noexcept {
  return find_if([filter](const PluginEntry& entry) {
    return filter != 0 && entry.codec->hdf5_filter == filter;
  });
}

std::vector<const PluginEntry*> all_plugins() {
  const std::shared_lock lock(table().mutex);
  std::vector<const PluginEntry*> all;
  for (const auto& entry : table().entries) all.push_back(entry.get());
  return all;
}

LoadedPlugins load_plugin(const std::string& path) {
  boost::system::error_code error;
  // Without a '/' dlopen() would look for it where the system keeps libraries.
  const std::string file = fs::canonical(path, error).string();
  if (error)
    throw Error(ErrorCode::not_found,
                fmt::format("there is no plugin {}: {}", path, error.message()));
  void* const library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    throw Error(ErrorCode::unsupported,
                fmt::format("{} can't be loaded as a plugin: {}", path, ::dlerror()));
  const auto function = reinterpret_cast<engram_codec_plugin_function>(::dlsym(library, kSymbol));
  if (function == nullptr) {
    ::dlclose(library);
    throw Error(ErrorCode::unsupported,
                fmt::format("{} is no plugin of engram: it has no function {}", path, kSymbol));
  }
  LoadedPlugins loaded;
  std::string problem;
  for (std::uint32_t i = 0; i < kMostCodecs; ++i) {
    const engram_codec* codec = nullptr;
    try {
      codec = function(i);
    } catch (...) {
      throw Error(ErrorCode::unsupported,
                  fmt::format("{} is no plugin of engram: its function {} threw an exception", path,
                              kSymbol));
    }
    if (codec == nullptr) break;
    auto entry = std::make_unique<PluginEntry>();
    entry->file = file;
    if (const std::string why = take(*codec, *entry); !why.empty()) {
      problem = fmt::format("{} can't be used as a plugin: {}", path, why);
      break;  // What comes behind may lie anywhere.
    }
    if (std::string why = already_known(*entry); !why.empty()) {
      // The same file once more is no news.
      const PluginEntry* const other = find_plugin(entry->name);
      if (other == nullptr || other->file != file) loaded.warnings.push_back(std::move(why));
      continue;
    }
    loaded.codecs.push_back(entry->name);
    const std::lock_guard lock(table().mutex);
    table().entries.push_back(std::move(entry));
  }
  if (!problem.empty() && loaded.codecs.empty()) throw Error(ErrorCode::unsupported, problem);
  if (!problem.empty()) loaded.warnings.push_back(std::move(problem));
  return loaded;
}

LoadedPlugins load_plugins(const std::string& directory) {
  LoadedPlugins all;
  boost::system::error_code error;
  std::vector<std::string> files;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".so") files.push_back(at->path().string());
  if (error)
    all.warnings.push_back(
        fmt::format("the plugins in {} can't be listed: {}", directory, error.message()));
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) {
    try {
      LoadedPlugins one = load_plugin(file);
      std::move(one.codecs.begin(), one.codecs.end(), std::back_inserter(all.codecs));
      std::move(one.warnings.begin(), one.warnings.end(), std::back_inserter(all.warnings));
    } catch (const Error& failure) {
      all.warnings.emplace_back(failure.what());
    }
  }
  return all;
}

}  // namespace engram::codec
