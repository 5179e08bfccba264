#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engram/array/array_source.hpp"

namespace engram::codec {

/// A codec that make_codec() knows.
struct CodecInfo {
  std::string name;
  /// The versions of its data format that are read, oldest first, as "1.0"; the last is written.
  std::vector<std::string> versions;
  std::string origin;     ///< "built in", or the file of the plugin.
  int hdf5_filter = 0;    ///< The number of the HDF5 filter that makes the same bytes; 0: none.
  bool is_lossy = false;  ///< Decoding does not give back all that was encoded.
};

/// All codecs, by name; not those of objects.
std::vector<CodecInfo> known_codecs();

/// True for a codec that a plugin has.
bool is_plugin_codec(std::string_view name) noexcept;

/// What came of loading plugins.
struct LoadedPlugins {
  std::vector<std::string> codecs;    ///< The names of those that are known now, and were not.
  std::vector<std::string> warnings;  ///< A sentence for each that is not used, and why.
};

/// Adds the codecs of the plugin in the file `path` (see engram/plugin.h), for the whole process
/// and until it ends. A codec whose name is known already is left out, with a warning. A plugin is
/// code that runs with all rights of the process: load none that you would not run. engram itself
/// never loads one because a file or a store says so.
///
/// Throws Error(not_found), Error(unsupported) for what is no plugin or one of another ABI.
/// Threads: may be called by many at once, and while codecs are made.
LoadedPlugins load_plugin(const std::string& path);

/// The same with each file of the directory whose name ends in ".so", by name. One that can't be
/// loaded is a warning; so is a directory that can't be read.
LoadedPlugins load_plugins(const std::string& directory);

/// The directory in which installed plugins lie: `engram/plugins` beside the libraries. Nothing is
/// loaded from it unless it is passed to load_plugins(), as the command does.
std::string plugin_directory();

/// The version of its data format that `config` has: its member "codec_version", or the oldest
/// where it has none, or the codec knows none. "1.0". Throws Error(corrupt_data) for one that is
/// none.
std::string version_of(const CodecConfig& config);

/// True when `version` comes before `other`; both as version_of() gives them.
bool is_older(const std::string& version, const std::string& other);

/// `config` with the version that encoding writes: what belongs into the metadata of new arrays.
/// The same where the codec has one version alone that readers other than engram would not expect
/// there (all built in, today).
CodecConfig with_version(CodecConfig config);

/// The same whatever version `config` has: what its data are of when they are encoded anew.
CodecConfig with_newest_version(CodecConfig config);

/// The configuration of the codec that makes the same bytes as the HDF5 filter `filter` with its
/// client data `values`, where a plugin has one.
std::optional<CodecConfig> codec_of_hdf5_filter(int filter, std::span<const std::uint32_t> values);

/// The reverse: the number of the filter and its client data.
struct Hdf5FilterValues {
  int filter = 0;
  std::vector<std::uint32_t> values;
};
std::optional<Hdf5FilterValues> hdf5_filter_of_codec(const CodecConfig& config,
                                                     std::uint64_t element_size);

}  // namespace engram::codec
