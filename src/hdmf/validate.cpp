#include "engram/hdmf/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "hdmf/node_index.hpp"
#include "hdmf/validate_data.hpp"

namespace engram::hdmf {
namespace {

using Severity = Finding::Severity;

// Attributes of every object, which no spec names.
constexpr std::array<std::string_view, 6> kReserved = {
    "neurodata_type", "data_type", "namespace", "object_id", ".specloc", "_ARRAY_DIMENSIONS"};
constexpr std::string_view kCache = "specifications";

// A dataset, group or link that a group's spec asks for; none of them: nothing is asked for.
struct ChildSpec {
  const DatasetSpec* dataset = nullptr;
  const GroupSpec* group = nullptr;
  const LinkSpec* link = nullptr;

  const std::optional<std::string>& name() const {
    return link ? link->name : group ? group->name : dataset->name;
  }
  const std::string* type() const {
    if (link) return &link->target_type;
    if (group) return group->type();
    return dataset ? dataset->type() : nullptr;
  }
  const Quantity& quantity() const {
    return link ? link->quantity : group ? group->quantity : dataset->quantity;
  }
  const void* id() const {
    if (link) return link;
    return group ? static_cast<const void*>(group) : static_cast<const void*>(dataset);
  }
};

// What stands in a group under a name.
struct Child {
  const std::string* name = nullptr;
  NodeRef node;  // Of a link its target; neither where that is not known.
  const LinkBuilder* link = nullptr;
  std::string path;  // Of the node itself.
};

std::string label(const ChildSpec& spec) {
  if (spec.name()) return *spec.name();
  return spec.type() ? *spec.type() : std::string();
}

class Validator {
 public:
  Validator(const GroupBuilder& root, const NamespaceCatalog& catalog, const OnNode& on_node)
      : catalog_(catalog), index_(root), on_node_(on_node) {}

  std::vector<Finding> run(const GroupBuilder& root) {
    const NodeRef node{&root, nullptr};
    if (!type_name(root.attributes)) {
      add({Severity::error, Finding::Kind::unknown_type, "/", "",
           "the root has no type (neurodata_type and namespace), so there is nothing to hold it "
           "against"});
      return std::move(findings_);
    }
    check_node(node, "/", {}, {});
    sort_by_tree();
    return std::move(findings_);
  }

 private:
  struct TypeOf {
    const TypeEntry* entry = nullptr;
    const Namespace* space = nullptr;
  };

  // Of an object by what it says of itself.
  TypeOf type_of(const Attributes& attributes) const {
    const auto space_name = attributes.text("namespace");
    const auto type = type_name(attributes);
    TypeOf found;
    if (!space_name || !type) return found;
    found.space = catalog_.find(*space_name);
    if (found.space) found.entry = found.space->find(*type);
    return found;
  }

  bool is_a(const Attributes& attributes, std::string_view ancestor) const {
    const TypeOf type = type_of(attributes);
    if (type.entry) return type.space->is_a(type.entry->name, ancestor);
    return type_name(attributes) == ancestor;
  }

  void add(Finding finding) {
    if (seen_.emplace(finding.kind, finding.path, finding.text).second)
      findings_.push_back(std::move(finding));
  }

  // Specs are walked one after another; people read the tree.
  void sort_by_tree() {
    std::stable_sort(findings_.begin(), findings_.end(),
                     [](const Finding& a, const Finding& b) { return a.path < b.path; });
  }

  // Holds a node against its own type, the type that its place asks for, and the place's own spec.
  void check_node(const NodeRef& node, const std::string& path, const ChildSpec& place,
                  const std::string& place_label) {
    if (const auto type = type_name(node.attributes())) {
      const TypeOf found = type_of(node.attributes());
      if (found.entry) {
        check_against(node, path, found.entry->spec, found.entry->name);
        if (const std::string* wanted = place.type(); wanted && *wanted != found.entry->name)
          if (const TypeEntry* entry = found.space->find(*wanted))
            check_against(node, path, entry->spec, entry->name);
      } else {
        add({Severity::error, Finding::Kind::unknown_type, path, "",
             unknown_text(node.attributes(), *type)});
      }
    }
    if (place.group) check_group(node, path, *place.group, place_label);
    if (place.dataset) check_dataset_node(node, path, *place.dataset, place_label);
  }

  std::string unknown_text(const Attributes& attributes, const std::string& type) const {
    const auto space = attributes.text("namespace");
    if (!space) return fmt::format("is a {} of no namespace", type);
    if (!catalog_.find(*space))
      return fmt::format("is a {} of namespace {}, which is not among the schemas", type, *space);
    return fmt::format("is a {}, which is no type of namespace {} {}", type, *space,
                       catalog_.find(*space)->version());
  }

  void check_against(const NodeRef& node, const std::string& path, const TypeSpec& spec,
                     const std::string& spec_label) {
    if (const auto* group = std::get_if<GroupSpec>(&spec)) {
      check_group(node, path, *group, spec_label);
    } else {
      check_dataset_node(node, path, std::get<DatasetSpec>(spec), spec_label);
    }
  }

  bool is_first_time(const NodeRef& node, const void* spec) {
    return checked_.insert({node.id(), spec}).second;
  }

  void check_dataset_node(const NodeRef& node, const std::string& path, const DatasetSpec& spec,
                          const std::string& spec_label) {
    if (!is_first_time(node, &spec)) return;
    if (!node.dataset) {
      add({Severity::error, Finding::Kind::wrong_node, path, spec_label,
           "is a group, not a dataset"});
      return;
    }
    announce(path);
    check_attributes(node, path, spec, spec_label);
    check_dataset(*node.dataset, spec, on_reference(path, spec_label), on_data(path, spec_label));
  }

  void check_group(const NodeRef& node, const std::string& path, const GroupSpec& spec,
                   const std::string& spec_label) {
    if (!is_first_time(node, &spec)) return;
    if (!node.group) {
      add({Severity::error, Finding::Kind::wrong_node, path, spec_label,
           "is a dataset, not a group"});
      return;
    }
    announce(path);
    check_attributes(node, path, spec, spec_label);
    check_children(*node.group, path, spec, spec_label);
  }

  void announce(const std::string& path) const {
    if (on_node_) on_node_(path);
  }

  OnData on_data(const std::string& path, const std::string& spec_label) {
    return [this, path, spec_label](const DataFinding& found) {
      add({found.severity, found.kind, path, spec_label, found.text});
    };
  }

  OnReference on_reference(const std::string& path, const std::string& spec_label) {
    return [this, path, spec_label](const Reference& reference, const std::string& wanted) {
      if (reference.source != ".") return;
      const NodeRef target = index_.find(reference.path);
      if (!target || is_a(target.attributes(), wanted)) return;
      add({Severity::error, Finding::Kind::wrong_type, path, spec_label,
           fmt::format("refers to {}, which is {}, not a {}", reference.path,
                       kind_of(target.attributes()), wanted)});
    };
  }

  static std::string kind_of(const Attributes& attributes) {
    const auto type = type_name(attributes);
    return type ? "a " + *type : "of no type";
  }

  void check_attributes(const NodeRef& node, const std::string& path, const NodeSpec& spec,
                        const std::string& spec_label) {
    for (const AttributeSpec& attribute : spec.attributes) {
      const std::string place = fmt::format("{}@{}", path, attribute.name);
      const std::string where = fmt::format("{}/{}", spec_label, attribute.name);
      const Value* value = node.attributes().find(attribute.name);
      if (value && !value->is<Null>()) {
        check_value(*value, attribute, on_reference(place, where), on_data(place, where));
      } else if (attribute.is_required) {
        add({Severity::error, Finding::Kind::missing, place, where,
             fmt::format("is missing: {} must have attribute \"{}\"", spec_label, attribute.name)});
      }
    }
    warn_of_unexpected(node, path, spec, spec_label);
  }

  // Only against the spec of the object's own type, which has all that may be there.
  void warn_of_unexpected(const NodeRef& node, const std::string& path, const NodeSpec& spec,
                          const std::string& spec_label) {
    const TypeOf type = type_of(node.attributes());
    if (!type.entry || &node_spec(type.entry->spec) != &spec) return;
    for (const auto& [name, value] : node.attributes()) {
      const bool is_reserved =
          std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
      if (!is_reserved && !spec.attribute(name))
        add({Severity::warning, Finding::Kind::unexpected, fmt::format("{}@{}", path, name),
             spec_label, fmt::format("is no attribute that {} has", spec_label)});
    }
  }

  std::vector<Child> children_of(const GroupBuilder& group, const std::string& path) const {
    std::vector<Child> children;
    children.reserve(group.datasets.size() + group.groups.size() + group.links.size());
    for (const DatasetBuilder& dataset : group.datasets)
      children.push_back(
          {&dataset.name, {nullptr, &dataset}, nullptr, join_path(path, dataset.name)});
    for (const GroupBuilder& child : group.groups)
      children.push_back({&child.name, {&child, nullptr}, nullptr, join_path(path, child.name)});
    for (const LinkBuilder& link : group.links)
      children.push_back(
          {&link.name, link.source == "." ? index_.find(link.path) : NodeRef{}, &link, link.path});
    return children;
  }

  static std::vector<ChildSpec> child_specs(const GroupSpec& spec) {
    std::vector<ChildSpec> specs;
    specs.reserve(spec.datasets.size() + spec.groups.size() + spec.links.size());
    for (const DatasetSpec& dataset : spec.datasets) specs.push_back({&dataset, nullptr, nullptr});
    for (const GroupSpec& group : spec.groups) specs.push_back({nullptr, &group, nullptr});
    for (const LinkSpec& link : spec.links) specs.push_back({nullptr, nullptr, &link});
    return specs;
  }

  bool may_stand_for(const ChildSpec& spec, const Child& child) const {
    if (spec.name() && *spec.name() != *child.name) return false;
    const std::string* type = spec.type();
    if (!type) return true;
    // Where a link leads out of the file, its name must do.
    if (!child.node) return spec.name().has_value();
    return is_a(child.node.attributes(), *type);
  }

  // The specs that children stand for: one that still lacks some, or else the first that fits.
  void check_children(const GroupBuilder& group, const std::string& path, const GroupSpec& spec,
                      const std::string& spec_label) {
    const std::vector<ChildSpec> specs = child_specs(spec);
    std::vector<std::vector<const Child*>> matches(specs.size());
    const std::vector<Child> children = children_of(group, path);
    std::vector<const Child*> unmatched;
    for (const Child& child : children) {
      std::optional<std::size_t> best;
      for (std::size_t i = 0; i < specs.size(); ++i) {
        if (!may_stand_for(specs[i], child)) continue;
        const bool is_lacking = matches[i].size() < specs[i].quantity().least;
        if (!best) best = i;
        if (!is_lacking) continue;
        best = i;
        break;
      }
      if (best) {
        matches[*best].push_back(&child);
      } else {
        unmatched.push_back(&child);
      }
    }
    for (std::size_t i = 0; i < specs.size(); ++i) {
      check_count(specs[i], matches[i].size(), path, spec_label);
      for (const Child* child : matches[i]) check_child(*child, specs[i], path, spec_label);
    }
    for (const Child* child : unmatched) check_unmatched(*child, group, path, spec, spec_label);
  }

  void check_count(const ChildSpec& spec, std::size_t count, const std::string& path,
                   const std::string& spec_label) {
    const Quantity& quantity = spec.quantity();
    const std::string what = spec.type() ? *spec.type() : "object";
    const std::string name = label(spec);
    if (count == 0 && quantity.is_required()) {
      add({Severity::error, Finding::Kind::missing, join_path(path, name), spec_label + "/" + name,
           spec.name() ? fmt::format("is missing: {} must have it", spec_label)
                       : fmt::format("is missing: {} must have at least {} {}", spec_label,
                                     quantity.least, what)});
    } else if (count < quantity.least || (quantity.most && count > *quantity.most)) {
      add({Severity::error, Finding::Kind::wrong_quantity, path, spec_label,
           fmt::format("has {} of {}, not {}{}", count, name,
                       count < quantity.least ? "at least " : "at most ",
                       count < quantity.least ? quantity.least : *quantity.most)});
    }
  }

  void check_child(const Child& child, const ChildSpec& spec, const std::string& parent,
                   const std::string& spec_label) {
    const std::string place_label = spec_label + "/" + label(spec);
    if (child.link) {
      const bool may_be_link =
          spec.link || (spec.group ? spec.group->is_linkable : spec.dataset->is_linkable);
      if (!may_be_link) {
        add({Severity::error, Finding::Kind::illegal_link, join_path(parent, *child.name),
             place_label,
             fmt::format("is a link to {}, where the object itself must stand", child.path)});
        return;
      }
    }
    if (!child.node) return;
    check_node(child.node, child.path, spec, place_label);
  }

  // No spec of this group knows the child; what it is of itself must hold all the same.
  void check_unmatched(const Child& child, const GroupBuilder& group, const std::string& path,
                       const GroupSpec& spec, const std::string& spec_label) {
    const TypeOf own = type_of(group.attributes);
    const bool is_own_type = own.entry && &node_spec(own.entry->spec) == &spec;
    const std::string place = join_path(path, *child.name);
    // The cached schema is no part of what it describes.
    if (path == "/" && *child.name == kCache) return;
    if (is_own_type || !type_name(group.attributes)) warn_of_child(child, place, spec, spec_label);
    if (child.node && !child.link) check_below(child.node, place);
  }

  void warn_of_child(const Child& child, const std::string& place, const GroupSpec& spec,
                     const std::string& spec_label) {
    // Of the right name, but of another type: that is the mistake, then.
    for (const ChildSpec& other : child_specs(spec)) {
      if (other.name() != *child.name || !other.type() || !child.node) continue;
      add({Severity::warning, Finding::Kind::wrong_type, place, spec_label + "/" + *child.name,
           fmt::format("is {}, not a {}", kind_of(child.node.attributes()), *other.type())});
      return;
    }
    add({Severity::warning, Finding::Kind::unexpected, place, spec_label,
         fmt::format("is nothing that {} has", spec_label)});
  }

  // Objects of types below something that no spec knows.
  void check_below(const NodeRef& node, const std::string& path) {
    if (type_name(node.attributes())) {
      check_node(node, path, {}, {});
      return;
    }
    if (!node.group) return;
    for (const Child& child : children_of(*node.group, path))
      if (!child.link && child.node) check_below(child.node, child.path);
  }

  struct PairHash {
    std::size_t operator()(const std::pair<const void*, const void*>& pair) const noexcept {
      return std::hash<const void*>()(pair.first) * 31 + std::hash<const void*>()(pair.second);
    }
  };

  const NamespaceCatalog& catalog_;
  NodeIndex index_;
  const OnNode& on_node_;
  std::vector<Finding> findings_;
  std::set<std::tuple<Finding::Kind, std::string, std::string>> seen_;
  std::unordered_set<std::pair<const void*, const void*>, PairHash> checked_;
};

}  // namespace

std::string_view to_string(Finding::Kind kind) noexcept {
  switch (kind) {
    case Finding::Kind::unknown_type:
      return "unknown_type";
    case Finding::Kind::missing:
      return "missing";
    case Finding::Kind::wrong_quantity:
      return "wrong_quantity";
    case Finding::Kind::wrong_dtype:
      return "wrong_dtype";
    case Finding::Kind::wrong_shape:
      return "wrong_shape";
    case Finding::Kind::wrong_value:
      return "wrong_value";
    case Finding::Kind::wrong_type:
      return "wrong_type";
    case Finding::Kind::wrong_node:
      return "wrong_node";
    case Finding::Kind::illegal_link:
      return "illegal_link";
    case Finding::Kind::unexpected:
      return "unexpected";
    case Finding::Kind::dangling:
      return "dangling";
    case Finding::Kind::bad_table:
      return "bad_table";
    case Finding::Kind::bad_index:
      return "bad_index";
    case Finding::Kind::bad_id:
      return "bad_id";
    case Finding::Kind::unreadable:
      return "unreadable";
    case Finding::Kind::not_portable:
      return "not_portable";
  }
  return "";
}

std::string_view to_string(Finding::Severity severity) noexcept {
  return severity == Severity::error ? "error" : "warning";
}

std::vector<Finding> validate(const GroupBuilder& root, const NamespaceCatalog& catalog,
                              const OnNode& on_node) {
  return Validator(root, catalog, on_node).run(root);
}

}  // namespace engram::hdmf
