#pragma once

#include <functional>
#include <string>

#include "engram/hdmf/validate.hpp"

namespace engram::hdmf {

class NodeIndex;

using OnFinding = std::function<void(Finding)>;

/// Whether `group` is a DynamicTable, whatever its type is called: it has `colnames` and `id`.
bool is_table(const GroupBuilder& group);

/// Columns, `colnames` and indexes of the table at `path`.
void check_table(const GroupBuilder& group, const std::string& path, const NodeIndex& index,
                 const OnFinding& found);

}  // namespace engram::hdmf
