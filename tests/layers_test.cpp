// The layers of engram, as a test: each layer and those whose headers its files may include.
// Nothing points up.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "testing/source_dir.hpp"
#include "testing/temp_dir.hpp"

namespace engram {
namespace {

namespace fs = std::filesystem;

const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"base", {}},
    {"array", {"base"}},
    {"store", {"base"}},
    {"codec", {"base", "array"}},
    {"hdf5_format", {"base", "array", "codec"}},
    {"hdf5", {"base", "array", "codec", "hdf5_format"}},
    {"hdmf", {"base", "array"}},
    {"zarr", {"base", "array", "codec", "store"}},
    {"schema", {"base", "array", "codec", "store", "zarr"}},
    {"backend", {"base", "array", "codec", "store", "hdf5", "hdmf", "zarr"}},
    {"converters", {"base", "array", "store", "codec", "hdmf", "backend"}},
    {"cli",
     {"base", "array", "codec", "store", "hdf5_format", "hdf5", "hdmf", "zarr", "schema", "backend",
      "converters"}},
};

struct Include {
  fs::path file;  // Relative to the root of the tree.
  std::string spelling;
  bool quoted = false;
};

std::vector<Include> includes_of(const fs::path& root) {
  const std::regex directive(R"re(^\s*#\s*include\s*([<"])([^>"]+)[>"])re");
  std::vector<Include> found;
  for (const char* folder : {"include", "src", "converters"}) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".hpp" && extension != ".cpp" && extension != ".h") continue;
      std::ifstream in(entry.path());
      std::smatch match;
      for (std::string line; std::getline(in, line);) {
        if (!std::regex_search(line, match, directive)) continue;
        found.push_back({fs::relative(entry.path(), root), match[2], match[1] == "\""});
      }
    }
  }
  return found;
}

// The layer that a file of the tree belongs to, by its path from the root; "all" for the header
// that includes every layer.
std::string layer_of(const fs::path& file) {
  std::vector<std::string> parts(file.begin(), file.end());
  if (parts.at(0) == "converters") return parts.at(1) == "cli" ? "cli" : "converters";
  if (parts.at(0) == "src") return parts.at(1);
  if (parts.at(2) == "engram.hpp") return "all";
  if (parts.at(2) == "plugin.h") return "codec";
  const bool converts =
      parts.at(2) == "compare.hpp" || parts.at(2) == "convert.hpp" || parts.at(2) == "write.hpp";
  return converts ? "converters" : parts.at(2);
}

// The file of the tree that `include` means, looked for where the compiler looks.
std::optional<fs::path> resolve(const fs::path& root, const Include& include) {
  for (const fs::path& from : {include.file.parent_path(), fs::path("include"), fs::path("src"),
                               fs::path("converters"), fs::path(".")}) {
    const fs::path candidate = (from / include.spelling).lexically_normal();
    if (fs::is_regular_file(root / candidate)) return candidate;
  }
  return std::nullopt;
}

// One line for each include that the table does not allow.
std::vector<std::string> violations(const fs::path& root) {
  std::vector<std::string> out;
  for (const Include& include : includes_of(root)) {
    const std::string from = layer_of(include.file);
    const std::string line = include.file.string() + " includes " + include.spelling;
    const auto target = resolve(root, include);
    if (!target) {
      if (include.quoted) out.push_back(line + ", which is not in the tree");
      continue;
    }
    const std::string to = layer_of(*target);
    if (from == "all" || from == to) continue;
    const auto allowed = kMayInclude.find(from);
    if (allowed == kMayInclude.end()) {
      out.push_back(line + ", but " + from + " is no layer of the table");
    } else if (!allowed->second.contains(to)) {
      out.push_back(line + ", but " + from + " may not include " + to);
    }
  }
  return out;
}

TEST(LayersTest, NothingPointsUp) {
  const fs::path root = testing::source_dir();
  EXPECT_GT(includes_of(root).size(), 100U) << "the scan found too little to mean anything";
  for (const std::string& violation : violations(root)) ADD_FAILURE() << violation;
}

TEST(LayersTest, TheTableHasNoCycle) {
  for (const auto& [layer, below] : kMayInclude) {
    for (const std::string& other : below) {
      ASSERT_TRUE(kMayInclude.contains(other)) << layer << " may include " << other;
      EXPECT_FALSE(kMayInclude.at(other).contains(layer)) << layer << " and " << other;
    }
  }
}

TEST(LayersTest, OneHeaderIncludesThemAll) {
  const fs::path include = fs::path(testing::source_dir()) / "include";
  std::set<std::string> listed;
  for (const Include& found : includes_of(testing::source_dir())) {
    if (found.file == "include/engram/engram.hpp") listed.insert(found.spelling);
  }
  for (const auto& entry : fs::recursive_directory_iterator(include)) {
    const std::string name = fs::relative(entry.path(), include).string();
    if (!name.ends_with(".hpp") || name == "engram/engram.hpp") continue;
    EXPECT_TRUE(listed.contains(name)) << "engram/engram.hpp does not include " << name;
  }
}

struct Planted {
  const char* why;
  const char* file;
  const char* line;
  bool refused;
  friend std::ostream& operator<<(std::ostream& out, const Planted& p) { return out << p.why; }
};
class PlantedIncludeTest : public ::testing::TestWithParam<Planted> {};

// A tree with one header a layer, and in it one more file with the planted include.
TEST_P(PlantedIncludeTest, IsJudged) {
  testing::TempDir dir;
  const auto write = [&](const std::string& file, const std::string& text) {
    fs::create_directories((dir.path() / file).parent_path());
    std::ofstream(dir.path() / file) << text << '\n';
  };
  for (const auto& [layer, below] : kMayInclude) {
    if (layer == "cli" || layer == "converters") continue;
    write("include/engram/" + layer + "/" + layer + ".hpp", "#pragma once");
    write("src/" + layer + "/private.hpp", "#pragma once");
  }
  write("include/engram/convert.hpp", "#include \"engram/backend/backend.hpp\"");
  write("include/engram/engram.hpp", "#include \"engram/convert.hpp\"");
  write("converters/plan.hpp", "#include \"engram/convert.hpp\"");
  write("converters/cli/terminal.hpp", "#pragma once");
  ASSERT_EQ(violations(dir.path()), std::vector<std::string>{});

  write(GetParam().file, GetParam().line);
  EXPECT_EQ(violations(dir.path()).size(), GetParam().refused ? 1U : 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Layers, PlantedIncludeTest,
    ::testing::Values(
        Planted{"Down", "src/zarr/a.cpp", "#include \"engram/codec/codec.hpp\"", false},
        Planted{"OwnPrivate", "src/zarr/a.cpp", "#include \"private.hpp\"", false},
        Planted{"System", "src/zarr/a.cpp", "#include <vector>", false},
        Planted{"CommandToConverters", "converters/cli/a.cpp", "#include \"plan.hpp\"", false},
        Planted{"Up", "src/codec/a.cpp", "#include \"engram/zarr/zarr.hpp\"", true},
        Planted{"UpFromPublicHeader", "include/engram/base/a.hpp",
                "#include \"engram/array/array.hpp\"", true},
        Planted{"UpInAngles", "src/codec/a.cpp", "#include <engram/zarr/zarr.hpp>", true},
        Planted{"UpWithSpaces", "src/codec/a.cpp", "  #  include  \"engram/zarr/zarr.hpp\"", true},
        Planted{"UpByPrivateHeader", "src/codec/a.cpp", "#include \"zarr/private.hpp\"", true},
        Planted{"UpByRelativePath", "src/codec/a.cpp", "#include \"../zarr/private.hpp\"", true},
        Planted{"Sideways", "src/hdf5/a.cpp", "#include \"engram/hdmf/hdmf.hpp\"", true},
        Planted{"ZarrKnowsHdmf", "src/zarr/a.cpp", "#include \"engram/hdmf/hdmf.hpp\"", true},
        Planted{"ConvertersKnowZarr", "converters/a.cpp", "#include \"engram/zarr/zarr.hpp\"",
                true},
        Planted{"ConvertersKnowTheCommand", "converters/a.cpp", "#include \"cli/terminal.hpp\"",
                true},
        Planted{"BackendKnowsConvert", "src/backend/a.cpp", "#include \"engram/convert.hpp\"",
                true},
        Planted{"AllAtOnce", "src/base/a.cpp", "#include \"engram/engram.hpp\"", true},
        Planted{"NotThere", "src/base/a.cpp", "#include \"engram/base/nowhere.hpp\"", true},
        Planted{"FolderThatIsNoLayer", "src/cloud/a.cpp", "#include \"engram/base/base.hpp\"",
                true}),
    [](const auto& p) { return p.param.why; });

}  // namespace
}  // namespace engram
