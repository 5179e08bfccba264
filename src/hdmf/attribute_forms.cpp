#include "engram/hdmf/attribute_forms.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engram/hdmf/dtype_rules.hpp"
#include "hdmf/spec_places.hpp"
#include "hdmf/without_cache.hpp"

namespace engram::hdmf {
namespace {

struct Named {
  std::string_view name;
  Kind kind;
  std::uint64_t size;
};
constexpr std::array<Named, 10> kNumbers = {{{"int8", Kind::integer, 1},
                                             {"int16", Kind::integer, 2},
                                             {"int32", Kind::integer, 4},
                                             {"int64", Kind::integer, 8},
                                             {"uint8", Kind::unsigned_integer, 1},
                                             {"uint16", Kind::unsigned_integer, 2},
                                             {"uint32", Kind::unsigned_integer, 4},
                                             {"uint64", Kind::unsigned_integer, 8},
                                             {"float32", Kind::floating, 4},
                                             {"float64", Kind::floating, 8}}};

std::optional<DataType> number_of(std::string_view dtype) {
  const std::string_view name = canonical_dtype(dtype);
  const auto* found = std::find_if(kNumbers.begin(), kNumbers.end(),
                                   [name](const Named& number) { return number.name == name; });
  if (found == kNumbers.end()) return std::nullopt;
  switch (found->kind) {
    case Kind::integer:
      return DataType::integer(found->size);
    case Kind::unsigned_integer:
      return DataType::unsigned_integer(found->size);
    default:
      return DataType::floating(found->size);
  }
}

// Whole numbers as floating ones, where that is exact.
void make_floating(Value& value) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  if (value.is<std::int64_t>()) {
    const auto number = value.as<std::int64_t>();
    if (number >= -kExact && number <= kExact) value = static_cast<double>(number);
  }
  if (value.is<List>())
    for (Value& each : value.as<List>()) make_floating(each);
}

class FormGiver {
 public:
  explicit FormGiver(const NamespaceCatalog& catalog) : catalog_(catalog) {}

  // `places`: without the type of `group` itself.
  void give(GroupBuilder& group, SpecPlaces places) const {
    if (const auto* own = spec_of<GroupSpec>(catalog_, group.attributes)) places.push_back(own);
    give(group.attributes, {places.begin(), places.end()});
    for (DatasetBuilder& dataset : group.datasets) {
      std::vector<const NodeSpec*> specs;
      for (const GroupSpec* place : places)
        if (const DatasetSpec* spec = place->dataset(dataset.name)) specs.push_back(spec);
      if (const auto* own = spec_of<DatasetSpec>(catalog_, dataset.attributes))
        specs.push_back(own);
      give(dataset.attributes, specs);
    }
    for (GroupBuilder& child : group.groups) give(child, places_below(places, child.name));
  }

 private:
  static void give(Attributes& attributes, const std::vector<const NodeSpec*>& specs) {
    if (specs.empty()) return;
    std::vector<std::string> names;
    for (const auto& item : attributes)
      if (attributes.form(item.first) == nullptr) names.push_back(item.first);
    for (const std::string& name : names) {
      // What was added last is the node's own type, which knows most.
      for (auto spec = specs.rbegin(); spec != specs.rend(); ++spec) {
        const AttributeSpec* attribute = (*spec)->attribute(name);
        if (attribute == nullptr || attribute->dtype.primitive() == nullptr) continue;
        if (const auto type = number_of(*attribute->dtype.primitive()))
          give(attributes, name, *type);
        break;
      }
    }
  }

  static void give(Attributes& attributes, const std::string& name, const DataType& type) {
    Value value = *attributes.find(name);
    if (type.kind == Kind::floating) make_floating(value);
    auto form = form_of(value);
    if (!form || form->type.kind != ObjectType::Kind::number) return;
    form->type.type = type;
    for (; !can_hold(*form, value); form->type.type.size *= 2)
      if (form->type.type.size >= 8) return;
    attributes.replace(name, std::move(value));
    attributes.set_form(name, std::move(*form));
  }

  const NamespaceCatalog& catalog_;
};

}  // namespace

void give_forms(GroupBuilder& root, const NamespaceCatalog& catalog) {
  without_cache(root, [&](GroupBuilder& tree) { FormGiver(catalog).give(tree, {}); });
}

}  // namespace engram::hdmf
