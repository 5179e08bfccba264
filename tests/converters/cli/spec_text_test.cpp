#include "converters/cli/spec_text.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace engram::cli {
namespace {

class TwoNamespaces final : public hdmf::SpecSource {
 public:
  const std::string& description() const override { return description_; }
  Json namespaces() const override {
    return hdmf::parse_yaml(R"(
namespaces:
- {name: base, version: 1.0.0, schema: [{source: base}]}
- {name: lab, version: 0.1.0, schema: [{namespace: base}, {source: lab}]})");
  }
  Json schema(const std::string& source) const override {
    if (source == "base")
      return hdmf::parse_yaml(R"(
datasets: [{data_type_def: Column, doc: One value a row., dtype: text, shape: [null], dims: [rows]}]
groups:
- {data_type_def: Container, doc: Whatever holds something.}
- {data_type_def: Device, data_type_inc: Container, doc: A device.}
- {data_type_def: Unused, data_type_inc: Container, doc: Of no interest.})");
    return hdmf::parse_yaml(R"(
groups:
- data_type_def: Lickometer
  data_type_inc: Device
  doc: A sensor for licks.
  attributes: [{name: spouts, dtype: int32, default_value: 2}, {name: help, dtype: text, value: licks}]
  datasets:
  - {name: times, doc: When., dtype: float64, shape: [[null], [null, 2]], dims: [[n], [n, pair]], attributes: [{name: unit, dtype: text}]}
  - {data_type_inc: Column, quantity: '*'}
  groups:
  - {name: settings, quantity: '?', links: [{name: rig, target_type: Device}]}
  - {data_type_inc: Container, quantity: '+'})");
  }

 private:
  std::string description_ = "memory";
};

hdmf::NamespaceCatalog catalog() {
  const std::vector<std::shared_ptr<const hdmf::SpecSource>> sources = {
      std::make_shared<TwoNamespaces>()};
  return hdmf::NamespaceCatalog::load(sources);
}

TEST(SpecTextTest, TypesStandBelowWhatTheyInheritFrom) {
  EXPECT_EQ(namespace_text(*catalog().find("base")),
            "  Column (dataset)\n"
            "  Container\n"
            "    Device\n"
            "    Unused\n");
  EXPECT_EQ(namespace_text(*catalog().find("lab")),
            "  Container of base\n"
            "    Device of base\n"
            "      Lickometer\n");
}

TEST(SpecTextTest, ATypeWithAllThatItIsMadeOf) {
  const auto all = catalog();
  const auto& lab = *all.find("lab");
  EXPECT_EQ(type_text(lab, *lab.find("Lickometer")),
            "Lickometer of lab (lab), a Device, a Container\n"
            "  A sensor for licks.\n"
            "  @spouts  int32, by default 2, optional\n"
            "  @help  text = \"licks\"\n"
            "  times  float64 (n) or (n, pair=2)\n"
            "    @unit  text\n"
            "  (any name): Column  text (rows), any number\n"
            "  settings/, optional\n"
            "    rig -> Device\n"
            "  (any name): Container/, one or more\n");
  EXPECT_EQ(type_text(lab, *lab.find("Column")),
            "Column of base (base)\n"
            "  One value a row.\n"
            "  a dataset: text (rows)\n");
}

}  // namespace
}  // namespace engram::cli
