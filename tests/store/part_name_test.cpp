#include "store/part_name.hpp"

#include <gtest/gtest.h>

#include <string>

#include "engram/base/bytes.hpp"

namespace engram::store {
namespace {

TEST(PartNameTest, AreKnownAgain) {
  EXPECT_EQ(part_name("0.0", 0x1a), ".0.0.0000001a.part");
  for (const std::string& name : {std::string("a"), std::string(".zarray"), std::string(255, 'x'),
                                  std::string(".a.00000000.part")}) {
    for (const std::uint32_t number : {0U, 0xffffffffU}) {
      EXPECT_TRUE(is_part_name(part_name(name, number))) << name;
      EXPECT_LE(part_name(name, number).size(), 255U);
    }
  }
}

TEST(PartNameTest, ACharacterIsNotCut) {
  for (std::size_t before = 0; before < 4; ++before) {
    std::string name(before, 'x');
    while (name.size() + 4 <= 255) name += "\U0001F600";
    EXPECT_TRUE(is_utf8(part_name(name, 1))) << before;
  }
}

TEST(PartNameTest, OtherNamesAreNone) {
  for (const char* name : {"", ".part", "a", ".a.part", "a.00000000.part", ".00000000.part",
                           "..00000000.part", ".a.0000000.part", ".a.0000000g.part",
                           ".a.0000000A.part", ".a.00000000.par", ".a00000000.part"}) {
    EXPECT_FALSE(is_part_name(name)) << name;
  }
}

}  // namespace
}  // namespace engram::store
