#include "converters/name_by_schema.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "backend/stored_json.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/attribute_forms.hpp"
#include "engram/hdmf/dimension_names.hpp"

namespace engram::converter {
namespace {

using Sources = std::vector<std::shared_ptr<const hdmf::SpecSource>>;

void name_by(hdmf::GroupBuilder& tree, const Sources& sources, bool forms) {
  const auto catalog = hdmf::NamespaceCatalog::load(sources);
  if (catalog.namespaces().empty()) return;
  hdmf::name_dimensions(tree, catalog);
  if (forms) hdmf::give_forms(tree, catalog);
}

}  // namespace

void name_by_schema(hdmf::GroupBuilder& tree,
                    std::span<const std::shared_ptr<const hdmf::SpecSource>> given,
                    const Limits& limits, ConvertReport& report, bool forms) {
  forms = forms && !backend::knows_hdf5(tree);
  Sources sources(given.begin(), given.end());
  try {
    for (auto& one : hdmf::newest(hdmf::cached_namespaces(tree, limits)))
      sources.push_back(std::move(one.source));
    name_by(tree, sources, forms);
  } catch (const Error& error) {
    // Theirs is the fault if it is there without what the file has cached.
    if (!given.empty()) name_by(tree, Sources(given.begin(), given.end()), forms);
    report.notices.push_back(
        {backend::Notice::Kind::changed, "/specifications",
         fmt::format("dimensions are not named{}, as the cached schema can't be used: {}",
                     given.empty() ? "" : " by it", error.what())});
  }
}

}  // namespace engram::converter
