#include "engram/hdmf/attribute_forms.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "testing/fake_sources.hpp"

namespace engram::hdmf {
namespace {

using testing::attributes_of;
using testing::dataset_of;
using testing::fake_array;

class AttributeSchema final : public SpecSource {
 public:
  const std::string& description() const override { return description_; }
  Json namespaces() const override {
    return parse_yaml("namespaces: [{name: n, version: 1.0.0, schema: [{source: s}]}]");
  }
  Json schema(const std::string&) const override {
    return parse_yaml(R"(
groups:
- data_type_def: Series
  attributes:
  - {name: small, dtype: uint8}
  - {name: count, dtype: uint32}
  - {name: offset, dtype: int16}
  - {name: rate, dtype: float32}
  - {name: wide, dtype: float64}
  - {name: label, dtype: text}
  - {name: any, dtype: numeric}
  datasets: [{name: data, attributes: [{name: gain, dtype: float32}]}]
  groups: [{name: inner, attributes: [{name: level, dtype: int8}]}])");
  }

 private:
  std::string description_ = "memory";
};

struct FormCase {
  const char* name;
  Value value;
  const char* type;  ///< nullptr: none is given.
  Value becomes;
};

TEST(AttributeFormsTest, TheSchemaSaysHowNarrow) {
  const auto catalog = NamespaceCatalog::load(
      std::vector<std::shared_ptr<const SpecSource>>{std::make_shared<AttributeSchema>()});
  const auto integer = [](std::int64_t value) { return Value(value); };
  const std::vector<FormCase> cases = {
      {"small", integer(7), "|u1", integer(7)},
      {"small", integer(300), "<u2", integer(300)},
      {"small", integer(-1), nullptr, integer(-1)},
      {"count", List{integer(1), integer(2)}, "<u4", List{integer(1), integer(2)}},
      {"count", std::uint64_t{1} << 63U, "<u8", std::uint64_t{1} << 63U},
      {"offset", integer(-5), "<i2", integer(-5)},
      {"offset", integer(70000), "<i4", integer(70000)},
      {"rate", 0.5, "<f4", 0.5},
      {"rate", 0.1, "<f8", 0.1},
      {"rate", integer(30000), "<f4", 30000.0},
      {"rate", List{}, "<f4", List{}},
      {"wide", 0.5, "<f8", 0.5},
      {"label", "text", nullptr, "text"},
      {"rate", "text", nullptr, "text"},
      {"any", integer(1), nullptr, integer(1)},
      {"unknown", integer(1), nullptr, integer(1)},
  };
  for (const FormCase& each : cases) {
    GroupBuilder root = {
        "", attributes_of({{"namespace", "n"}, {"neurodata_type", "Series"}}), {}, {}, {}};
    root.attributes.set(each.name, each.value);
    give_forms(root, catalog);
    const StoredForm* form = root.attributes.form(each.name);
    ASSERT_EQ(form != nullptr, each.type != nullptr) << each.name;
    if (form != nullptr) {
      EXPECT_EQ(typestr(form->type.type), each.type) << each.name;
    }
    EXPECT_EQ(*root.attributes.find(each.name), each.becomes) << each.name;
  }
}

TEST(AttributeFormsTest, OfDatasetsAndGroupsByTheirPlace) {
  const auto catalog = NamespaceCatalog::load(
      std::vector<std::shared_ptr<const SpecSource>>{std::make_shared<AttributeSchema>()});
  GroupBuilder root = {
      "", attributes_of({{"namespace", "n"}, {"neurodata_type", "Series"}}), {}, {}, {}};
  root.datasets = {dataset_of("data", fake_array<float>(DataType::floating(4), {1}, {1}),
                              attributes_of({{"gain", 2.0}}))};
  GroupBuilder inner;
  inner.name = "inner";
  inner.attributes = attributes_of({{"level", std::int64_t{3}}});
  root.groups = {inner};
  root.attributes.set("count", std::int64_t{1});
  root.attributes.set_form("count", {testing::number_type(DataType::integer(2)), {}, false});
  give_forms(root, catalog);
  EXPECT_EQ(typestr(root.datasets[0].attributes.form("gain")->type.type), "<f4");
  EXPECT_EQ(typestr(root.groups[0].attributes.form("level")->type.type), "|i1");
  EXPECT_EQ(typestr(root.attributes.form("count")->type.type), "<i2") << "it had one";
}

}  // namespace
}  // namespace engram::hdmf
