// What the writer wrote comes back from the reader as the same tree.

#include <gtest/gtest.h>

#include "backend/layout_examples.hpp"
#include "backend/named.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/map_references.hpp"
#include "engram/zarr/consolidated.hpp"

namespace engram::backend {
namespace {

using hdmf::List;
using hdmf::ObjectType;
using hdmf::Value;

std::string describe(const ObjectType& type) {
  std::string text = std::to_string(static_cast<int>(type.kind));
  if (type.kind == ObjectType::Kind::text)
    text += type.charset == ObjectType::Charset::ascii ? "ascii" : "utf8";
  if (type.kind == ObjectType::Kind::number) text += typestr(type.type);
  for (const std::uint64_t length : type.shape) text += "x" + std::to_string(length);
  if (type.element) text += "<" + describe(*type.element) + ">";
  for (const hdmf::ObjectField& field : type.fields)
    text += " " + field.name + ":" + describe(field.type);
  return text;
}

// Attributes by name: their order on disk is that of their names.
std::map<std::string, Value> by_name(const hdmf::Attributes& attributes) {
  return {attributes.begin(), attributes.end()};
}

void expect_same(const hdmf::Attributes& a, const hdmf::Attributes& b) {
  ASSERT_EQ(a.size(), b.size());
  const auto left = by_name(a), right = by_name(b);
  for (const auto& [name, value] : left) {
    ASSERT_TRUE(right.contains(name)) << name;
    const Value& other = right.at(name);
    // Complex numbers are pairs in JSON, and .specloc has no ids.
    if (value.is<std::complex<double>>()) {
      EXPECT_EQ(other, Value(List{Value(value.as<std::complex<double>>().real()),
                                  Value(value.as<std::complex<double>>().imag())}));
    } else if (name == ".specloc") {
      EXPECT_EQ(other.as<hdmf::Reference>().path, value.as<hdmf::Reference>().path);
    } else {
      EXPECT_EQ(other, value) << name;
    }
  }
}

void expect_same(const ArraySource& a, const ArraySource& b) {
  EXPECT_EQ(a.info().type, b.info().type);
  ASSERT_EQ(a.info().shape, b.info().shape);
  Bytes left(static_cast<std::size_t>(element_count(a.info().shape) * a.info().type.size));
  Bytes right = left;
  a.read(Region::all(a.info().shape), left);
  b.read(Region::all(b.info().shape), right);
  EXPECT_EQ(left, right);
}

void expect_same(const hdmf::ObjectSource& a, const hdmf::ObjectSource& b) {
  EXPECT_EQ(describe(a.type()), describe(b.type()));
  ASSERT_EQ(a.shape(), b.shape());
  EXPECT_EQ(a.read(Region::all(a.shape())), b.read(Region::all(b.shape())));
}

void expect_same(const hdmf::DatasetBuilder& a, const hdmf::DatasetBuilder& b) {
  SCOPED_TRACE(a.name);
  EXPECT_EQ(a.name, b.name);
  expect_same(a.attributes, b.attributes);
  EXPECT_EQ(a.is_scalar, b.is_scalar);
  EXPECT_EQ(a.is_null, b.is_null);
  EXPECT_EQ(a.enumeration, b.enumeration);
  ASSERT_EQ(a.array() == nullptr, b.array() == nullptr);
  if (a.array() != nullptr) {
    expect_same(*a.array(), *b.array());
  } else {
    expect_same(*a.objects(), *b.objects());
  }
}

void expect_same(const hdmf::GroupBuilder& a, const hdmf::GroupBuilder& b) {
  SCOPED_TRACE(a.name);
  expect_same(a.attributes, b.attributes);
  ASSERT_EQ(a.groups.size(), b.groups.size());
  ASSERT_EQ(a.datasets.size(), b.datasets.size());
  ASSERT_EQ(a.links.size(), b.links.size());
  for (const auto& group : a.groups) {
    ASSERT_TRUE(named(b.groups, group.name)) << group.name;
    expect_same(group, *named(b.groups, group.name));
  }
  for (const auto& dataset : a.datasets) {
    ASSERT_TRUE(named(b.datasets, dataset.name)) << dataset.name;
    expect_same(dataset, *named(b.datasets, dataset.name));
  }
  for (const auto& link : a.links) {
    const auto* other = named(b.links, link.name);
    ASSERT_TRUE(other) << link.name;
    EXPECT_EQ(other->path, link.path);
    EXPECT_EQ(other->source, link.source);
  }
}

// More kinds than the document shows.
hdmf::GroupBuilder more_kinds() {
  using testing::dataset_of;
  using testing::fake_array;
  using testing::number_type;
  using testing::object_type;
  using testing::record_type;
  using testing::text_type;
  const ObjectType reference = object_type(ObjectType::Kind::reference);
  const Value target = example_reference("/electrodes");
  hdmf::GroupBuilder group;
  group.name = "more";
  group.datasets = {
      dataset_of("text2d", text_type(), {2, 2}, {"a", "", "c", "\u00fc"}),
      dataset_of("latin1", text_type(), {2}, {"\xb5V", "ok"}),
      dataset_of("no_text", text_type(), {0}, {}),
      dataset_of("no_references", reference, {0}, {}),
      dataset_of("references2d", reference, {2, 1}, {target, hdmf::Null{}}),
      dataset_of("reference", reference, {}, {target}),
      dataset_of("record",
                 record_type({{"n", number_type(DataType::floating(8))}, {"s", text_type()}}), {},
                 {Value(List{Value(0.5), Value("x")})}),
      dataset_of("record_with_reference",
                 record_type({{"r", reference}, {"u", number_type(DataType::unsigned_integer(8))}}),
                 {}, {Value(List{target, Value(~std::uint64_t{0})})}),
      dataset_of("record_with_null", record_type({{"r", reference}}), {2},
                 {List{target}, List{Value(hdmf::Null{})}}),
      dataset_of("arrays", testing::list_type(number_type(DataType::floating(4)), {2}), {1},
                 {Value(List{Value(1.5), Value(std::nan(""))})}),
      dataset_of("sequence", testing::sequence_type(number_type(DataType::boolean())), {},
                 {Value(List{Value(true), Value(false)})}),
      dataset_of("bool", fake_array<std::uint8_t>(DataType::boolean(), {3}, {1, 0, 1})),
      dataset_of("rank3", fake_array<std::int32_t>(DataType::integer(4), {2, 1, 3},
                                                   {1, 2, 3, 4, 5, 6}, {1, 1, 2})),
      dataset_of("big",
                 fake_array<std::int32_t>(DataType::integer(4, ByteOrder::big), {2}, {1, -2})),
      dataset_of("fixed", fake_array<char>(DataType::bytes(3), {2}, {'a', 'b', 0, 'c', 0, 0})),
      dataset_of("empty", fake_array<float>(DataType::floating(4), {0, 3}, {}))};
  // NaN is not equal to itself.
  group.datasets[9] =
      dataset_of("arrays", testing::list_type(number_type(DataType::floating(4)), {2}), {1},
                 {Value(List{Value(1.5), Value(-0.5)})});
  return group;
}

class RoundTrip : public ::testing::TestWithParam<std::tuple<Compat, TextForm, bool>> {};

TEST_P(RoundTrip, GivesTheSameTree) {
  ZarrWriteOptions options;
  std::tie(options.compat, options.text, options.consolidate) = GetParam();
  options.object_compressor = CodecConfig{"zstd", {{"level", 1}}};
  hdmf::GroupBuilder tree = example_tree();
  tree.groups.push_back(more_kinds());
  const auto store = std::make_shared<store::MemoryStore>();
  testing::write_all(*make_zarr_writer(store, options), tree, {{"zlib", {{"level", 1}}}});
  const auto reader = open_zarr_reader(store);
  const hdmf::GroupBuilder back = reader->read_tree();
  expect_same(tree, back);
  EXPECT_TRUE(reader->notices().empty());
  EXPECT_EQ(reader->format(), "Zarr v2");
}

INSTANTIATE_TEST_SUITE_P(Profiles, RoundTrip,
                         ::testing::Combine(::testing::Values(Compat::hdmf_zarr, Compat::portable),
                                            ::testing::Values(TextForm::utf8, TextForm::exact),
                                            ::testing::Bool()));

// Zarr v3 keeps no ids beside references.
hdmf::GroupBuilder without_ids(hdmf::GroupBuilder group) {
  const auto strip = [](const hdmf::Reference& reference) -> std::optional<hdmf::Reference> {
    hdmf::Reference plain;
    plain.source = reference.source;
    plain.path = reference.path;
    return plain;
  };
  const auto strip_all = [&](hdmf::Attributes& attributes) {
    hdmf::Attributes plain;
    for (auto [name, value] : attributes) {
      // Of regions the ids stay: nobody else has a form for them.
      if (!value.is<hdmf::RegionReference>()) hdmf::map_references(value, strip);
      plain.set(name, std::move(value));
    }
    attributes = std::move(plain);
  };
  strip_all(group.attributes);
  for (auto& dataset : group.datasets) {
    strip_all(dataset.attributes);
    if (dataset.objects() == nullptr) continue;
    const auto kind = dataset.objects()->type().kind;
    if (kind == ObjectType::Kind::reference || kind == ObjectType::Kind::record)
      dataset.data = hdmf::map_references(
          std::get<std::shared_ptr<const hdmf::ObjectSource>>(dataset.data), strip);
  }
  for (auto& child : group.groups) child = without_ids(std::move(child));
  return group;
}

class RoundTripV3 : public ::testing::TestWithParam<std::tuple<bool, bool>> {};

TEST_P(RoundTripV3, GivesTheSameTree) {
  const auto [consolidate, sharded] = GetParam();
  ZarrWriteOptions options;
  options.zarr_format = 3;
  options.consolidate = consolidate;
  options.object_compressor = CodecConfig{"zstd", {{"level", 1}}};
  hdmf::GroupBuilder tree = example_tree();
  tree.groups.push_back(more_kinds());
  const auto store = std::make_shared<store::MemoryStore>();
  testing::write_all(*make_zarr_writer(store, options), tree, {{"zlib", {{"level", 1}}}}, sharded);
  const auto reader = open_zarr_reader(store);
  const hdmf::GroupBuilder back = reader->read_tree();
  expect_same(without_ids(tree), back);
  EXPECT_TRUE(reader->notices().empty());
  EXPECT_EQ(reader->format(), "Zarr v3");
  EXPECT_TRUE(consolidate ? zarr::check_consolidated(*store).is_current()
                          : !zarr::check_consolidated(*store).exists);
  for (const char* name : {".zgroup", ".zmetadata"})
    EXPECT_EQ(store->size(store::Key(name)), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Profiles, RoundTripV3,
                         ::testing::Combine(::testing::Bool(), ::testing::Bool()));

TEST(RoundTrip, WritesTheSameStoreAgain) {
  hdmf::GroupBuilder tree = example_tree();
  tree.groups.push_back(more_kinds());
  const auto first = std::make_shared<store::MemoryStore>();
  const auto second = std::make_shared<store::MemoryStore>();
  testing::write_all(*make_zarr_writer(first, {}), tree);
  testing::write_all(*make_zarr_writer(second, {}), open_zarr_reader(first)->read_tree());
  const auto text = [](const store::Store& store, const char* key) {
    return std::string(as_text(*store.get(store::Key(key), 1U << 20U)));
  };
  EXPECT_EQ(text(*first, ".zmetadata"), text(*second, ".zmetadata"));
}

}  // namespace
}  // namespace engram::backend
