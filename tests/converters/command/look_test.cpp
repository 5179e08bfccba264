// engram tree and engram cat.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <vector>

#include "converters/command/run_command.hpp"
#include "converters/command/sample_file.hpp"
#include "engram/base/json.hpp"
#include "testing/temp_dir.hpp"

namespace engram {
namespace {

using testing::run_engram;
using testing::TempDir;

// Each test runs on the HDF5 file and on the Zarr directory made of it.
class LookTest : public ::testing::TestWithParam<bool> {
 protected:
  LookTest() : path(dir / "in.h5") {
    testing::make_sample(path);
    if (!GetParam()) return;
    EXPECT_EQ(run_engram({"convert", path, dir / "in.zarr", "-q"}).status, 0);
    path = dir / "in.zarr";
  }

  std::string cat(const std::string& object, const std::string& format = "text") {
    const auto result = run_engram({"cat", path, object, "--format", format});
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out;
  }

  TempDir dir;
  std::string path;
};

TEST_P(LookTest, TreeShowsWhatThereIs) {
  const auto result = run_engram({"tree", path});
  EXPECT_EQ(result.status, 0) << result.err;
  for (const char* part :
       {"├── counts  (1000, 8) <i2 in chunks of (300, 8)", "├── group/\n",
        "│   └── again -> /counts\n", "├── label  scalar text", "└── rates  (5,) <f8"}) {
    EXPECT_NE(result.out.find(part), std::string::npos) << part << "in\n" << result.out;
  }
  EXPECT_EQ(result.out.find('@'), std::string::npos);
  const auto with_attributes = run_engram({"tree", path, "--attrs"}).out;
  EXPECT_NE(with_attributes.find("@unit = \"V\""), std::string::npos) << with_attributes;
  EXPECT_NE(with_attributes.find("@n = 7"), std::string::npos);
  EXPECT_EQ(run_engram({"tree", path, "--depth", "1"}).out.find("again"), std::string::npos);
}

TEST_P(LookTest, TreeAsJson) {
  const auto json = parse_json(run_engram({"tree", path, "--json", "--attrs"}).out);
  ASSERT_EQ(json["children"].size(), 4U);
  const auto& counts = json["children"][0];
  EXPECT_EQ(counts["name"], "counts");
  EXPECT_EQ(counts["kind"], "dataset");
  EXPECT_EQ(counts["shape"], Json({1000, 8}));
  EXPECT_EQ(counts["attributes"]["unit"], "V");
  EXPECT_EQ(json["children"][1]["children"][0]["path"], "/counts");
}

TEST_P(LookTest, CatPrintsValues) {
  const std::pair<const char*, const char*> cases[] = {
      {"/label", "spikes\n"},
      {"/counts@unit", "V\n"},
      {"/group@n", "7\n"},
      {"/rates", "0.5\n1.5\n2.5\n3.5\n4.5\n"},
      {"/rates[1]", "1.5\n"},
      {"/counts[1:3, :3]", "8\t9\t10\n16\t17\t18\n"},
      {"/counts[-1]", "7992\n7993\n7994\n7995\n7996\n7997\n7998\n7999\n"},
      {"/counts[::-500, 0]", "7992\n3992\n"},
      {"/group/again[0, 7]", "7\n"},
      {"/counts[5:5]", ""},
  };
  for (const auto& [object, text] : cases) EXPECT_EQ(cat(object), text) << object;
}

TEST_P(LookTest, CatPrintsJson) {
  EXPECT_EQ(cat("/counts[1:3, :3]", "json"), "[[8,9,10],[16,17,18]]\n");
  EXPECT_EQ(cat("/counts[0, 0]", "json"), "0\n");
  EXPECT_EQ(cat("/counts[5:5]", "json"), "[]\n");
  EXPECT_EQ(cat("/counts[:3, 5:5]", "json"), "[[],[],[]]\n");
  EXPECT_EQ(cat("/label", "json"), "\"spikes\"\n");
  const auto all = parse_json(cat("/counts", "json"));
  ASSERT_EQ(all.size(), 1000U);
  EXPECT_EQ(all[999][7], 7999);
}

TEST_P(LookTest, CatPrintsNumPyFiles) {
  const auto file = cat("/counts[::2]", "npy");
  ASSERT_EQ(file.size(), 128 + 500 * 8 * 2U);
  EXPECT_EQ(file.substr(0, 8), std::string("\x93NUMPY\1\0", 8));
  EXPECT_NE(file.find("{'descr': '<i2', 'fortran_order': False, 'shape': (500, 8), }"),
            std::string::npos);
  std::vector<std::int16_t> values(4000);
  std::memcpy(values.data(), file.data() + 128, 8000);
  EXPECT_EQ(values[0], 0);
  EXPECT_EQ(values[8], 16);
  EXPECT_EQ(values[3999], 7991);
}

TEST_P(LookTest, SaysWhatCannotBe) {
  struct Case {
    std::vector<std::string> arguments;
    int status;
    const char* message;
  };
  const Case cases[] = {
      {{"cat", path, "/no"}, 3, "no dataset /no"},
      {{"cat", path, "/counts@no"}, 3, "no attribute"},
      {{"cat", path, "/group"}, 2, "is a group"},
      {{"cat", path, "/counts[1000]"}, 2, "index 1000 of dimension 0"},
      {{"cat", path, "/label", "--format", "npy"}, 2, "no fixed size"},
      {{"cat", path, "/counts@unit", "--format", "npy"}, 2, "can't be printed as npy"},
      {{"cat", path + ".not", "/label"}, 3, ".not"},
      {{"tree", path + ".not"}, 3, ".not"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    const auto result = run_engram(c.arguments);
    EXPECT_EQ(result.status, c.status) << result.err;
    EXPECT_NE(result.err.find(c.message), std::string::npos) << result.err;
    EXPECT_EQ(result.out, "");
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, LookTest, ::testing::Bool(),
                         [](const auto& p) { return p.param ? "Zarr" : "Hdf5"; });

}  // namespace
}  // namespace engram
