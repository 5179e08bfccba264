#include "backend/zarr_reader_links.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace engram::backend {
namespace {

using hdmf::GroupBuilder;
using hdmf::LinkBuilder;

// A root with the groups /g and /g/inner and the dataset /g/d; its links are `links`.
GroupBuilder root_with(std::vector<LinkBuilder> links) {
  GroupBuilder root, group, inner;
  inner.name = "inner";
  group.name = "g";
  group.groups.push_back(std::move(inner));
  group.datasets.emplace_back().name = "d";
  root.groups.push_back(std::move(group));
  root.links = std::move(links);
  return root;
}

struct Settled {
  const char* why;
  std::vector<LinkBuilder> links;  ///< Of the root. The first is looked at.
  const char* source;              ///< What it becomes; nullptr: it is left out.
  const char* path;                ///< The same, or a part of the notice.
  friend std::ostream& operator<<(std::ostream& out, const Settled& s) { return out << s.why; }
};

class SettleLinksTest : public ::testing::TestWithParam<Settled> {};

TEST_P(SettleLinksTest, LeadsToTheObjectItself) {
  const Settled& test = GetParam();
  GroupBuilder root = root_with(test.links);
  std::vector<Notice> notices;
  settle_links(root, {}, notices);
  const std::string& name = test.links.front().name;
  const auto found = std::find_if(root.links.begin(), root.links.end(),
                                  [&](const LinkBuilder& link) { return link.name == name; });
  if (test.source != nullptr) {
    ASSERT_NE(found, root.links.end()) << notices.at(0).text;
    EXPECT_EQ(found->source, test.source);
    EXPECT_EQ(found->path, test.path);
    return;
  }
  ASSERT_FALSE(notices.empty());
  EXPECT_NE(notices.front().text.find(test.path), std::string::npos) << notices.front().text;
  EXPECT_LT(root.links.size(), test.links.size());
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, SettleLinksTest,
    ::testing::Values(
        Settled{"Direct", {{"a", ".", "/g/d"}}, ".", "/g/d"},
        Settled{"Untidy", {{"a", ".", "g//inner/"}}, ".", "/g/inner"},
        Settled{"ToTheRoot", {{"a", ".", "/"}}, ".", "/"},
        Settled{"ThroughALink", {{"a", ".", "/b/d"}, {"b", ".", "/g"}}, ".", "/g/d"},
        Settled{"ToALink", {{"a", ".", "/b"}, {"b", ".", "/c"}, {"c", ".", "/g"}}, ".", "/g"},
        Settled{"ToAnotherStore", {{"a", "../x", "/none"}}, "../x", "/none"},
        Settled{"ThroughALinkToAnotherStore",
                {{"a", ".", "/b/more/d"}, {"b", "../x", "/y"}},
                "../x",
                "/y/more/d"},
        Settled{"Dangling", {{"a", ".", "/none"}}, nullptr, "there is nothing at /none"},
        Settled{"BelowADataset", {{"a", ".", "/g/d/x"}}, nullptr, "there is nothing at /g/d/x"},
        Settled{"BehindADanglingOne",
                {{"a", ".", "/b/x"}, {"b", ".", "/none"}},
                nullptr,
                "there is nothing at /b/x"},
        Settled{"ToItself", {{"a", ".", "/a"}}, nullptr, "round in a circle"},
        Settled{"InACircle", {{"a", ".", "/b"}, {"b", ".", "/a"}}, nullptr, "round in a circle"},
        Settled{"InAGrowingCircle", {{"a", ".", "/a/a/a"}}, nullptr, "round in a circle"},
        Settled{"NameTaken", {{"g", ".", "/g/d"}}, nullptr, "name is taken"},
        Settled{"NoName", {{"", ".", "/g"}}, nullptr, "it has a"},
        Settled{"NameOfTwo", {{"x/y", ".", "/g"}}, nullptr, "it has a"},
        Settled{"NameOfTheGroupAbove", {{"..", ".", "/g"}}, nullptr, "it has the name"}),
    [](const auto& test) { return test.param.why; });

TEST(SettleLinks, OfTwoWithOneNameTheFirstStays) {
  GroupBuilder root = root_with({{"a", ".", "/g"}, {"a", ".", "/g/d"}});
  std::vector<Notice> notices;
  settle_links(root, {}, notices);
  ASSERT_EQ(root.links.size(), 1U);
  EXPECT_EQ(root.links[0].path, "/g");
  EXPECT_EQ(notices.size(), 1U);
}

TEST(SettleLinks, InGroupsBelowAreNamedByTheirPath) {
  GroupBuilder root = root_with({});
  root.groups[0].links.push_back({"x", ".", "/none"});
  std::vector<Notice> notices;
  settle_links(root, {}, notices);
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].path, "/g/x");
  EXPECT_EQ(notices[0].kind, Notice::Kind::dangling);
}

}  // namespace
}  // namespace engram::backend
