// Holds specs/zarr-layout.md to what the writer writes: each fenced example there has a comment
// before it, "<!-- example: STORE KEY -->", and must be the value of that key, byte for byte;
// "<!-- example: STORE KEY hex -->" is that value in hexadecimal.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include "backend/layout_examples.hpp"
#include "testing/source_dir.hpp"

namespace engram::backend {
namespace {

constexpr std::string_view kFence = "```";

std::string hex(BytesView bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) out += i % 16 == 0 ? '\n' : ' ';
    const auto byte = std::to_integer<unsigned>(bytes[i]);
    out += "0123456789abcdef"[byte >> 4U];
    out += "0123456789abcdef"[byte & 0xfU];
  }
  return out;
}

std::string shown(const store::Store& store, const std::string& key, bool as_hex) {
  const auto value = store.get(store::Key(key), 1U << 20U);
  if (!value) return "(there is no such key)";
  return as_hex ? hex(*value) : std::string(as_text(*value));
}

TEST(ZarrLayoutDoc, ShowsWhatIsWritten) {
  std::ifstream file(testing::source_path("specs/zarr-layout.md"));
  ASSERT_TRUE(file);
  const std::regex marker(R"(<!-- example: (\S+) (.+?)( hex)? -->)");
  auto stores = example_stores();
  std::size_t examples = 0, line_number = 0;
  std::smatch match;
  bool announced = false;
  for (std::string line; std::getline(file, line);) {
    ++line_number;
    if (std::regex_match(line, match, marker)) {
      announced = true;
      const std::string store = match[1], key = match[2];
      const bool as_hex = match[3].matched;
      ASSERT_TRUE(stores.contains(store)) << "line " << line_number;
      std::getline(file, line);
      ASSERT_TRUE(line.starts_with(kFence)) << "line " << line_number;
      std::string text;
      while (std::getline(file, line) && line != kFence) text += line + "\n";
      if (!text.empty()) text.pop_back();
      EXPECT_EQ(text, shown(*stores[store], key, as_hex)) << store << " " << key;
      line_number += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 3;
      ++examples;
    } else {
      EXPECT_FALSE(line.starts_with(kFence)) << "line " << line_number << ": no example is named";
    }
  }
  EXPECT_TRUE(announced);
  EXPECT_GE(examples, 25U);
}

// Every kind of dataset of the example tree is shown.
TEST(ZarrLayoutDoc, LeavesNothingOut) {
  std::ifstream file(testing::source_path("specs/zarr-layout.md"));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const hdmf::GroupBuilder root = example_tree();
  for (const hdmf::GroupBuilder& group : root.groups) {
    if (group.name != "kinds") continue;
    for (const hdmf::DatasetBuilder& dataset : group.datasets)
      EXPECT_NE(text.find("example: default kinds/" + dataset.name + "/"), std::string::npos)
          << dataset.name;
  }
}

}  // namespace
}  // namespace engram::backend
