#pragma once

#include <string>
#include <string_view>

#include "engram/hdmf/builder.hpp"

namespace engram::cli {

/// What the text of an object on the command line names: exactly one of `dataset` and `attribute`
/// is set.
struct ObjectName {
  std::string path;        ///< Of the dataset, or of the attribute's node.
  std::string_view slice;  ///< What stands between the brackets.
  const hdmf::DatasetBuilder* dataset = nullptr;
  const hdmf::Value* attribute = nullptr;
};

/// The dataset or attribute of `root` that `text` names: "/a/b", "/a/b[0:3]", "/a@name". Names may
/// hold brackets and "@" themselves: the longest name that is there wins. Where there is `array`,
/// it is all there is: "/", "/[0:3]", "/@name". Throws Error(not_found), and
/// Error(invalid_argument) for a group without an attribute. Views point into `text`.
ObjectName find_object(const hdmf::GroupBuilder& root, std::string_view text,
                       const hdmf::DatasetBuilder* array = nullptr);

}  // namespace engram::cli
