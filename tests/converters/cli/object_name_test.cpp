#include "converters/cli/object_name.hpp"

#include <gtest/gtest.h>

#include "testing/expect_error.hpp"
#include "testing/fake_sources.hpp"

namespace engram::cli {
namespace {

using testing::expect_error;

class ObjectNameTest : public ::testing::Test {
 protected:
  ObjectNameTest() {
    root.attributes.set("title", "root");
    hdmf::GroupBuilder group;
    group.name = "g";
    group.attributes.set("a@b", "odd");
    for (const char* name : {"d", "d[0]", "x@y"}) {
      group.datasets.push_back(testing::text_of(name, name));
      group.datasets.back().attributes.set("unit", "V");
    }
    root.groups.push_back(group);
    root.links.push_back({"link", ".", "/g/d"});
  }

  hdmf::GroupBuilder root;
};

TEST_F(ObjectNameTest, FindsDatasetsAndSlices) {
  struct Case {
    std::string_view text, name, path, slice;
  };
  const Case cases[] = {{"/g/d", "d", "/g/d", ""},
                        {"g/d", "d", "g/d", ""},
                        {"/g/d[1, ...]", "d", "/g/d", "1, ..."},
                        {"/g/d[]", "d", "/g/d", ""},
                        {"/g/d[0]", "d[0]", "/g/d[0]", ""},
                        {"/g/d[0][2]", "d[0]", "/g/d[0]", "2"},
                        {"/g/x@y", "x@y", "/g/x@y", ""},
                        {"/link[3]", "d", "/link", "3"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto found = find_object(root, c.text);
    ASSERT_NE(found.dataset, nullptr);
    EXPECT_EQ(found.dataset->name, c.name);
    EXPECT_EQ(found.path, c.path);
    EXPECT_EQ(found.slice, c.slice);
    EXPECT_EQ(found.attribute, nullptr);
  }
}

TEST_F(ObjectNameTest, FindsAttributes) {
  const std::pair<std::string_view, const char*> cases[] = {
      {"/@title", "root"}, {"@title", "root"},   {"/g@a@b", "odd"},
      {"/g/d@unit", "V"},  {"/g/x@y@unit", "V"}, {"/link@unit", "V"}};
  for (const auto& [text, value] : cases) {
    SCOPED_TRACE(text);
    const auto found = find_object(root, text);
    EXPECT_EQ(found.dataset, nullptr);
    ASSERT_NE(found.attribute, nullptr);
    EXPECT_EQ(*found.attribute, hdmf::Value(value));
  }
}

TEST_F(ObjectNameTest, SaysWhatIsNotThere) {
  expect_error(ErrorCode::not_found, "no dataset /no", [&] { find_object(root, "/no"); });
  expect_error(ErrorCode::not_found, "no dataset /no[1]", [&] { find_object(root, "/no[1]"); });
  expect_error(ErrorCode::not_found, "no attribute /g@no", [&] { find_object(root, "/g@no"); });
  expect_error(ErrorCode::invalid_argument, "is a group", [&] { find_object(root, "/g"); });
  expect_error(ErrorCode::invalid_argument, "is a group", [&] { find_object(root, "/"); });
  expect_error(ErrorCode::not_found, "", [&] { find_object(root, "]"); });
}

TEST_F(ObjectNameTest, AnArrayWithoutATree) {
  const hdmf::GroupBuilder none;
  hdmf::DatasetBuilder array;
  array.attributes.set("unit", "V");
  for (const char* text : {"/", "", "/[0:3]", "[0:3]"}) {
    SCOPED_TRACE(text);
    const auto found = find_object(none, text, &array);
    EXPECT_EQ(found.dataset, &array);
    EXPECT_EQ(found.slice, std::string_view(text).find('[') == std::string_view::npos ? "" : "0:3");
  }
  for (const char* text : {"/@unit", "@unit"}) {
    EXPECT_NE(find_object(none, text, &array).attribute, nullptr) << text;
  }
  expect_error(ErrorCode::not_found, "no dataset /a", [&] { find_object(none, "/a", &array); });
  expect_error(ErrorCode::not_found, "no attribute /@no",
               [&] { find_object(none, "/@no", &array); });
}

}  // namespace
}  // namespace engram::cli
