#pragma once

namespace engram::cli {

/// Loads the plugins of codecs that the command uses: those of the directory where they are
/// installed, then of each directory in ENGRAM_PLUGIN_PATH (as in PATH). What can't be used is a
/// warning on the standard error stream.
void load_plugins();

}  // namespace engram::cli
