#include "hdf5_format/stored_type.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>

#include "hdf5_format/dense_attributes.hpp"
#include "hdf5_format/format_bytes.hpp"
#include "hdf5_format/object_header.hpp"
#include "hdf5_format/object_header1.hpp"
#include "testing/expect_error.hpp"

namespace engram::hdf5_format {
namespace {

using testing::expect_error;

FormatBytes type(std::uint64_t version, std::uint64_t kind, std::uint64_t bits,
                 std::uint64_t size) {
  FormatBytes made;
  return made.number(version << 4U | kind, 1).number(bits, 3).number(size, 4);
}

Bytes int32() { return type(1, 0, 8, 4).numbers({0, 32}, 2).all(); }
Bytes float64() {
  return type(1, 1, 0x3f20, 8)
      .numbers({0, 64}, 2)
      .numbers({52, 11, 0, 52}, 1)
      .number(1023, 4)
      .all();
}

Bytes enumeration(std::uint64_t version) {
  return type(version, 8, 2, 4)
      .bytes(int32())
      .text("ONE")
      .number(0, 1)
      .text("TWO")
      .number(0, 1)
      .numbers({1, 2}, 4)
      .all();
}

Bytes compound(std::uint64_t version, const Bytes& first, std::uint64_t size = 12) {
  FormatBytes made = type(version, 6, 2, size);
  const std::uint64_t width = size < 256 ? 1 : 2;
  made.text("a").number(0, 1).number(0, width).bytes(first);
  return made.text("b").number(0, 1).number(4, width).bytes(float64()).all();
}

Bytes sequence(std::uint64_t version, const Bytes& of) {
  return type(version, 9, 0, 16).bytes(of).all();
}
Bytes array(std::uint64_t version, const Bytes& of) {
  return type(version, 10, 0, 24).number(2, 1).numbers({2, 3}, 4).bytes(of).all();
}
Bytes opaque() { return type(1, 5, 8, 3).text("tag").up_to(16).all(); }
Bytes complex(const Bytes& of) { return type(5, 11, 1, 16).bytes(of).all(); }
Bytes pair() {
  return type(3, 6, 2, 16)
      .text("r")
      .number(0, 2)
      .bytes(float64())
      .text("i")
      .number(0, 1)
      .number(8, 1)
      .bytes(float64())
      .all();
}

struct TypeCase {
  std::string name;
  Bytes stored;
  std::optional<Bytes> older;
  friend std::ostream& operator<<(std::ostream& out, const TypeCase& c) { return out << c.name; }
};
class OlderTypeTest : public ::testing::TestWithParam<TypeCase> {};

TEST_P(OlderTypeTest, SaysTheSame) {
  EXPECT_EQ(older_type(GetParam().stored), GetParam().older);
  if (!GetParam().older) return;
  EXPECT_EQ(older_type(*GetParam().older), std::nullopt) << "once is enough";
  // Padding behind it stays.
  EXPECT_EQ(older_type(FormatBytes().bytes(GetParam().stored).number(0, 3).all()),
            FormatBytes().bytes(*GetParam().older).number(0, 3).all());
}

TEST_P(OlderTypeTest, IsLeftAloneWhenItIsCutShort) {
  const BytesView stored = GetParam().stored;
  for (std::size_t size = 0; size < stored.size(); ++size) {
    std::optional<Bytes> older;
    try {
      older = older_type(stored.first(size));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt_data) << error.what();
    }
    EXPECT_FALSE(older) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Types, OlderTypeTest,
    ::testing::Values(
        TypeCase{"Integer", int32(), std::nullopt}, TypeCase{"Float", float64(), std::nullopt},
        TypeCase{"Enumeration3", enumeration(3), std::nullopt},
        TypeCase{"Enumeration5", enumeration(5), enumeration(3)},
        TypeCase{"Enumeration4", enumeration(4), enumeration(3)},
        TypeCase{"Compound3", compound(3, int32()), std::nullopt},
        TypeCase{"Compound5", compound(5, enumeration(5)), compound(3, enumeration(3))},
        TypeCase{"LongCompound", compound(5, int32(), 256), compound(3, int32(), 256)},
        TypeCase{"Opaque", compound(5, opaque()), compound(3, opaque())},
        TypeCase{"Sequence", sequence(5, compound(5, int32())), sequence(3, compound(3, int32()))},
        TypeCase{"OldSequence", sequence(1, compound(5, int32())),
                 sequence(1, compound(3, int32()))},
        TypeCase{"Array", array(5, enumeration(5)), array(3, enumeration(3))},
        TypeCase{"Reference", compound(5, type(1, 7, 0, 8).all()),
                 compound(3, type(1, 7, 0, 8).all())},
        TypeCase{"NewReference", type(4, 7, 2, 16).all(), std::nullopt},
        TypeCase{"WithNewReference", compound(5, type(4, 7, 2, 16).all()), std::nullopt},
        TypeCase{"Complex", complex(float64()), pair()},
        TypeCase{"ComplexInArray", array(5, complex(float64())), array(3, pair())},
        TypeCase{"ComplexOfComplex", complex(complex(float64())), std::nullopt},
        // Of a form that later types do not have.
        TypeCase{"OldCompound", sequence(5, compound(2, int32())), std::nullopt},
        TypeCase{"Unknown", sequence(5, type(5, 12, 0, 4).all()), std::nullopt}),
    [](const auto& c) { return c.param.name; });

TEST(OlderTypeTest, HasAnEnd) {
  FormatBytes deep;
  for (int i = 0; i < 1000; ++i) deep.bytes(type(5, 9, 0, 16).all());
  expect_error(ErrorCode::corrupt_data, "nested too deeply", [&] { (void)older_type(deep.all()); });
}

// Versions 2 and 3 do not pad.
Bytes attribute(std::uint64_t version, const Bytes& type, std::uint64_t flags = 0) {
  const auto pad = [&](FormatBytes& made) {
    if (version == 1) made.up_to((made.size() + 7) / 8 * 8);
  };
  FormatBytes made;
  made.number(version, 1).number(flags, 1).number(5, 2).number(type.size(), 2).number(4, 2);
  if (version == 3) made.number(0, 1);
  made.text("name").number(0, 1);
  pad(made);
  made.bytes(type);
  pad(made);
  made.text("spac");
  pad(made);
  return made.text("values").all();
}

TEST(OlderAttributeTest, KeepsWhatIsAroundTheType) {
  for (const std::uint64_t version : {1U, 2U, 3U}) {
    for (const auto& [stored, older] :
         {std::pair(enumeration(5), enumeration(3)), {complex(float64()), pair()}}) {
      EXPECT_EQ(older_attribute(attribute(version, stored)), attribute(version, older)) << version;
      EXPECT_EQ(older_attribute(attribute(version, older)), std::nullopt) << version;
      const Bytes whole = attribute(version, stored);
      for (std::size_t size = 0; size < whole.size() - 30; ++size)
        EXPECT_THROW(
            {
              if (!older_attribute(BytesView(whole).first(size)))
                throw Error(ErrorCode::corrupt_data, "short");
            },
            Error)
            << size;
    }
  }
  EXPECT_EQ(older_attribute(attribute(3, enumeration(5), 1)), std::nullopt) << "a shared type";
  EXPECT_EQ(older_attribute(attribute(4, enumeration(5))), std::nullopt);
}

/// Messages of a version 1 header: an int32 and the type, and one behind it.
Bytes messages(const Bytes& type) {
  FormatBytes made;
  const auto message = [&](std::uint64_t kind, const Bytes& body, std::uint64_t flags) {
    const std::uint64_t size = (body.size() + 7) / 8 * 8;
    made.number(kind, 2).number(size, 2).number(flags, 1).number(0, 3).bytes(body);
    made.up_to((made.size() + 7) / 8 * 8);
  };
  message(HeaderMessage::kDatatype, int32(), 1);
  message(HeaderMessage::kDatatype, type, 1);
  message(0, Bytes(8), 0);
  return made.all();
}

TEST(OlderHeaderPartTest, ChangesInPlaceOrContinues) {
  const Bytes head = superblock().up_to(96).all();
  const FormatFile file = format_file(head);
  Bytes placed;
  const auto older = [&](BytesView part) {
    return older_header_part(
        part, file,
        [](std::uint8_t type, BytesView body) {
          return type == HeaderMessage::kDatatype ? older_type(body) : std::nullopt;
        },
        [&](Bytes bytes) {
          placed = std::move(bytes);
          return 5000;
        });
  };
  EXPECT_EQ(older(messages(enumeration(3))), std::nullopt);
  EXPECT_EQ(older(messages(enumeration(5))), messages(enumeration(3)));
  EXPECT_TRUE(placed.empty());
  // As a header's first part.
  const auto first = [](const Bytes& content) {
    FormatBytes made;
    made.number(1, 2).number(3, 2).number(1, 4).number(content.size(), 4).number(0, 4);
    return made.bytes(content).text("what follows").all();
  };
  EXPECT_EQ(older(first(messages(enumeration(5)))), first(messages(enumeration(3))));
  EXPECT_EQ(first_part_size(first(messages(enumeration(5)))), 16 + messages(enumeration(5)).size());

  const auto changed = older(messages(complex(float64())));
  ASSERT_TRUE(changed);
  FormatCursor cursor(*changed);
  cursor.skip(8 + 16);
  EXPECT_EQ(cursor.number(2), HeaderMessage::kContinuation);
  EXPECT_EQ(cursor.number(2), 32U);
  EXPECT_EQ(cursor.number(1), 0U);
  cursor.skip(3);
  EXPECT_EQ(cursor.number(8), 5000U);
  EXPECT_EQ(cursor.number(8), placed.size());
  EXPECT_EQ(older(placed), std::nullopt);
  EXPECT_EQ(BytesView(placed).subspan(8, pair().size()).size(), pair().size());
  EXPECT_TRUE(std::equal(placed.begin() + 8,
                         placed.begin() + 8 + static_cast<std::ptrdiff_t>(pair().size()),
                         pair().begin()));

  // Nothing but messages is one.
  for (const std::size_t cut : {1U, 4U, 9U, 30U}) {
    const Bytes whole = messages(enumeration(5));
    EXPECT_EQ(older(BytesView(whole).first(whole.size() - cut)), std::nullopt) << cut;
    EXPECT_EQ(older(BytesView(whole).subspan(cut)), std::nullopt) << cut;
  }
  EXPECT_EQ(older({}), std::nullopt);
  EXPECT_EQ(first_part_size({}), 0U);
}

}  // namespace
}  // namespace engram::hdf5_format
