// engram schema list.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "converters/command/run_command.hpp"
#include "engram/base/json.hpp"
#include "testing/temp_dir.hpp"

namespace engram {
namespace {

using testing::run_engram;

class SchemaListTest : public ::testing::Test {
 protected:
  void put(const std::string& key, const std::string& text) const {
    const auto path = dir.path() / key;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  void put_array(const std::string& path, const std::string& attributes = "{}") const {
    put(path + "/.zarray",
        R"({"zarr_format":2,"shape":[4],"chunks":[4],"dtype":"<f8","compressor":null,)"
        R"("fill_value":0,"order":"C","filters":null})");
    put(path + "/.zattrs", attributes);
  }

  std::string list(std::vector<std::string> options = {}) const {
    options.insert(options.begin(), {"schema", "list", dir.path().string()});
    const auto result = run_engram(options);
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out;
  }

  testing::TempDir dir;
};

TEST_F(SchemaListTest, ShowsWhatLiesThere) {
  EXPECT_EQ(list(), "");
  EXPECT_EQ(list({"--json"}), "[]\n");
  put_array("_schema/lab/t/a=1/x_8e8oabcd.zarr");
  put("_schema/lab/t/a=2/x_8e8oabcd.zarr/.zgroup", R"({"zarr_format":2})");
  put("_schema/lab/u/a=\x1b[31m/x_8e8oabcd.zarr/.zarray", "{");
  put("_schema/lab/u/a=1/x_8e8oabcd.npy", "not Zarr");
  put_array("other/lab/t/a=1/x.zarr");
  const std::string out = list();
  EXPECT_TRUE(
      out.starts_with("_schema/lab/t/a=1/x_8e8oabcd.zarr  (4,) float64\n"
                      "_schema/lab/t/a=2/x_8e8oabcd.zarr/\n"
                      "_schema/lab/u/a=\\x1b[31m/x_8e8oabcd.zarr  "))
      << out;
  EXPECT_NE(out.find(".zarray"), std::string::npos) << out;
  EXPECT_EQ(list({"--table", "t", "--schema", "lab", "--field", "x"}),
            out.substr(0, out.find("_schema/lab/u")));
  EXPECT_EQ(list({"--schema", "nowhere"}), "");
  EXPECT_EQ(list({"--prefix", "other", "--token-length", "0"}),
            "other/lab/t/a=1/x.zarr  (4,) float64\n");
}

TEST_F(SchemaListTest, AsJson) {
  put_array("_schema/b=x%2Fy/lab/t/a=1/x_8e8oabcd.zarr", R"({"codec_version":"1.1"})");
  put("_schema/lab/t/a=1/x_8e8oabcd.zarr/zarr.json", "{}");
  const Json json = parse_json(list({"--json", "--store", "main"}));
  ASSERT_EQ(json.size(), 2U);
  const std::string path = "_schema/b=x%2Fy/lab/t/a=1/x_8e8oabcd.zarr";
  EXPECT_EQ(json[0],
            Json({{"path", path},
                  {"schema", "lab"},
                  {"table", "t"},
                  {"key", Json::array({{{"name", "b"}, {"value", "x/y"}, {"spelling", "escaped"}},
                                       {{"name", "a"}, {"value", "1"}, {"spelling", "plain"}}})},
                  {"field", "x"},
                  {"token", "8e8oabcd"},
                  {"extension", ".zarr"},
                  {"kind", "array"},
                  {"record",
                   {{"path", path},
                    {"store", "main"},
                    {"codec_version", "1.1"},
                    {"shape", {4}},
                    {"dtype", "float64"}}}}));
  EXPECT_EQ(json[1]["kind"], nullptr);
  EXPECT_NE(json[1]["fault"].get<std::string>().find("zarr.json"), std::string::npos);
}

TEST_F(SchemaListTest, Mistakes) {
  EXPECT_EQ(run_engram({"schema"}).status, 2);
  EXPECT_EQ(run_engram({"schema", "list"}).status, 2);
  EXPECT_EQ(run_engram({"schema", "list", dir / "nowhere"}).status, 3);
  const auto bad = run_engram({"schema", "list", dir.path().string(), "--prefix", "a/../b"});
  EXPECT_EQ(bad.status, 2);
  EXPECT_NE(bad.err.find("it has the name \"..\""), std::string::npos) << bad.err;
}

}  // namespace
}  // namespace engram
