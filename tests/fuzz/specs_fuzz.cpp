// Namespaces and schemas as YAML: a namespace document, and schemas behind 0x1e, which are
// "s0.yaml", "s1.yaml", ... and what else the document names.
#include "engram/hdmf/namespace_catalog.hpp"
#include "fuzz/seeds.hpp"
#include "fuzz/target.hpp"

namespace {

using namespace engram;

constexpr char kBetween = '\x1e';

// Documents in memory. A name that says no number is that of the first.
class Documents final : public hdmf::SpecSource {
 public:
  explicit Documents(std::string_view input) {
    for (std::size_t end = 0; end != std::string_view::npos && texts_.size() < 8;) {
      end = input.find(kBetween);
      texts_.emplace_back(input.substr(0, end));
      input.remove_prefix(end == std::string_view::npos ? 0 : end + 1);
    }
  }

  const std::string& description() const override { return description_; }
  Json namespaces() const override { return hdmf::parse_yaml(texts_[0], fuzz::small_limits()); }
  Json schema(const std::string& source) const override {
    const std::size_t at =
        source.size() > 1 && source[0] == 's' ? static_cast<unsigned char>(source[1] - '0') : 0;
    if (at + 1 >= texts_.size())
      throw Error(ErrorCode::not_found, "there is no such document: " + source.substr(0, 100));
    return hdmf::parse_yaml(texts_[at + 1], fuzz::small_limits());
  }

 private:
  std::string description_ = "memory";
  std::vector<std::string> texts_;
};

const char* const kNamespaces = R"(# two
namespaces:
- name: n
  version: 1.0.0
  doc: first
  author: [a, "b"]
  schema: [{source: s0.yaml}]
- name: m
  version: 2.0.0-alpha
  schema:
  - {namespace: n, data_types: [Data, Series]}
  - source: s1.yaml
)";

const char* const kFirst = R"(datasets:
- {data_type_def: Data, doc: any}
- data_type_def: Column
  data_type_inc: Data
  dtype: int32
  shape: [null]
  attributes: [{name: description, dtype: text}, {name: unit, dtype: text, default_value: V}]
- data_type_def: Table
  dtype:
  - {name: a, dtype: int8, doc: x}
  - {name: b, dtype: {target_type: Column, reftype: object}, doc: "y"}
groups:
- {data_type_def: Base, attributes: [{name: help, dtype: text, required: false, value: 0x10}]}
- data_type_def: Series
  data_type_inc: Base
  doc: >-
    folded
    text
  datasets:
  - &data {name: data, dtype: numeric, shape: [[null], [null, null]], dims: [[t], [t, c]]}
  - {data_type_inc: Column, quantity: '*'}
  groups: [{name: sync, quantity: '?'}]
  links: [{name: device, target_type: Base}]
)";

const char* const kSecond = R"(groups:
- neurodata_type_def: Electrical
  neurodata_type_inc: Series
  datasets: [{name: data, dtype: int16, attributes: [{name: unit, value: volts, dtype: text}]}]
  groups: [{neurodata_type_inc: Base, quantity: '+'}, {name: deep, groups: [{name: deeper}]}]
)";

}  // namespace

std::vector<std::string> engram::fuzz::seeds() {
  const std::string all = std::string(kNamespaces) + kBetween + kFirst + kBetween + kSecond;
  std::vector<std::string> made = {
      all, "namespaces: [{name: n, schema: [{source: s}]}]\x1e" + std::string(kFirst)};
  for (const char* path :
       {"specs/engram-example/engram-example", "specs/engram-layout/engram-layout"}) {
    std::string text = file_text(testing::source_path(std::string(path) + ".namespace.yaml"));
    for (const char* ending : {".extensions.yaml", ".nodes.yaml", ".values.yaml"}) {
      const auto schema = testing::source_path(path + std::string(ending));
      if (std::filesystem::exists(schema)) text += kBetween + file_text(schema);
    }
    made.push_back(std::move(text));
  }
  // What YAML has, of which schemas use little.
  for (const char* text :
       {"&a [*a, ~, yes, 0o17, .inf, -.NaN, 1_000, 12:30:45]",
        "a: !!str 1\n? b\n: |2+\n   c\n...\n",
        "- &x {k: 1}\n- {<<: *x, l: 2}\n- \"\\x41\\u263a\\U0001F600\"\n- 'it''s'\n"})
    made.emplace_back(text);
  for (const std::string& text : corpus_texts({".yaml", ".yml"}, 10)) made.push_back(text);
  return made;
}

std::size_t engram::fuzz::most_memory() { return 64U << 20U; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::shared_ptr<const hdmf::SpecSource>> sources = {
      std::make_shared<Documents>(fuzz::text_of(data, size))};
  fuzz::is_answered([&] {
    const hdmf::NamespaceCatalog catalog = hdmf::NamespaceCatalog::load(sources);
    for (const auto& space : catalog.namespaces()) {
      for (const std::string& type : space->types()) {
        const hdmf::TypeEntry* entry = space->find(type);
        fuzz::require(entry != nullptr, "what is listed is found");
        const auto line = space->hierarchy(type);
        fuzz::require(!line.empty() && line.front() == type, "a type is its own nearest");
        for (const std::string& each : line)
          fuzz::require(space->is_a(type, each), "a type is what it inherits from");
        // What a spec says in the language's words is read again as the same.
        std::vector<std::string> warnings;
        const Json words = hdmf::to_json(entry->spec);
        if (std::holds_alternative<hdmf::GroupSpec>(entry->spec)) {
          fuzz::require(hdmf::to_json(hdmf::parse_group_spec(words, warnings)) == words,
                        "it is read as it is written");
        } else {
          fuzz::require(hdmf::to_json(hdmf::parse_dataset_spec(words, warnings)) == words,
                        "it is read as it is written");
        }
      }
    }
  });
  return 0;
}
