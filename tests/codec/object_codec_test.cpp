#include "engram/codec/object_codec.hpp"

#include <ostream>

#include "codec/fixtures.hpp"

namespace engram::codec {
namespace {

using ChunkShape = std::vector<std::uint64_t>;

TEST(Vlen, IsNumcodecsPayload) {
  for (const Json& each : fixtures().at("vlen")) {
    SCOPED_TRACE(each.at("name").get<std::string>());
    std::vector<Bytes> held;
    for (const Json& item : each.at("items")) held.push_back(bytes_of(item));
    std::vector<std::string_view> items;
    for (const Bytes& item : held) items.push_back(as_text(item));
    const Bytes encoded = bytes_of(each.at("encoded"));
    EXPECT_EQ(encode_vlen(items), encoded);
    EXPECT_EQ(decode_vlen(encoded, items.size()), items);
  }
}

TEST(Vlen, RefusesWhatIsNotThatManyItems) {
  const Bytes good = encode_vlen({"a", "", "bcd"});
  EXPECT_EQ(decode_vlen(good, 3).size(), 3U);
  expect_error(ErrorCode::corrupt_data, "holds 3 texts, expected 2", [&] { decode_vlen(good, 2); });
  expect_error(ErrorCode::corrupt_data, "expected 4", [&] { decode_vlen(good, 4); });
  for (std::size_t size = 0; size < good.size(); ++size)
    expect_error(ErrorCode::corrupt_data, "", [&] {
      decode_vlen(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)), 3);
    });
  Bytes longer = good;
  longer.push_back(std::byte{0});
  expect_error(ErrorCode::corrupt_data, "1 bytes follow", [&] { decode_vlen(longer, 3); });
}

TEST(Vlen, TakesNoMemoryForACountThatCanNotBe) {
  const Bytes claims = to_bytes("\xff\xff\xff\xff");
  expect_error(ErrorCode::corrupt_data, "too few", [&] { decode_vlen(claims, 0xffffffff); });
}

TEST(Vlen, RefusesPayloadsAbove4GiB) {
  const std::string text(1U << 20U, 'x');
  const std::vector<std::string_view> items(4097, text);
  expect_error(ErrorCode::limit_exceeded, "choose smaller chunks", [&] { encode_vlen(items); });
}

TEST(Json2, IsNumcodecsText) {
  for (const Json& each : fixtures().at("json2")) {
    SCOPED_TRACE(each.at("name").get<std::string>());
    const auto shape = each.at("shape").get<ChunkShape>();
    const Bytes encoded = bytes_of(each.at("encoded"));
    EXPECT_EQ(as_text(encode_json2(each.at("elements"), shape)), as_text(encoded));
    // Compared as texts, since NaN equals nothing.
    EXPECT_EQ(dump_json(decode_json2(encoded, shape), JsonStyle::compact),
              dump_json(each.at("elements"), JsonStyle::compact));
  }
}

TEST(Json2, TakesAsManyElementsAsTheShapeHas) {
  expect_error(ErrorCode::invalid_argument, "5 elements, its shape 6", [] {
    encode_json2(Json::array({1, 2, 3, 4, 5}), {2, 3});
  });
}

struct BadJson2 {
  const char* why;
  const char* text;
  const char* part;

  friend std::ostream& operator<<(std::ostream& out, const BadJson2& b) { return out << b.why; }
};

class BadJson2Test : public ::testing::TestWithParam<BadJson2> {};

INSTANTIATE_TEST_SUITE_P(
    Texts, BadJson2Test,
    ::testing::Values(BadJson2{"Empty", "", ""}, BadJson2{"NoJson", "[1,2", ""},
                      BadJson2{"NoList", "{}", "no list"}, BadJson2{"Short", "[[2]]", "no list"},
                      BadJson2{"NoShape", R"([1,2,"|O"])", "has the shape"},
                      BadJson2{"OtherShape", R"([1,2,"|O",[3]])",
                               "has the shape [3], expected [2]"},
                      BadJson2{"ShapeOfReals", R"([1,2,"|O",["2"]])", "has the shape"},
                      BadJson2{"NegativeShape", R"([1,2,"|O",[-2]])", "has the shape"},
                      BadJson2{"NoType", "[1,2,3,[2]]", "no type"},
                      BadJson2{"TooFew", R"([1,"|O",[2]])", "1 elements, expected 2"},
                      BadJson2{"TooMany", R"([1,2,3,"|O",[2]])", "3 elements, expected 2"}),
    [](const auto& p) { return std::string(p.param.why); });

TEST_P(BadJson2Test, IsRefused) {
  expect_error(ErrorCode::corrupt_data, GetParam().part,
               [] { decode_json2(as_bytes(GetParam().text), {2}); });
}

TEST(Json2, RefusesRaggedRows) {
  for (const char* text : {R"([[1,2],[3],"|O",[2,2]])", R"([[1,2],3,"|O",[2,2]])"})
    expect_error(ErrorCode::corrupt_data, "dimension 1", [&] {
      decode_json2(as_bytes(text), {2, 2});
    });
}

}  // namespace
}  // namespace engram::codec
