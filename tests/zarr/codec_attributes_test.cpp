#include "engram/zarr/codec_attributes.hpp"

#include <gtest/gtest.h>

#include "engram/base/error.hpp"
#include "testing/expect_error.hpp"

namespace engram::zarr {
namespace {

struct Attributes {
  const char* why;
  const char* json;
  CodecAttributes expected;
  friend std::ostream& operator<<(std::ostream& out, const Attributes& a) { return out << a.why; }
};
class CodecAttributesTest : public ::testing::TestWithParam<Attributes> {};

TEST_P(CodecAttributesTest, AreRead) {
  EXPECT_EQ(codec_attributes(parse_json(GetParam().json)), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, CodecAttributesTest,
    ::testing::Values(
        Attributes{"None", R"({"unit": "V"})", {}}, Attributes{"Empty", "{}", {}},
        Attributes{"Photon",
                   R"({"codec_version": "1.0", "codec_name": "photon", "anscombe_gain": 1.0,
                       "original_dtype": "uint16"})",
                   {"photon", "1.0", {}, {}}},
        Attributes{"Flags",
                   R"({"codec_name": "m", "codec_version": "2.0",
                       "feature_flags": ["compression", "chunking"]})",
                   {"m", "2.0", {"compression", "chunking"}, {}}},
        Attributes{"VersionAlone", R"({"codec_version": "3.1"})", {std::nullopt, "3.1", {}, {}}},
        Attributes{"Integer", R"({"codec_version": 2})", {std::nullopt, "2", {}, {}}},
        Attributes{"Float", R"({"codec_version": 2.0})", {std::nullopt, "2.0", {}, {}}},
        Attributes{
            "Nulls", R"({"codec_version": null, "codec_name": null, "feature_flags": null})", {}},
        Attributes{"Writers",
                   R"({"datajoint": {"datajoint-python": {"version": "2.3.5"},
                                     "dj-zarr-codecs": {"version": "0.2.0"}}})",
                   {std::nullopt,
                    std::nullopt,
                    {},
                    {{"datajoint-python", "2.3.5"}, {"dj-zarr-codecs", "0.2.0"}}}},
        Attributes{"SomebodyElses", R"({"datajoint": {"a": 1, "b": {"version": 2}}})", {}},
        Attributes{"SomebodyElsesText", R"({"datajoint": "yes"})", {}}),
    [](const auto& p) { return p.param.why; });

TEST(CodecAttributesTest, NamesWhatIsWrong) {
  for (const auto& [json, part] :
       {std::pair{R"({"codec_name": 1})", R"("codec_name" is 1, not a text)"},
        {R"({"codec_version": [1, 0]})", R"("codec_version" is [1,0], not a text, as "1.0")"},
        {R"({"feature_flags": "a"})", R"("feature_flags" is "a", not a list of texts)"},
        {R"({"feature_flags": ["a", 1]})", R"("feature_flags" is ["a",1], not a list of texts)"}})
    testing::expect_error(ErrorCode::corrupt_data, part,
                          [text = json] { codec_attributes(parse_json(text)); });
}

}  // namespace
}  // namespace engram::zarr
