#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "codec/plugin_codec.hpp"

namespace engram::codec {

/// The loaded codec with this name, or nullptr. Threads: may be called by many at once.
const PluginEntry* find_plugin(std::string_view name) noexcept;

/// The loaded codec that is the HDF5 filter with this number, or nullptr.
const PluginEntry* find_plugin_of_filter(int filter) noexcept;

/// All of them, in the order in which they were loaded.
std::vector<const PluginEntry*> all_plugins();

}  // namespace engram::codec
