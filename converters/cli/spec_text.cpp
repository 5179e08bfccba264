#include "converters/cli/spec_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "converters/cli/terminal.hpp"
#include "engram/base/json.hpp"

namespace engram::cli {
namespace {

std::string indent_of(std::size_t depth) { return std::string(2 * depth, ' '); }

std::string dimensions_text(const hdmf::Dimensions& dimensions) {
  std::vector<std::string> alternatives;
  for (std::size_t i = 0; i < dimensions.shapes.size(); ++i) {
    std::vector<std::string> parts;
    const auto& names = dimensions.names[i];
    const auto& lengths = dimensions.shapes[i];
    for (std::size_t d = 0; d < std::max(names.size(), lengths.size()); ++d) {
      std::string part = d < names.size() ? names[d] : "?";
      if (d < lengths.size() && lengths[d]) part += fmt::format("={}", *lengths[d]);
      parts.push_back(printable(part));
    }
    alternatives.push_back(fmt::format("({})", fmt::join(parts, ", ")));
  }
  return fmt::format("{}", fmt::join(alternatives, " or "));
}

std::string quantity_text(const hdmf::Quantity& quantity) {
  if (quantity == hdmf::Quantity{}) return "";
  if (!quantity.most) return quantity.least == 0 ? ", any number" : ", one or more";
  return *quantity.most == 1 ? ", optional" : fmt::format(", {} of them", *quantity.most);
}

template <typename Spec>
std::string data_text(const Spec& spec) {
  std::string text = printable(to_string(spec.dtype));
  if (!spec.dimensions.is_any()) text += " " + dimensions_text(spec.dimensions);
  if (!spec.value.is_null()) text += " = " + dump_json(spec.value, JsonStyle::line);
  if (!spec.default_value.is_null())
    text += ", by default " + dump_json(spec.default_value, JsonStyle::line);
  return text;
}

class TypePrinter {
 public:
  std::string print(const hdmf::TypeSpec& spec) {
    if (const auto* group = std::get_if<hdmf::GroupSpec>(&spec)) {
      inside(*group, 1);
    } else {
      const auto& dataset = std::get<hdmf::DatasetSpec>(spec);
      text_ += indent_of(1) + "a dataset: " + data_text(dataset) + "\n";
      attributes(dataset, 1);
    }
    return std::move(text_);
  }

 private:
  static std::string label(const hdmf::NodeSpec& spec) {
    std::string text = printable(spec.name.value_or("(any name)"));
    if (const std::string* type = spec.type()) text += ": " + printable(*type);
    return text;
  }

  void attributes(const hdmf::NodeSpec& spec, std::size_t depth) {
    for (const hdmf::AttributeSpec& attribute : spec.attributes)
      text_ += fmt::format("{}@{}  {}{}\n", indent_of(depth), printable(attribute.name),
                           data_text(attribute), attribute.is_required ? "" : ", optional");
  }

  void inside(const hdmf::GroupSpec& spec, std::size_t depth) {
    attributes(spec, depth);
    for (const hdmf::DatasetSpec& dataset : spec.datasets) {
      text_ += fmt::format("{}{}  {}{}\n", indent_of(depth), label(dataset), data_text(dataset),
                           quantity_text(dataset.quantity));
      attributes(dataset, depth + 1);
    }
    for (const hdmf::GroupSpec& group : spec.groups) {
      text_ +=
          fmt::format("{}{}/{}\n", indent_of(depth), label(group), quantity_text(group.quantity));
      // What the type brings along is shown where that type is asked for.
      if (!group.type()) inside(group, depth + 1);
    }
    for (const hdmf::LinkSpec& link : spec.links)
      text_ += fmt::format("{}{} -> {}{}\n", indent_of(depth),
                           printable(link.name.value_or("(any name)")), printable(link.target_type),
                           quantity_text(link.quantity));
  }

  std::string text_;
};

class NamespacePrinter {
 public:
  explicit NamespacePrinter(const hdmf::Namespace& name_space) : name_space_(name_space) {
    for (const std::string& type : name_space.types()) {
      if (!is_own(type)) continue;
      for (const std::string& one : name_space.hierarchy(type)) shown_.insert(one);
    }
  }

  std::string print() {
    for (const std::string& type : shown_)
      if (!node_spec(name_space_.find(type)->spec).type_inc) below(type, 1);
    return std::move(text_);
  }

 private:
  bool is_own(const std::string& type) const {
    return name_space_.find(type)->name_space == name_space_.name();
  }

  void below(const std::string& type, std::size_t depth) {
    const hdmf::TypeEntry& entry = *name_space_.find(type);
    const bool is_dataset = std::holds_alternative<hdmf::DatasetSpec>(entry.spec);
    text_ +=
        fmt::format("{}{}{}{}\n", indent_of(depth), printable(type), is_dataset ? " (dataset)" : "",
                    is_own(type) ? "" : fmt::format(" of {}", printable(entry.name_space)));
    for (const std::string& subtype : name_space_.direct_subtypes(type))
      if (shown_.contains(subtype)) below(subtype, depth + 1);
  }

  const hdmf::Namespace& name_space_;
  std::set<std::string> shown_;
  std::string text_;
};

}  // namespace

std::string namespace_text(const hdmf::Namespace& name_space) {
  return NamespacePrinter(name_space).print();
}

std::string type_text(const hdmf::Namespace& name_space, const hdmf::TypeEntry& type) {
  std::string text = fmt::format("{} of {} ({})", printable(type.name), printable(type.name_space),
                                 printable(type.source));
  const auto hierarchy = name_space.hierarchy(type.name);
  for (std::size_t i = 1; i < hierarchy.size(); ++i) text += ", a " + printable(hierarchy[i]);
  text += "\n  " + printable(node_spec(type.spec).doc) + "\n";
  return text + TypePrinter().print(type.spec);
}

}  // namespace engram::cli
