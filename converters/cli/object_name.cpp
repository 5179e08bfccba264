#include "converters/cli/object_name.hpp"

#include <fmt/format.h>

#include "engram/base/error.hpp"

namespace engram::cli {
namespace {

const hdmf::Attributes* attributes_of(const hdmf::GroupBuilder& root, std::string_view path) {
  if (path.empty()) path = "/";
  if (const auto* group = root.find_group(path)) return &group->attributes;
  if (const auto* dataset = root.find_dataset(path)) return &dataset->attributes;
  return nullptr;
}

}  // namespace

ObjectName find_object(const hdmf::GroupBuilder& root, std::string_view text) {
  ObjectName found;
  found.path = std::string(text);
  found.dataset = root.find_dataset(text);
  if (found.dataset != nullptr) return found;
  if (!text.empty() && text.back() == ']') {
    // From the right: a slice holds no bracket itself.
    const auto open = text.rfind('[');
    if (open != std::string_view::npos) {
      found.path = std::string(text.substr(0, open));
      found.slice = text.substr(open + 1, text.size() - open - 2);
      found.dataset = root.find_dataset(found.path);
      if (found.dataset != nullptr) return found;
    }
  }
  bool node_found = false;
  for (auto at = text.rfind('@'); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : text.rfind('@', at - 1)) {
    const auto* attributes = attributes_of(root, text.substr(0, at));
    if (attributes == nullptr) continue;
    node_found = true;
    found.path = std::string(text.substr(0, at));
    found.slice = {};
    found.attribute = attributes->find(text.substr(at + 1));
    if (found.attribute != nullptr) return found;
  }
  if (root.find_group(text) != nullptr) {
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
