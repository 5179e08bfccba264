// Holds specs/engram-layout, the layout as a schema, to the names that the code has.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <variant>

#include "backend/zarr_layout.hpp"
#include "engram/hdmf/namespace_catalog.hpp"
#include "testing/source_dir.hpp"

namespace engram::backend {
namespace {

using Names = std::set<std::string>;

const hdmf::Namespace& layout_namespace() {
  static const auto kCatalog =
      hdmf::NamespaceCatalog::load(hdmf::spec_files(testing::source_path("specs/engram-layout")));
  return *kCatalog.find("engram-layout");
}

template <typename Spec>
const Spec& spec_of(const char* type) {
  return std::get<Spec>(layout_namespace().find(type)->spec);
}

template <typename Spec>
Names attributes_of(const char* type) {
  Names names;
  for (const auto& attribute : spec_of<Spec>(type).attributes) names.insert(attribute.name);
  return names;
}

// The fields of a compound.
Names fields_of(const char* type) {
  Names names;
  for (const auto& field : *spec_of<hdmf::DatasetSpec>(type).dtype.fields())
    names.insert(field.name);
  return names;
}

Names members_of(const Json& json) {
  Names names;
  for (const auto& [name, value] : json.items()) names.insert(name);
  return names;
}

Names texts(std::initializer_list<std::string_view> list) { return {list.begin(), list.end()}; }

TEST(ZarrLayoutSpecTest, AttributesOfNodes) {
  EXPECT_EQ(attributes_of<hdmf::DatasetSpec>("ZarrArray"),
            texts({layout::kZarrDtype, layout::kEnumeration, layout::kDataspace, layout::kType,
                   layout::kDimensions}));
  EXPECT_EQ(attributes_of<hdmf::GroupSpec>("ZarrGroup"), texts({layout::kZarrLink}));
  EXPECT_EQ(attributes_of<hdmf::GroupSpec>("ZarrRoot"),
            texts({layout::kZarrLink, layout::kSpecLocation}));
}

TEST(ZarrLayoutSpecTest, EachReservedAttributeIsInIt) {
  Names all = attributes_of<hdmf::DatasetSpec>("ZarrArray");
  all.merge(attributes_of<hdmf::GroupSpec>("ZarrGroup"));
  for (const std::string& name : all) {
    const bool is_for_xarray = name == layout::kDimensions;
    EXPECT_EQ(layout::is_reserved_attribute(name), !is_for_xarray) << name;
  }
}

TEST(ZarrLayoutSpecTest, ValuesHaveTheMembersThatAreWritten) {
  const hdmf::Reference reference{".", "/a", "1", "2"};
  const hdmf::RegionReference region{reference, {{{0}, {1}}}};
  EXPECT_EQ(fields_of("Link"), members_of(layout::links_to_json({{"n", ".", "/a"}})[0]));
  EXPECT_EQ(fields_of("Reference"), members_of(layout::element_to_json(reference)));
  EXPECT_EQ(fields_of("RegionReference"), members_of(layout::element_to_json(region)));
  EXPECT_EQ(fields_of("Box"), members_of(layout::region_to_json(region)["regions"][0]));
  EXPECT_EQ(fields_of("ReferenceValue"), members_of(layout::attribute_to_json(reference)));
  EXPECT_EQ(fields_of("RegionValue"), members_of(layout::attribute_to_json(region)));
  EXPECT_EQ(fields_of("OpaqueValue"), members_of(layout::attribute_to_json(Bytes(3))));
}

}  // namespace
}  // namespace engram::backend
