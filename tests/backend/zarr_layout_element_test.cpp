#include "backend/zarr_layout_element.hpp"

#include <gtest/gtest.h>

#include "engram/base/error.hpp"
#include "hdmf/element_value.hpp"
#include "testing/expect_error.hpp"

namespace engram::backend::layout {
namespace {

using hdmf::List;
using hdmf::Value;

Value unpack(const DataType& type, BytesView element) {
  return hdmf::element_value(type, element, hdmf::RecordForm::list);
}

struct Packed {
  const char* why;
  DataType type;
  Value value;
  friend std::ostream& operator<<(std::ostream& out, const Packed& p) { return out << p.why; }
};

class PackTest : public ::testing::TestWithParam<Packed> {};

TEST_P(PackTest, ComesBack) {
  const auto& [why, type, value] = GetParam();
  Bytes element(static_cast<std::size_t>(type.size), std::byte{0xaa});
  pack(type, value, element);
  EXPECT_EQ(unpack(type, element), value);
}

const DataType kRow = DataType::structured(
    {Field{"a", DataType::integer(2), {}, 0}, Field{"v", DataType::floating(4), {2, 2}, 0},
     Field{"s", DataType::unicode(3), {}, 0},
     Field{"in", DataType::structured({Field{"b", DataType::boolean(), {}, 0}}), {}, 0}});

INSTANTIATE_TEST_SUITE_P(
    Kinds, PackTest,
    ::testing::Values(Packed{"True", DataType::boolean(), true},
                      Packed{"Int8", DataType::integer(1), std::int64_t{-128}},
                      Packed{"Int64", DataType::integer(8), std::int64_t{-5}},
                      Packed{"UInt64", DataType::unsigned_integer(8), ~std::uint64_t{0}},
                      Packed{"Half", DataType::floating(2), 0.5},
                      Packed{"Float", DataType::floating(4), -1.25},
                      Packed{"Double", DataType::floating(8), 1e300},
                      Packed{"LongDouble", DataType::floating(16), 0.1},
                      Packed{"Complex", DataType::complex(8), std::complex<double>(1.5, -2)},
                      Packed{"Bytes", DataType::bytes(4), "ab"},
                      Packed{"Unicode", DataType::unicode(4), "a\u00fc"},
                      Packed{"Opaque", DataType::opaque(3), Bytes(3)},
                      Packed{"Structured", kRow,
                             List{Value(std::int64_t{-1}),
                                  Value(List{Value(List{Value(1.0), Value(2.0)}),
                                             Value(List{Value(3.0), Value(4.0)})}),
                                  Value("\u00fcx"), Value(List{Value(true)})}}),
    [](const auto& test) { return test.param.why; });

TEST(Pack, TakesWholeNumbersForFloats) {
  Bytes element(8);
  pack(DataType::floating(8), std::int64_t{3}, element);
  EXPECT_EQ(unpack(DataType::floating(8), element), Value(3.0));
}

TEST(Pack, RefusesWhatDoesNotFit) {
  const auto refused = [](const DataType& type, const Value& value) {
    Bytes element(static_cast<std::size_t>(type.size));
    testing::expect_error(ErrorCode::corrupt_data, "does not fit",
                          [&] { pack(type, value, element); });
  };
  refused(DataType::integer(4), "text");
  refused(DataType::integer(4), 1.5);
  refused(DataType::floating(4), hdmf::Null{});
  refused(DataType::complex(8), 1.0);
  refused(DataType::bytes(2), "abc");
  refused(DataType::opaque(2), 1.0);
  refused(DataType::unicode(1), "ab");
  refused(DataType::unicode(4), "\xff");
  refused(kRow, List{});
  refused(kRow, List{Value(std::int64_t{1}), Value(List{Value(1.0)}), Value("a"), Value(List{})});
}

}  // namespace
}  // namespace engram::backend::layout
