#include "converters/cli/npy.hpp"

#include <gtest/gtest.h>

namespace engram::cli {
namespace {

struct Header {
  int major;
  std::size_t prefix;
  std::string text;  ///< Without padding.
};

Header take_apart(const std::string& bytes) {
  EXPECT_EQ(bytes.substr(0, 6), "\x93NUMPY");
  EXPECT_EQ(bytes.size() % 64, 0U) << "elements are aligned";
  EXPECT_EQ(bytes.back(), '\n');
  Header header{bytes.at(6), bytes.at(6) == 1 ? 10U : 12U, {}};
  std::size_t size = 0;
  for (std::size_t i = header.prefix; i-- > 8;) {
    size = size << 8U | static_cast<unsigned char>(bytes.at(i));
  }
  EXPECT_EQ(size, bytes.size() - header.prefix);
  header.text = bytes.substr(header.prefix, size - 1);
  header.text.erase(header.text.find_last_not_of(' ') + 1);
  return header;
}

TEST(NpyTest, PlainTypes) {
  const std::pair<DataType, const char*> cases[] = {
      {DataType::boolean(), "|b1"},    {DataType::integer(1), "|i1"},
      {DataType::integer(2), "<i2"},   {DataType::unsigned_integer(8), "<u8"},
      {DataType::floating(2), "<f2"},  {DataType::floating(16), "<f16"},
      {DataType::complex(16), "<c16"}, {DataType::bytes(5), "|S5"},
      {DataType::unicode(3), "<U3"},   {DataType::opaque(7), "|V7"}};
  for (const auto& [type, name] : cases) {
    const auto header = take_apart(npy_header(type, {3, 4}));
    EXPECT_EQ(header.major, 1);
    EXPECT_EQ(header.text,
              std::string("{'descr': '") + name + "', 'fortran_order': False, 'shape': (3, 4), }");
  }
}

TEST(NpyTest, Shapes) {
  const std::pair<Shape, const char*> cases[] = {
      {{}, "()"}, {{5}, "(5,)"}, {{0, 3}, "(0, 3)"}, {{1, 2, 3}, "(1, 2, 3)"}};
  for (const auto& [shape, text] : cases) {
    EXPECT_EQ(take_apart(npy_header(DataType::integer(2), shape)).text,
              std::string("{'descr': '<i2', 'fortran_order': False, 'shape': ") + text + ", }");
  }
}

TEST(NpyTest, StructuredTypes) {
  const auto inner = DataType::structured({{"a", DataType::integer(2), {}, 0}});
  const auto type = DataType::structured({{"x", DataType::unsigned_integer(4), {}, 0},
                                          {"it's\\", DataType::floating(8), {2, 3}, 0},
                                          {"in", inner, {4}, 0}});
  EXPECT_EQ(
      take_apart(npy_header(type, {2})).text,
      "{'descr': [('x', '<u4'), ('it\\'s\\\\', '<f8', (2, 3)), ('in', [('a', '<i2')], (4,))], "
      "'fortran_order': False, 'shape': (2,), }");
}

TEST(NpyTest, GapsBetweenFieldsAreVoids) {
  DataType type;
  type.kind = Kind::structured;
  type.size = 12;
  type.fields = {{"a", DataType::integer(1), {}, 1}, {"b", DataType::integer(4), {}, 4}};
  EXPECT_EQ(take_apart(npy_header(type, {2})).text,
            "{'descr': [('', '|V1'), ('a', '|i1'), ('', '|V2'), ('b', '<i4'), ('', '|V4')], "
            "'fortran_order': False, 'shape': (2,), }");
}

TEST(NpyTest, LongAndForeignHeaders) {
  std::vector<Field> fields;
  for (int i = 0; i < 4000; ++i) {
    fields.push_back({"field" + std::to_string(i), DataType::integer(2), {}, 0});
  }
  EXPECT_EQ(take_apart(npy_header(DataType::structured(fields), {1})).major, 2);
  EXPECT_EQ(
      take_apart(npy_header(DataType::structured({{"\xc2\xb5", DataType::integer(2), {}, 0}}), {1}))
          .major,
      3);
}

}  // namespace
}  // namespace engram::cli
