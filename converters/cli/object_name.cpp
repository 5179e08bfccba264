#include "converters/cli/object_name.hpp"

#include <fmt/format.h>

#include "engram/base/error.hpp"

namespace engram::cli {
namespace {

// What there is: the tree below `root`, or only `array`.
struct Nodes {
  const hdmf::GroupBuilder& root;
  const hdmf::DatasetBuilder* array;

  const hdmf::DatasetBuilder* dataset(std::string_view path) const {
    if (array == nullptr) return root.find_dataset(path);
    return path.empty() || path == "/" ? array : nullptr;
  }

  const hdmf::GroupBuilder* group(std::string_view path) const {
    return array == nullptr ? root.find_group(path.empty() ? "/" : path) : nullptr;
  }

  const hdmf::Attributes* attributes(std::string_view path) const {
    if (const auto* found = group(path)) return &found->attributes;
    if (const auto* found = dataset(path)) return &found->attributes;
    return nullptr;
  }
};

}  // namespace

ObjectName find_object(const hdmf::GroupBuilder& root, std::string_view text,
                       const hdmf::DatasetBuilder* array) {
  const Nodes nodes{root, array};
  ObjectName found;
  found.path = std::string(text);
  found.dataset = nodes.dataset(text);
  if (found.dataset != nullptr) return found;
  if (!text.empty() && text.back() == ']') {
    // From the right: a slice holds no bracket itself.
    const auto open = text.rfind('[');
    if (open != std::string_view::npos) {
      found.path = std::string(text.substr(0, open));
      found.slice = text.substr(open + 1, text.size() - open - 2);
      found.dataset = nodes.dataset(found.path);
      if (found.dataset != nullptr) return found;
    }
  }
  bool node_found = false;
  for (auto at = text.rfind('@'); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : text.rfind('@', at - 1)) {
    const auto* attributes = nodes.attributes(text.substr(0, at));
    if (attributes == nullptr) continue;
    node_found = true;
    found.path = std::string(text.substr(0, at));
    found.slice = {};
    found.attribute = attributes->find(text.substr(at + 1));
    if (found.attribute != nullptr) return found;
  }
  if (array == nullptr && root.find_group(text) != nullptr) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} is a group: name a dataset in it, or an attribute as {}@NAME; "
                            "engram tree shows what there is",
                            text, text));
  }
  throw Error(ErrorCode::not_found,
              fmt::format("there is no {} {}: engram tree --attrs shows what there is",
                          node_found ? "attribute" : "dataset", text));
}

}  // namespace engram::cli
