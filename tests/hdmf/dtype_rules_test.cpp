#include "engram/hdmf/dtype_rules.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace engram::hdmf {
namespace {

struct Pair {
  const char* specified;
  const char* found;
  bool accepts;

  friend std::ostream& operator<<(std::ostream& out, const Pair& pair) {
    return out << pair.specified << " for " << pair.found;
  }
};

class DtypeAcceptsTest : public ::testing::TestWithParam<Pair> {};

TEST_P(DtypeAcceptsTest, WiderOfTheSameKind) {
  EXPECT_EQ(dtype_accepts(GetParam().specified, GetParam().found), GetParam().accepts);
}

INSTANTIATE_TEST_SUITE_P(
    Pairs, DtypeAcceptsTest,
    ::testing::Values(Pair{"int32", "int64", true}, Pair{"int", "long", true},
                      Pair{"int32", "int16", false}, Pair{"int8", "int16", true},
                      Pair{"int32", "uint32", false}, Pair{"uint", "uint64", true},
                      Pair{"uint8", "int16", false}, Pair{"float", "double", true},
                      Pair{"float32", "float64", true}, Pair{"double", "float32", false},
                      Pair{"float", "int32", false}, Pair{"numeric", "uint8", true},
                      Pair{"numeric", "float64", true}, Pair{"numeric", "bool", false},
                      Pair{"numeric", "text", false}, Pair{"text", "ascii", true},
                      Pair{"ascii", "text", false}, Pair{"text", "utf-8", true},
                      Pair{"bool", "bool", true}, Pair{"bool", "uint8", false},
                      Pair{"isodatetime", "datetime", true}, Pair{"isodatetime", "text", false},
                      Pair{"object", "object", true}, Pair{"quaternion", "quaternion", false},
                      Pair{"int32", "quaternion", false}));

TEST(CanonicalDtypeTest, NamesThatAreNone) {
  EXPECT_EQ(canonical_dtype("quaternion"), "");
  EXPECT_EQ(canonical_dtype(""), "");
  EXPECT_EQ(canonical_dtype("Float"), "");
  EXPECT_EQ(canonical_dtype("short"), "int16");
}

}  // namespace
}  // namespace engram::hdmf
