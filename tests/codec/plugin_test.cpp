#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "engram/base/error.hpp"
#include "engram/base/json.hpp"
#include "engram/codec/pipeline.hpp"
#include "engram/codec/registry.hpp"
#include "testing/expect_error.hpp"

namespace engram::codec {
namespace {

using testing::expect_error;

std::string plugin_file(const std::string& name) {
  return std::string(ENGRAM_TEST_PLUGINS) + "/" + name + "/" + name + ".so";
}

std::string plugin_folder(const std::string& name) {
  return std::string(ENGRAM_TEST_PLUGINS) + "/" + name;
}

CodecInfo info_of_codec(const std::string& name) {
  const auto all = known_codecs();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const CodecInfo& each) { return each.name == name; });
  return found == all.end() ? CodecInfo{} : *found;
}

Bytes numbers_in_runs() {
  Bytes bytes;
  for (int i = 0; i < 1000; ++i)
    for (const int byte : {i / 100, 7}) bytes.push_back(static_cast<std::byte>(byte));
  return bytes;
}

// What the template's format 1.0 makes of 3 x 5, 2 x 6.
Bytes old_stream() { return {std::byte{3}, std::byte{5}, std::byte{2}, std::byte{6}}; }

class PluginTest : public ::testing::Test {
 protected:
  PluginTest() {
    (void)load_plugin(plugin_file("run_lengths"));
    (void)load_plugin(plugin_file("misbehaving"));
  }
};

TEST_F(PluginTest, IsListed) {
  const CodecInfo info = info_of_codec("run_lengths");
  EXPECT_EQ(info.versions, (std::vector<std::string>{"1.0", "2.0"}));
  EXPECT_EQ(info.hdf5_filter, 407);
  EXPECT_FALSE(info.is_lossy);
  EXPECT_NE(info.origin.find("run_lengths.so"), std::string::npos) << info.origin;
  EXPECT_EQ(info_of_codec("zlib").origin, "built in");
  EXPECT_TRUE(is_known_codec("run_lengths"));
  EXPECT_TRUE(load_plugin(plugin_file("run_lengths")).warnings.empty()) << "the same once more";
}

TEST_F(PluginTest, EncodesAndDecodes) {
  const Bytes bytes = numbers_in_runs();
  ChunkElements elements{DataType::integer(2), {100, 10}, false};
  const CodecConfig config = with_version({"run_lengths", Json::object()});
  EXPECT_EQ(config.configuration, (Json{{"codec_version", "2.0"}}));
  for (const Json& more : {Json::object(), Json{{"element_size", 4}}, Json{{"element_size", 3}}}) {
    CodecConfig one = config;
    one.configuration.update(more);
    const Pipeline pipeline({one, {"zlib", {{"level", 1}}}}, elements);
    EXPECT_EQ(pipeline.configs()[0], one);
    const Bytes encoded = pipeline.encode(bytes, 2);
    EXPECT_EQ(pipeline.decode(encoded, bytes.size()), bytes);
    EXPECT_EQ(Pipeline({one, {"zlib", {{"level", 1}}}}).decode(encoded, bytes.size()), bytes)
        << "without knowing what the elements are";
  }
  const Pipeline alone({config}, elements);
  EXPECT_EQ(alone.encode(bytes, 2).size(), 1U + 10 * 3);
}

TEST_F(PluginTest, MayBeWrittenInC) {
  EXPECT_NO_THROW((void)load_plugin(plugin_file("in_c")));
  const Pipeline pipeline({{"inverted", Json::object()}});
  const Bytes bytes = {std::byte{0}, std::byte{0x0f}, std::byte{0xff}};
  EXPECT_EQ(pipeline.encode(bytes, 1), (Bytes{std::byte{0xff}, std::byte{0xf0}, std::byte{0}}));
  EXPECT_EQ(pipeline.decode(pipeline.encode(bytes, 1), 3), bytes);
}

TEST_F(PluginTest, ItsNameIsAUsersWord) {
  EXPECT_EQ(*parse_codec("run_lengths"), (CodecConfig{"run_lengths", {{"codec_version", "2.0"}}}));
  EXPECT_EQ(*parse_codec("run_lengths:element_size=4,note=long runs"),
            (CodecConfig{"run_lengths",
                         {{"element_size", 4}, {"note", "long runs"}, {"codec_version", "2.0"}}}));
  expect_error(ErrorCode::invalid_argument, "run_lengths:4",
               [] { (void)parse_codec("run_lengths:4"); });
  expect_error(ErrorCode::invalid_argument, "1 to 255",
               [] { (void)parse_codec("run_lengths:element_size=0"); });
}

struct Version {
  const char* configuration;
  const char* is;     ///< What version_of() says; nullptr: the data are refused.
  const char* words;  ///< Of the refusal.
};

void PrintTo(const Version& each, std::ostream* out) { *out << each.configuration; }

class PluginVersionTest : public ::testing::TestWithParam<Version> {};

TEST_P(PluginVersionTest, Decides) {
  (void)load_plugin(plugin_file("run_lengths"));
  const CodecConfig config{"run_lengths", parse_json(GetParam().configuration)};
  if (GetParam().words != nullptr) {
    const auto code = GetParam().is != nullptr ? ErrorCode::unsupported : ErrorCode::corrupt_data;
    expect_error(code, GetParam().words, [&] { (void)Pipeline({config}); });
    return;
  }
  EXPECT_EQ(version_of(config), GetParam().is);
  const bool is_old = GetParam().is[0] == '1';
  const Bytes five = {std::byte{5}, std::byte{5}, std::byte{5}, std::byte{6}, std::byte{6}};
  const Bytes stream =
      is_old ? old_stream()
             : Bytes{std::byte{1}, std::byte{3}, std::byte{5}, std::byte{2}, std::byte{6}};
  EXPECT_EQ(Pipeline({config}).decode(stream, 5), five);
  if (is_old)
    expect_error(ErrorCode::unsupported, "engram migrate",
                 [&] { (void)Pipeline({config}).encode(five, 1); });
}

INSTANTIATE_TEST_SUITE_P(
    Versions, PluginVersionTest,
    ::testing::Values(Version{"{}", "1.0", nullptr},
                      Version{R"({"codec_version": null})", "1.0", nullptr},
                      Version{R"({"codec_version": "1.0"})", "1.0", nullptr},
                      Version{R"({"codec_version": "1.7.2"})", "1.7", nullptr},
                      Version{R"({"codec_version": "2"})", "2.0", nullptr},
                      Version{R"({"codec_version": 2})", "2.0", nullptr},
                      Version{R"({"codec_version": 2.1})", "2.1", nullptr},
                      Version{R"({"codec_version": "3.0"})", "3.0", "the data are of version 3.0"},
                      Version{R"({"codec_version": "3.0"})", "3.0",
                              "read here are 1.0, 2.0; install a newer"},
                      Version{R"({"codec_version": "0.9"})", "0.9", "the data are of version 0.9"},
                      Version{R"({"codec_version": "new"})", nullptr, "expected a version"},
                      Version{R"({"codec_version": "1.2.3.4"})", nullptr, "expected a version"},
                      Version{R"({"codec_version": [1]})", nullptr, "expected a version"}));

TEST(CodecVersions, OfCodecsThatAreBuiltIn) {
  EXPECT_EQ(version_of({"zlib", {{"level", 1}}}), "1.0");
  EXPECT_EQ(with_version({"zlib", {{"level", 1}}}), (CodecConfig{"zlib", {{"level", 1}}}))
      << "who reads it knows no versions";
  EXPECT_NO_THROW(make_codec({"zlib", {{"level", 1}, {"codec_version", "1.1"}}}));
  expect_error(ErrorCode::unsupported, "install a newer engram", [] {
    (void)make_codec({"zlib", {{"level", 1}, {"codec_version", "2.0"}}});
  });
  expect_error(ErrorCode::unsupported, "(its data are of version 4.2) is not known", [] {
    (void)make_codec({"made_up", {{"codec_version", "4.2"}}});
  });
  EXPECT_TRUE(is_older("1.9", "1.10"));
  EXPECT_TRUE(is_older("9.0", "10.0"));
  EXPECT_FALSE(is_older("2.0", "2.0"));
}

struct PluginFault {
  const char* codec;
  ErrorCode code;
  const char* words;
};

void PrintTo(const PluginFault& each, std::ostream* out) { *out << each.codec; }

class PluginFaultTest : public ::testing::TestWithParam<PluginFault> {};

TEST_P(PluginFaultTest, IsAnErrorThatNamesThePlugin) {
  (void)load_plugin(plugin_file("misbehaving"));
  const PluginFault& fault = GetParam();
  const Bytes bytes(100);
  for (const std::string& words :
       {std::string(fault.words), fault.codec + std::string(" 1.0 (plugin "),
        std::string("misbehaving.so)")})
    expect_error(fault.code, words, [&] {
      const Pipeline pipeline({{fault.codec, Json::object()}});
      (void)pipeline.encode(bytes, 1);
    });
}

INSTANTIATE_TEST_SUITE_P(
    Faults, PluginFaultTest,
    ::testing::Values(
        PluginFault{"throws_open", ErrorCode::unsupported,
                    "it threw an exception (no calibration)"},
        PluginFault{"refuses", ErrorCode::invalid_argument, "gain is missing in {}"},
        PluginFault{"throws", ErrorCode::unsupported, "it threw an exception, which"},
        PluginFault{"lies", ErrorCode::unsupported, "it says that it wrote 101 bytes"},
        PluginFault{"overruns", ErrorCode::unsupported, "it wrote behind the 100 bytes"},
        PluginFault{"fails", ErrorCode::unsupported, "does not say why"},
        PluginFault{"shouts", ErrorCode::corrupt_data, "\\xff"},
        PluginFault{"huge", ErrorCode::unsupported, "may make 1152921504606846976 bytes of 100"}));

TEST_F(PluginTest, WhatDecodesToAnotherSizeIsSeen) {
  const Bytes bytes(10);
  expect_error(ErrorCode::corrupt_data, "10", [&] {
    (void)Pipeline({{"throws", Json::object()}}).decode(bytes, 10);
  });
  expect_error(ErrorCode::unsupported, "it wrote behind", [&] {
    (void)Pipeline({{"overruns", Json::object()}}).decode(bytes, 10);
  });
}

TEST_F(PluginTest, DamagedStreamsAreErrors) {
  const Bytes bytes = numbers_in_runs();
  const Pipeline pipeline({with_version({"run_lengths", {{"element_size", 2}}})});
  const Bytes good = pipeline.encode(bytes, 2);
  for (std::size_t size = 0; size < good.size(); ++size)
    expect_error(ErrorCode::corrupt_data, "",
                 [&] { (void)pipeline.decode(BytesView(good).first(size), bytes.size()); });
}

struct WrongPlugin {
  const char* name;
  ErrorCode code;
  const char* words;
};

void PrintTo(const WrongPlugin& each, std::ostream* out) { *out << each.name; }

class WrongPluginTest : public ::testing::TestWithParam<WrongPlugin> {};

TEST_P(WrongPluginTest, IsRefused) {
  const auto& [name, code, words] = GetParam();
  expect_error(code, words, [&, &name = name] { (void)load_plugin(plugin_file(name)); });
  if (code != ErrorCode::unsupported) return;
  const LoadedPlugins loaded = load_plugins(plugin_folder(name));
  EXPECT_TRUE(loaded.codecs.empty());
  ASSERT_EQ(loaded.warnings.size(), 1U);
  EXPECT_NE(loaded.warnings[0].find(words), std::string::npos) << loaded.warnings[0];
  EXPECT_FALSE(is_known_codec("wrong"));
}

INSTANTIATE_TEST_SUITE_P(
    Plugins, WrongPluginTest,
    ::testing::Values(
        WrongPlugin{"wrong_abi", ErrorCode::unsupported,
                    "built for version 2 of engram's plugin ABI"},
        WrongPlugin{"wrong_size", ErrorCode::unsupported, "has 24 bytes"},
        WrongPlugin{"wrong_name", ErrorCode::unsupported, "no name of 1 to 64"},
        WrongPlugin{"wrong_functions", ErrorCode::unsupported, "lacks one of the functions"},
        WrongPlugin{"wrong_versions", ErrorCode::unsupported, "not as in \"1.0\""},
        WrongPlugin{"wrong_order", ErrorCode::unsupported, "not in order"},
        WrongPlugin{"wrong_throws", ErrorCode::unsupported, "threw an exception"},
        WrongPlugin{"wrong_symbol", ErrorCode::unsupported, "no function engram_codec_plugin"},
        WrongPlugin{"not_there", ErrorCode::not_found, "there is no plugin"}));

TEST_F(PluginTest, TheFirstOfANameCounts) {
  const LoadedPlugins loaded = load_plugins(plugin_folder("same_names"));
  const std::string all =
      std::accumulate(loaded.warnings.begin(), loaded.warnings.end(), std::string());
  for (const char* words :
       {"codec zlib of ", "engram has one of this name", "codec run_lengths of ",
        "run_lengths.so has one of this name", "codec json2 of "})
    EXPECT_NE(all.find(words), std::string::npos) << all;
  EXPECT_EQ(info_of_codec("zlib").origin, "built in");
  EXPECT_EQ(info_of_codec("run_lengths").versions.size(), 2U);
  EXPECT_NE(info_of_codec("alone").origin.find("same_names.so"), std::string::npos);
}

TEST(Plugins, ADirectoryThatIsNotThereIsAWarning) {
  const LoadedPlugins loaded = load_plugins(plugin_folder("nothing"));
  EXPECT_TRUE(loaded.codecs.empty());
  ASSERT_EQ(loaded.warnings.size(), 1U);
  EXPECT_NE(loaded.warnings[0].find("can't be listed"), std::string::npos);
  expect_error(ErrorCode::unsupported, "can't be loaded as a plugin",
               [] { (void)load_plugin(ENGRAM_TEST_PLUGINS "/CTestTestfile.cmake"); });
  EXPECT_FALSE(plugin_directory().empty());
}

TEST_F(PluginTest, IsAnHdf5Filter) {
  const std::vector<std::uint32_t> values = {4};
  const auto config = codec_of_hdf5_filter(407, values);
  ASSERT_TRUE(config);
  EXPECT_EQ(*config, (CodecConfig{"run_lengths", {{"element_size", 4}, {"codec_version", "2.0"}}}));
  const auto back = hdf5_filter_of_codec(*config, 2);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->filter, 407);
  EXPECT_EQ(back->values, values);
  EXPECT_EQ(hdf5_filter_of_codec(with_version({"run_lengths", {}}), 2)->values,
            (std::vector<std::uint32_t>{2}));
  EXPECT_EQ(codec_of_hdf5_filter(408, values), std::nullopt);
  EXPECT_EQ(codec_of_hdf5_filter(0, values), std::nullopt);
  EXPECT_FALSE(hdf5_filter_of_codec({"zlib", {}}, 2));
  expect_error(ErrorCode::invalid_argument, "no element size",
               [] { (void)codec_of_hdf5_filter(407, {}); });
}

}  // namespace
}  // namespace engram::codec
