#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "codec/format_version.hpp"
#include "engram/codec/codec.hpp"
#include "engram/plugin.h"

namespace engram::codec {

/// A codec that a loaded plugin has. Never changes, and lives until the process ends.
struct PluginEntry {
  const engram_codec* codec = nullptr;
  std::string name;
  std::string file;
  std::vector<FormatVersion> versions;  ///< Oldest first.
};

/// The codec of `entry` with the configuration `config`. What the plugin's functions throw, say or
/// get wrong becomes an Error that names the codec, its version and the plugin's file.
BytesCodecPtr make_plugin_codec(const PluginEntry& entry, const CodecConfig& config,
                                const ChunkElements& elements);

/// What the plugin says of the client data of an HDF5 filter, and the reverse; nullopt where it has
/// no function for it. Errors as above.
std::optional<CodecConfig> plugin_configuration(const PluginEntry& entry,
                                                std::span<const std::uint32_t> values);
std::optional<std::vector<std::uint32_t>> plugin_filter_values(const PluginEntry& entry,
                                                               const CodecConfig& config,
                                                               const ChunkElements& elements);

}  // namespace engram::codec
