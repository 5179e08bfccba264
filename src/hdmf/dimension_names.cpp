#include "engram/hdmf/dimension_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "hdmf/spec_places.hpp"
#include "hdmf/without_cache.hpp"

namespace engram::hdmf {
namespace {

constexpr std::string_view kScalar = "scalar";
using Names = std::vector<std::string>;
using Lengths = std::map<std::string, std::uint64_t, std::less<>>;

// The names of the alternative that fits `shape`, with the most fixed lengths; empty: none does.
Names names_for(const Dimensions& dimensions, const Shape& shape) {
  Names best;
  std::size_t most = 0;
  for (std::size_t i = 0; i < dimensions.shapes.size(); ++i) {
    const auto& lengths = dimensions.shapes[i];
    if (lengths.size() != shape.size() || dimensions.names[i].size() != shape.size()) continue;
    std::size_t fixed = 0;
    bool is_fit = true;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      if (!lengths[d]) continue;
      is_fit = is_fit && *lengths[d] == shape[d];
      ++fixed;
    }
    if (!is_fit || (!best.empty() && fixed <= most)) continue;
    best = dimensions.names[i];
    most = fixed;
  }
  return best;
}

class Namer {
 public:
  explicit Namer(const NamespaceCatalog& catalog) : catalog_(catalog) {}

  // `places`: without the type of `group` itself.
  void name(GroupBuilder& group, SpecPlaces places) const {
    if (const auto* own = spec_of<GroupSpec>(catalog_, group.attributes)) places.push_back(own);
    Lengths lengths;
    for (DatasetBuilder& dataset : group.datasets) name(dataset, places, lengths);
    for (GroupBuilder& child : group.groups) name(child, places_below(places, child.name));
  }

 private:
  Names schema_names(const DatasetBuilder& dataset, const SpecPlaces& places) const {
    // What was added last is the group's own type, which knows most.
    for (auto place = places.rbegin(); place != places.rend(); ++place)
      if (const DatasetSpec* spec = (*place)->dataset(dataset.name))
        if (Names names = names_for(spec->dimensions, dataset.shape()); !names.empty())
          return names;
    if (const auto* own = spec_of<DatasetSpec>(catalog_, dataset.attributes))
      return names_for(own->dimensions, dataset.shape());
    return {};
  }

  void name(DatasetBuilder& dataset, const SpecPlaces& places, Lengths& lengths) const {
    if (dataset.is_scalar) {
      dataset.dimension_names = {std::string(kScalar)};
      return;
    }
    const Shape& shape = dataset.shape();
    Names names = schema_names(dataset, places);
    for (std::size_t d = names.size(); d < shape.size(); ++d)
      names.push_back(fmt::format("{}_{}", dataset.name, d));
    for (std::size_t d = 0; d < names.size(); ++d) {
      const bool is_double =
          std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(d), names[d]) !=
          names.begin() + static_cast<std::ptrdiff_t>(d);
      const auto [known, is_new] = lengths.emplace(names[d], shape[d]);
      if (!is_double && (is_new || known->second == shape[d])) continue;
      names[d] = fmt::format("{}_{}", dataset.name, is_double ? fmt::to_string(d) : names[d]);
      lengths.emplace(names[d], shape[d]);
    }
    dataset.dimension_names = std::move(names);
  }

  const NamespaceCatalog& catalog_;
};

}  // namespace

void name_dimensions(GroupBuilder& root, const NamespaceCatalog& catalog) {
  without_cache(root, [&](GroupBuilder& tree) { Namer(catalog).name(tree, {}); });
}

}  // namespace engram::hdmf
