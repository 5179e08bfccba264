// engram tree, cat and consolidate on plain Zarr stores, which know nothing of HDMF.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "converters/command/run_command.hpp"
#include "engram/base/json.hpp"
#include "testing/temp_dir.hpp"

namespace engram {
namespace {

using testing::file_text;
using testing::run_engram;
using testing::TempDir;

class ZarrLookTest : public ::testing::Test {
 protected:
  // The text of a .zarray, not compressed; `more` replaces and adds members.
  static std::string zarray(const std::string& dtype, const std::string& shape,
                            const std::string& chunks, const std::string& more = "") {
    return R"({"zarr_format":2,"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"chunks":)" +
           chunks + R"(,"order":"C")" +
           (more.empty() ? R"(,"fill_value":0,"filters":null,"compressor":null)" : more) + "}";
  }

  void put(const std::string& key, const std::string& value) {
    const auto path = std::filesystem::path(store) / key;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << value;
  }

  // A group with the array /a/b of which one chunk of two is there.
  void put_group() {
    put(".zgroup", R"({"zarr_format":2})");
    put(".zattrs", R"({"title":"plain"})");
    put("a/.zgroup", R"({"zarr_format":2})");
    put("a/b/.zarray", zarray(R"("<i2")", "[4]", "[2]"));
    put("a/b/0", std::string("\1\0\2\0", 4));
  }

  std::string cat(const std::string& object, const std::string& format = "text") {
    const auto result = run_engram({"cat", store, object, "--format", format});
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out;
  }

  TempDir dir;
  std::string store = dir / "plain.zarr";
};

TEST_F(ZarrLookTest, TreeTellsCodecsAndStoredSizes) {
  put_group();
  put("c/.zarray", zarray(R"("<f8")", "[2,2]", "[2,2]",
                          R"(,"fill_value":0.0,"dimension_separator":"/","filters":[{"id":"delta",)"
                          R"("dtype":"<f8"}],"compressor":{"id":"blosc","cname":"lz4","clevel":5,)"
                          R"("shuffle":1,"blocksize":0})"));
  put("c/0/0", "0123456789");
  const auto result = run_engram({"tree", store});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out,
            "/\n"
            "├── a/\n"
            "│   └── b  (4,) <i2 in chunks of (2,), 4 B, 1 of 2 chunks\n"
            "└── c  (2, 2) <f8 in chunks of (2, 2), delta(<f8) + blosc(lz4, 5, shuffle), 10 B\n");
  const auto json = parse_json(run_engram({"tree", store, "--json"}).out);
  const auto& c = json["children"][1];
  EXPECT_EQ(c["compressor"]["cname"], "lz4");
  EXPECT_EQ(c["filters"][0]["id"], "delta");
  EXPECT_EQ(c["stored_bytes"], 10);
  EXPECT_EQ(json["children"][0]["children"][0]["stored_chunks"], 1);
  EXPECT_EQ(json["children"][0]["children"][0]["chunks"], 2);
}

TEST_F(ZarrLookTest, AStoreMayBeOneArray) {
  put(".zarray", zarray(R"("<i2")", "[4]", "[2]"));
  put(".zattrs", R"({"unit":"V"})");
  put("0", std::string("\1\0\2\0", 4));
  EXPECT_EQ(run_engram({"tree", store}).out, "/  (4,) <i2 in chunks of (2,), 4 B, 1 of 2 chunks\n");
  EXPECT_EQ(parse_json(run_engram({"tree", store, "--json"}).out)["shape"], Json::array({4}));
  EXPECT_NE(run_engram({"tree", store, "--attrs"}).out.find("@unit = \"V\""), std::string::npos);
  EXPECT_EQ(cat("/"), "1\n2\n0\n0\n");
  EXPECT_EQ(cat("/[1:3]", "json"), "[2,0]\n");
  EXPECT_EQ(cat("/@unit"), "V\n");
  EXPECT_EQ(run_engram({"cat", store, "/b"}).status, 3);
}

TEST_F(ZarrLookTest, RawIsLittleEndianAndInCOrder) {
  put(".zarray",
      zarray(R"(">i2")", "[2,2]", "[2,2]", R"(,"fill_value":0,"filters":null,"compressor":null)"));
  put("0.0", std::string("\0\1\0\2\0\3\0\4", 8));
  EXPECT_EQ(cat("/", "raw"), std::string("\1\0\2\0\3\0\4\0", 8));
  EXPECT_EQ(cat("/[:, 1]", "raw"), std::string("\2\0\4\0", 4));
}

TEST_F(ZarrLookTest, StructuredTypesAndTimesAsNumPyFiles) {
  put(".zgroup", R"({"zarr_format":2})");
  put("t/.zarray", zarray(R"("<M8[ns]")", "[1]", "[1]"));
  put("t/0", std::string("\1\0\0\0\0\0\0\0", 8));
  put("s/.zarray", zarray(R"([["x","|u1"],["t",">m8[s]"]])", "[1]", "[1]",
                          R"(,"fill_value":null,"filters":null,"compressor":null)"));
  put("s/0", std::string("\7\0\0\0\0\0\0\0\2", 9));
  EXPECT_NE(cat("/t", "npy").find("'descr': '<M8[ns]'"), std::string::npos);
  const auto npy = cat("/s", "npy");
  EXPECT_NE(npy.find("'descr': [('x', '|u1'), ('t', '<m8[s]')]"), std::string::npos) << npy;
  EXPECT_EQ(npy.substr(npy.size() - 9), std::string("\7\2\0\0\0\0\0\0\0", 9));
  EXPECT_EQ(cat("/s", "json"), "[{\"x\":7,\"t\":2}]\n");
}

TEST_F(ZarrLookTest, ObjectsAreWhatTheyAre) {
  // What hdmf-zarr would write for a reference is none where nobody says so.
  put(".zarray", zarray(R"("|O")", "[2]", "[2]",
                        R"(,"fill_value":null,"filters":[{"id":"json2"}],"compressor":null)"));
  put("0", R"([{"source":".","path":"/a"},[1,null],"|O",[2]])");
  EXPECT_EQ(cat("/", "json"), "[{\"source\":\".\",\"path\":\"/a\"},[1,null]]\n");
  EXPECT_EQ(run_engram({"cat", store, "/", "--format", "raw"}).status, 2);
}

TEST_F(ZarrLookTest, ConsolidateAndItsCheck) {
  put_group();
  auto check = run_engram({"tree", store, "--consolidated"});
  EXPECT_EQ(check.status, 1) << check.err;
  EXPECT_EQ(check.out, "there is no .zmetadata\n");
  const auto done = run_engram({"consolidate", store});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(done.out, "");
  check = run_engram({"tree", store, "--consolidated"});
  EXPECT_EQ(check.status, 0) << check.err;
  EXPECT_EQ(check.out, ".zmetadata is current\n");

  put(".zattrs", R"({"title":"changed"})");
  put("new/.zgroup", R"({"zarr_format":2})");
  std::filesystem::remove_all(store + "/a/b");
  check = run_engram({"tree", store, "--consolidated"});
  EXPECT_EQ(check.status, 1) << check.err;
  EXPECT_EQ(check.out,
            "stale        .zattrs\n"
            "missing      new/.zgroup\n"
            "superfluous  a/b/.zarray\n");
  const auto json = parse_json(run_engram({"tree", store, "--consolidated", "--json"}).out);
  EXPECT_EQ(json["stale"], Json::array({".zattrs"}));
  EXPECT_EQ(json["superfluous"], Json::array({"a/b/.zarray"}));

  EXPECT_EQ(run_engram({"consolidate", store}).status, 0);
  EXPECT_EQ(run_engram({"tree", store, "--consolidated"}).status, 0);
}

TEST_F(ZarrLookTest, ConsolidateSaysWhatCannotBe) {
  EXPECT_EQ(run_engram({"consolidate", store}).status, 3);
  const auto file = dir / "file";
  std::ofstream(file) << "text";
  EXPECT_EQ(run_engram({"consolidate", file}).status, 6);
  EXPECT_EQ(run_engram({"tree", file, "--consolidated"}).status, 2);
}

}  // namespace
}  // namespace engram
