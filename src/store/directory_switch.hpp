#pragma once

#include <functional>
#include <span>
#include <string>

#include "directory_tree.hpp"
#include "engram/store/store.hpp"

namespace engram::store {

/// DirectoryStore::replace_together(), see there; the steps are told in directory_switch.cpp.
/// False when the file system, or a symbolic link on the way, does not allow it: then nothing was
/// changed. `on_step` is called before each step that a reader, or one who goes on after a crash,
/// could tell from the one before: for tests, which stop there.
bool switch_together(DirectoryTree& tree, std::span<const Replacement> changes,
                     const std::string& scratch, const std::function<void()>& on_step = {});

}  // namespace engram::store
