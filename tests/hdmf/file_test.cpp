#include "engram/hdmf/file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "engram/base/error.hpp"
#include "small_file.hpp"
#include "testing/expect_error.hpp"

namespace engram::hdmf {
namespace {

using small_file::to;
using testing::expect_error;

OpenedTree tree_of(GroupBuilder root, std::string location = "/d/a.zarr") {
  OpenedTree tree;
  tree.root = std::move(root);
  tree.location = std::move(location);
  tree.format = "memory";
  return tree;
}

/// Files in memory, by their names; "../b" beside "a" is "b".
class FakeOpener final : public FileOpener {
 public:
  std::map<std::string, std::function<GroupBuilder()>> files;
  mutable std::atomic<int> opened = 0;

  LinkPlaces places(const std::string&, const std::string& source) const override {
    if (source == "forbidden") return {{}, "it may not be opened"};
    return {{{"/d/" + source, ""}}, ""};
  }
  OpenedTree open(const LinkPlaces::Place& place) const override {
    ++opened;
    const auto found = files.find(place.location);
    if (found == files.end()) throw Error(ErrorCode::not_found, "there is nothing");
    return tree_of(found->second(), place.location);
  }
};

GroupBuilder group_of(std::string name, std::vector<LinkBuilder> links = {}) {
  GroupBuilder group;
  group.name = std::move(name);
  group.links = std::move(links);
  return group;
}

File small() { return File(tree_of(small_file::file())); }

std::vector<std::string> paths(const std::vector<Object>& objects) {
  std::vector<std::string> all;
  for (const Object& object : objects) all.push_back(object.path());
  return all;
}

std::string shown(const File& file) {
  std::string text;
  for (const Problem& problem : file.problems())
    text += std::string(to_string(problem.kind)) + " " + problem.file + " " + problem.path + " " +
            problem.text + "\n";
  return text;
}

using Paths = std::vector<std::string>;

TEST(File, FindsByPath) {
  const File file = small();
  EXPECT_EQ(file.root().path(), "/");
  EXPECT_EQ(file.root().name(), "");
  EXPECT_EQ(file.find("/acquisition/a/data")->path(), "/acquisition/a/data");
  EXPECT_EQ(file.find("acquisition//a/")->path(), "/acquisition/a");
  EXPECT_EQ(file.find("/")->path(), "/");
  EXPECT_EQ(file.find("/acquisition/none"), std::nullopt);
  EXPECT_EQ(file.find("/acquisition/a/data/below"), std::nullopt);
  EXPECT_EQ(file.at("/acquisition").at("a/data"), file.at("/acquisition/a/data"));
  EXPECT_EQ(file.at("/acquisition").at("/devices").path(), "/devices");
  EXPECT_EQ(file.at("/acquisition/a/data").parent()->path(), "/acquisition/a");
  EXPECT_EQ(file.root().parent(), std::nullopt);
  EXPECT_TRUE(file.problems().empty()) << shown(file);
  expect_error(ErrorCode::not_found, "/d/a.zarr: there is nothing at /none",
               [&] { file.at("/none"); });
  expect_error(ErrorCode::not_found, "nothing at /acquisition below x",
               [&] { file.at("/acquisition").at("x"); });
}

TEST(File, ShowsLinksAsTheirTargets) {
  const File file = small();
  const Object link = file.at("/main");
  EXPECT_EQ(link.name(), "main");
  EXPECT_EQ(link.path(), "/acquisition/a");
  EXPECT_EQ(link.link_path(), "/main");
  EXPECT_TRUE(link.is_link());
  EXPECT_EQ(link, file.at("/acquisition/a"));
  const Object below = file.at("/main/data");
  EXPECT_EQ(below.path(), "/acquisition/a/data");
  EXPECT_FALSE(below.is_link()) << "the link was on the way";

  Paths names;
  for (const Object& child : file.root().children())
    names.push_back(child.name() + (child.is_link() ? " -> " + child.path() : ""));
  EXPECT_EQ(names, (Paths{"acquisition", "created", "devices", "identifier",
                          "main -> /acquisition/a", "start"}));
  EXPECT_TRUE(file.at("/start").children().empty());
  ASSERT_EQ(file.root().links().size(), 1U);
  EXPECT_EQ(file.root().links()[0].path, "/acquisition/a");
}

TEST(File, ObjectsKeepItOpen) {
  std::optional<Object> object = small().at("/acquisition/a/data");
  EXPECT_EQ(object->read<int>(), (std::vector<int>{1, 2, 3, 4}));
  EXPECT_EQ(object->file().location(), "/d/a.zarr");
  EXPECT_EQ(object->file().format(), "memory");
}

// The schema, as files have it: the texts of JSON documents.
GroupBuilder cached_schema(const std::string& types) {
  GroupBuilder version = group_of("1.0.0");
  version.datasets.push_back(
      testing::text_of("namespace", R"({"namespaces": [{"name": "n", "version": "1.0.0",
                       "schema": [{"source": "s"}]}]})"));
  version.datasets.push_back(testing::text_of("s", types));
  GroupBuilder name = group_of("n");
  name.groups.push_back(std::move(version));
  GroupBuilder all = group_of("specifications");
  all.groups.push_back(std::move(name));
  return all;
}

constexpr const char* kTypes =
    R"({"groups": [{"data_type_def": "Series"},
                   {"data_type_def": "Special", "data_type_inc": "Series"},
                   {"data_type_def": "VerySpecial", "data_type_inc": "Special"},
                   {"data_type_def": "Other"}]})";

void add_object(GroupBuilder& to_group, const char* name, const char* type) {
  to_group.groups.push_back(group_of(name));
  small_file::give_type(to_group.groups.back().attributes, type);
}

TEST(File, FindsByTypeWithThoseThatInherit) {
  GroupBuilder root;
  root.groups.push_back(cached_schema(kTypes));
  add_object(root, "b", "VerySpecial");
  add_object(root, "a", "Series");
  add_object(root.groups.back(), "inner", "Special");
  add_object(root, "c", "Other");
  add_object(root, "d", "Unknown");
  const File file(tree_of(std::move(root)));
  EXPECT_EQ(paths(file.find_by_type("Series")), (Paths{"/a", "/a/inner", "/b"}));
  EXPECT_EQ(paths(file.find_by_type("Special")), (Paths{"/a/inner", "/b"}));
  EXPECT_EQ(paths(file.find_by_type("Unknown")), Paths{"/d"});
  EXPECT_EQ(paths(file.find_by_type("None")), Paths{});
  EXPECT_TRUE(file.at("/b").is_a("Series"));
  EXPECT_FALSE(file.at("/a").is_a("Special"));
  EXPECT_FALSE(file.root().is_a("Series"));
  EXPECT_EQ(file.namespaces().namespaces().size(), 1U);
}

TEST(File, FindsExactTypesWithoutCachedNamespaces) {
  const File file = small();
  EXPECT_EQ(paths(file.find_by_type("Series")), Paths{"/acquisition/a"});
  EXPECT_EQ(paths(file.find_by_type("Container")), Paths{});
  EXPECT_TRUE(file.namespaces().namespaces().empty());
  EXPECT_TRUE(file.problems().empty());
}

TEST(File, ReportsNamespacesThatCantBeUsed) {
  GroupBuilder root;
  root.groups.push_back(cached_schema("{ no JSON"));
  add_object(root, "a", "Series");
  const File file(tree_of(std::move(root)));
  EXPECT_EQ(paths(file.find_by_type("Series")), Paths{"/a"});
  EXPECT_FALSE(file.at("/a").is_a("Other"));
  ASSERT_EQ(file.problems().size(), 1U);
  EXPECT_EQ(file.problems()[0].kind, Problem::Kind::namespaces);
  EXPECT_NE(file.problems()[0].text.find("/specifications/n/1.0.0/s"), std::string::npos);
}

TEST(File, FindsById) {
  const File file = small();
  const Object a = file.at("/acquisition/a");
  EXPECT_EQ(file.find_by_id(*a.object_id()), a);
  EXPECT_EQ(file.find_by_id("none"), std::nullopt);
  EXPECT_EQ(file.find_by_id(""), std::nullopt);
}

TEST(File, OfTwoObjectsWithOneIdTheFirstCounts) {
  GroupBuilder root = small_file::file();
  const std::string id = *small_file::a(root).attributes.text("object_id");
  root.groups[1].groups[0].attributes.set("object_id", id);
  const File file(tree_of(std::move(root)));
  EXPECT_EQ(file.find_by_id(id)->path(), "/acquisition/a");
  ASSERT_EQ(file.problems().size(), 1U) << shown(file);
  EXPECT_EQ(file.problems()[0].kind, Problem::Kind::duplicate);
  EXPECT_EQ(file.problems()[0].path, "/devices/probe");
}

TEST(File, ResolvesReferencesByPathThenById) {
  const File file = small();
  const Object a = file.at("/acquisition/a");
  EXPECT_EQ(file.resolve(to("/acquisition/a")), a);
  EXPECT_EQ(file.resolve(Reference{".", "acquisition/a", {}, {}}), a);
  EXPECT_EQ(file.resolve(to("/main")), a) << "through a link";
  EXPECT_EQ(file.resolve(to("/")), file.root());
  EXPECT_TRUE(file.problems().empty()) << shown(file);

  EXPECT_EQ(file.resolve(Reference{".", "/was/here", a.object_id(), {}}), a);
  ASSERT_EQ(file.problems().size(), 1U);
  EXPECT_EQ(file.problems()[0].kind, Problem::Kind::moved);

  // What lies at the path wins: so read hdmf and hdmf-zarr.
  EXPECT_EQ(file.resolve(Reference{".", "/devices/probe", a.object_id(), {}}),
            file.at("/devices/probe"));
  ASSERT_EQ(file.problems().size(), 2U);
  EXPECT_EQ(file.problems()[1].kind, Problem::Kind::mismatch);

  EXPECT_EQ(file.resolve(Reference{".", "/none", "no-such-id", {}}), std::nullopt);
  ASSERT_EQ(file.problems().size(), 3U);
  EXPECT_EQ(file.problems()[2].kind, Problem::Kind::dangling);
  expect_error(ErrorCode::not_found, "the reference to /none leads nowhere",
               [&] { file.at(to("/none")); });
}

TEST(File, FollowsAttributesToTheirTargets) {
  GroupBuilder root = small_file::file();
  small_file::a(root).attributes.set("device", to("/devices/probe"));
  small_file::a(root).attributes.set("lost", to("/none"));
  const File file(tree_of(std::move(root)));
  const Object a = file.at("/acquisition/a");
  EXPECT_EQ(a.target("device")->path(), "/devices/probe");
  EXPECT_EQ(a.target("description"), std::nullopt) << "is no reference";
  EXPECT_EQ(a.target("none"), std::nullopt);
  EXPECT_TRUE(file.problems().empty());
  EXPECT_EQ(a.target("lost"), std::nullopt);
  EXPECT_EQ(a.target("lost"), std::nullopt);
  ASSERT_EQ(file.problems().size(), 1U) << "reported once";
  EXPECT_EQ(file.problems()[0].path, "/acquisition/a@lost");
}

TEST(File, FindsTheTargetsOfDatasets) {
  GroupBuilder root = small_file::file();
  root.datasets.push_back(testing::dataset_of(
      "order", reference_type(), {4},
      {Value(to("/acquisition/a")), Value(Null{}), Value(to("/none")), Value(to("/devices"))}));
  const File file(tree_of(std::move(root)));
  const auto targets = file.at("/order").targets();
  ASSERT_EQ(targets.size(), 4U);
  EXPECT_EQ(targets[0]->path(), "/acquisition/a");
  EXPECT_EQ(targets[1], std::nullopt);
  EXPECT_EQ(targets[2], std::nullopt);
  EXPECT_EQ(targets[3]->path(), "/devices");
  EXPECT_EQ(file.problems().size(), 1U) << shown(file);
  EXPECT_EQ(file.at("/order").targets({{3}, {1}})[0]->path(), "/devices");
  expect_error(ErrorCode::invalid_argument, "/acquisition/a/data holds no references",
               [&] { file.at("/acquisition/a/data").targets(); });
}

TEST(File, FollowsLinksToOtherFilesAndOpensEachOnce) {
  auto opener = std::make_shared<FakeOpener>();
  opener->files["/d/b"] = [] {
    GroupBuilder root = small_file::file();
    root.links.push_back({"back", "a.zarr", "/here"});
    return root;
  };
  GroupBuilder root = small_file::file();
  root.groups.push_back(group_of("here"));
  root.links.push_back({"series", "b", "/acquisition/a"});
  root.links.push_back({"again", "b", "/main/data"});
  root.links.push_back({"home", "b", "/back"});
  const File file(tree_of(std::move(root)), {}, opener);
  EXPECT_EQ(opener->opened, 0) << "not before something leads there";

  const Object series = file.at("/series");
  EXPECT_EQ(series.file().location(), "/d/b");
  EXPECT_EQ(series.path(), "/acquisition/a");
  EXPECT_EQ(series.link_path(), "/series");
  EXPECT_NE(series.file(), file);
  EXPECT_EQ(file.at("/again").read<int>(), (std::vector<int>{1, 2, 3, 4}));
  EXPECT_EQ(series.parent()->file().location(), "/d/b");
  EXPECT_EQ(file.at("/home"), file.at("/here")) << "back in the first file, opened once";
  EXPECT_EQ(file.at("/home").file(), file);
  EXPECT_EQ(file.resolve(Reference{"b", "/devices/probe", {}, {}})->file().location(), "/d/b");
  EXPECT_EQ(opener->opened, 1);
  EXPECT_EQ(file.files().size(), 2U);
  EXPECT_TRUE(file.problems().empty()) << shown(file);

  EXPECT_EQ(paths(file.find_by_type("Series")), Paths{"/acquisition/a"});
  const auto linked = file.find_by_type("Series", Scope::linked);
  ASSERT_EQ(linked.size(), 2U);
  EXPECT_EQ(linked[0], file.at("/acquisition/a"));
  EXPECT_EQ(linked[1], series);
}

struct Lost {
  const char* why;
  std::vector<LinkBuilder> links;  ///< Of the root; "x" is the one to follow.
  Problem::Kind kind;
  ErrorCode code;
  const char* part;
  friend std::ostream& operator<<(std::ostream& out, const Lost& lost) { return out << lost.why; }
};

class LostLinkTest : public ::testing::TestWithParam<Lost> {
 protected:
  static File file(const FileOptions& options = {}) {
    auto opener = std::make_shared<FakeOpener>();
    opener->files["/d/b"] = [] {
      return group_of("", {{"x", "a.zarr", "/x"}, {"y", ".", "/none"}});
    };
    opener->files["/d/bad"] = []() -> GroupBuilder {
      throw Error(ErrorCode::corrupt_data, "it is torn");
    };
    return File(tree_of(group_of("", GetParam().links)), options, opener);
  }
};

TEST_P(LostLinkTest, IsReported) {
  const File file = LostLinkTest::file();
  EXPECT_EQ(file.find("/x"), std::nullopt);
  EXPECT_EQ(file.find("/x/below"), std::nullopt);
  for (const Object& child : file.root().children()) EXPECT_NE(child.name(), "x");
  EXPECT_EQ(file.root().links().size(), GetParam().links.size());
  const auto problems = file.problems();
  const auto found = std::find_if(problems.begin(), problems.end(), [](const Problem& problem) {
    return problem.path == "/x" && problem.file == "/d/a.zarr";
  });
  ASSERT_NE(found, problems.end()) << shown(file);
  EXPECT_EQ(to_string(found->kind), to_string(GetParam().kind));
  EXPECT_NE(found->text.find(GetParam().part), std::string::npos) << found->text;
  EXPECT_GE(file.follow_all().lost_links, 1U);
}

TEST_P(LostLinkTest, IsAnErrorOfAt) {
  const File file = LostLinkTest::file();
  expect_error(GetParam().code, GetParam().part, [&] { file.at("/x"); });
  EXPECT_TRUE(file.problems().empty()) << "it was told already: " << shown(file);
}

TEST_P(LostLinkTest, IsAnErrorWhereStrict) {
  FileOptions options;
  options.strict = true;
  const File file = LostLinkTest::file(options);
  expect_error(GetParam().code, GetParam().part, [&] { file.find("/x"); });
  expect_error(GetParam().code, "/d/a.zarr: /x: the link to ", [&] { file.root().children(); });
}

INSTANTIATE_TEST_SUITE_P(Kinds, LostLinkTest,
                         ::testing::Values(Lost{"Dangling",
                                                {{"x", ".", "/none"}},
                                                Problem::Kind::dangling,
                                                ErrorCode::not_found,
                                                "there is nothing at /none"},
                                           Lost{"DanglingBehindAnother",
                                                {{"x", ".", "/y"}, {"y", ".", "/none"}},
                                                Problem::Kind::dangling,
                                                ErrorCode::not_found,
                                                "there is nothing at /none"},
                                           Lost{"ToItself",
                                                {{"x", ".", "/x"}},
                                                Problem::Kind::loop,
                                                ErrorCode::corrupt_data,
                                                "round in a circle"},
                                           Lost{"ACircle",
                                                {{"x", ".", "/y"}, {"y", ".", "/x"}},
                                                Problem::Kind::loop,
                                                ErrorCode::corrupt_data,
                                                "round in a circle"},
                                           Lost{"AGrowingCircle",
                                                {{"x", ".", "/x/x/x"}},
                                                Problem::Kind::loop,
                                                ErrorCode::corrupt_data,
                                                "round in a circle"},
                                           Lost{"ACircleOverTwoFiles",
                                                {{"x", "b", "/x"}},
                                                Problem::Kind::loop,
                                                ErrorCode::corrupt_data,
                                                "round in a circle"},
                                           Lost{"DanglingInTheOtherFile",
                                                {{"x", "b", "/none"}},
                                                Problem::Kind::dangling,
                                                ErrorCode::not_found,
                                                "there is nothing at /none of the file /d/b"},
                                           Lost{"DanglingFromTheOtherFile",
                                                {{"x", "b", "/y"}},
                                                Problem::Kind::dangling,
                                                ErrorCode::not_found,
                                                "there is nothing at /none"},
                                           Lost{"MissingFile",
                                                {{"x", "c", "/x"}},
                                                Problem::Kind::missing_file,
                                                ErrorCode::not_found,
                                                "leads to the file c, which is not there"},
                                           Lost{"UnreadableFile",
                                                {{"x", "bad", "/x"}},
                                                Problem::Kind::unreadable,
                                                ErrorCode::corrupt_data,
                                                "it is torn"},
                                           Lost{"ForbiddenFile",
                                                {{"x", "forbidden", "/x"}},
                                                Problem::Kind::outside,
                                                ErrorCode::unsupported,
                                                "it may not be opened"}),
                         [](const auto& test) { return test.param.why; });

TEST(File, AGroupThatHoldsItselfIsNoProblem) {
  GroupBuilder root = group_of("");
  root.groups.push_back(group_of("g", {{"self", ".", "/g"}}));
  const File file(tree_of(std::move(root)));
  EXPECT_EQ(file.at("/g/self/self/self"), file.at("/g"));
  EXPECT_EQ(file.find_by_type("X", Scope::linked).size(), 0U) << "and it ends";
  std::string path = "/g";
  for (int i = 0; i < 64; ++i) path += "/self";
  EXPECT_TRUE(file.find(path).has_value());
  EXPECT_FALSE(file.find(path + "/self").has_value());
  ASSERT_EQ(file.problems().size(), 1U);
  EXPECT_EQ(file.problems()[0].kind, Problem::Kind::loop);
}

TEST(File, WithoutAnOpenerOtherFilesAreNotFollowed) {
  const File file(tree_of(group_of("", {{"x", "../b.zarr", "/"}})));
  EXPECT_EQ(file.find("/x"), std::nullopt);
  ASSERT_EQ(file.problems().size(), 1U);
  EXPECT_EQ(file.problems()[0].kind, Problem::Kind::missing_file);
}

TEST(File, OpensNoMoreFilesThanAllowed) {
  auto opener = std::make_shared<FakeOpener>();
  std::vector<LinkBuilder> links;
  for (int i = 0; i < 20; ++i)
    links.push_back({"x" + std::to_string(i), "f" + std::to_string(i), "/"});
  FileOptions options;
  options.max_files = 5;
  const File file(tree_of(group_of("", links)), options, opener);
  EXPECT_EQ(file.follow_all().lost_links, 20U);
  EXPECT_EQ(opener->opened, 5);
  EXPECT_NE(shown(file).find("more than 5 files"), std::string::npos);
}

TEST(File, FollowsAll) {
  GroupBuilder root = small_file::file();
  ObjectType record = testing::object_type(ObjectType::Kind::record);
  record.fields = {{"n", testing::number_type(DataType::integer(4))}, {"s", reference_type()}};
  root.datasets.push_back(testing::dataset_of(
      "rows", record, {2}, {Value(List{1, to("/acquisition/a")}), Value(List{2, to("/none")})}));
  root.datasets.push_back(testing::dataset_of("order", reference_type(), {3},
                                              {Value(Null{}), Value(to("/")), Value(Null{})}));
  root.attributes.set("regions",
                      List{Value(RegionReference{to("/acquisition/a/data"), {{{0}, {2}}}}),
                           Value(RegionReference{to("/acquisition/a/data"), {{{3}, {2}}}})});
  const File file(tree_of(std::move(root)));
  const Followed followed = file.follow_all();
  EXPECT_EQ(followed.links, 1U);
  EXPECT_EQ(followed.references, 4U) << "one is the target of the index column";
  EXPECT_EQ(followed.region_references, 2U);
  EXPECT_EQ(followed.null_references, 2U);
  EXPECT_EQ(followed.lost_links, 0U);
  EXPECT_EQ(followed.lost_references, 2U);
  const auto problems = file.problems();
  ASSERT_EQ(problems.size(), 2U) << shown(file);
  EXPECT_EQ(problems[0].path, "/@regions");
  EXPECT_EQ(problems[0].kind, Problem::Kind::bad_region);
  EXPECT_EQ(problems[1].path, "/rows");
}

TEST(File, CountsReferencesThatTheSourceFoundLost) {
  GroupBuilder root;
  DatasetBuilder lost;
  lost.name = "lost";
  lost.data = std::make_shared<const testing::FakeObjects>(
      reference_type(), Shape{3}, std::vector<Value>{Value(to("/")), Value(Null{}), Value(Null{})},
      1);
  root.datasets.push_back(std::move(lost));
  const File file(tree_of(std::move(root)));
  const Followed followed = file.follow_all();
  EXPECT_EQ(followed.references, 2U);
  EXPECT_EQ(followed.lost_references, 1U);
  EXPECT_EQ(followed.null_references, 1U);
  ASSERT_EQ(file.problems().size(), 1U);
  EXPECT_EQ(file.problems()[0].path, "/lost");
}

TEST(File, ReportsReferencesThatCantBeRead) {
  class Torn final : public ObjectSource {
   public:
    explicit Torn(Shape shape) : shape_(std::move(shape)) {}
    const ObjectType& type() const override { return type_; }
    const Shape& shape() const override { return shape_; }
    const Shape& chunk_shape() const override { return none_; }
    std::vector<Value> read(const Region&) const override {
      throw Error(ErrorCode::corrupt_data, "the chunk is torn");
    }

   private:
    ObjectType type_ = reference_type();
    Shape shape_, none_;
  };
  GroupBuilder root;
  root.datasets.emplace_back().name = "huge";
  root.datasets.back().data = std::make_shared<const Torn>(Shape{1ULL << 60U});
  root.datasets.emplace_back().name = "torn";
  root.datasets.back().data = std::make_shared<const Torn>(Shape{4});
  root.datasets.push_back(testing::dataset_of("whole", reference_type(), {1}, {Value(to("/"))}));
  const File file(tree_of(root));
  EXPECT_EQ(file.follow_all().references, 1U) << "the rest is followed";
  ASSERT_EQ(file.problems().size(), 2U) << shown(file);
  EXPECT_EQ(file.problems()[0].path, "/huge");
  EXPECT_EQ(file.problems()[0].kind, Problem::Kind::unreadable);
  EXPECT_EQ(file.problems()[1].path, "/torn");
  EXPECT_NE(file.problems()[1].text.find("the chunk is torn"), std::string::npos);
  FileOptions options;
  options.strict = true;
  expect_error(ErrorCode::limit_exceeded, "/huge",
               [&] { (void)File(tree_of(root), options).follow_all(); });
}

TEST(File, KeepsWhatItsReaderReported) {
  OpenedTree tree = tree_of(group_of(""));
  tree.problems.push_back({Problem::Kind::dangling, "", "/gone", "the link is left out"});
  tree.problems.push_back({Problem::Kind::left_out, "", "/odd", "the dataset is left out"});
  const File file(tree);
  ASSERT_EQ(file.problems().size(), 2U);
  EXPECT_EQ(file.problems()[0],
            (Problem{Problem::Kind::dangling, "/d/a.zarr", "/gone", "the link is left out"}));
  FileOptions options;
  options.strict = true;
  expect_error(ErrorCode::not_found, "/d/a.zarr: /gone: the link is left out",
               [&] { File(tree, options); });
}

TEST(File, RefusesWhatIsTooLargeOrTooDeep) {
  FileOptions options;
  options.limits.max_nodes = 3;
  expect_error(ErrorCode::limit_exceeded, "more than 3 groups",
               [&] { File(tree_of(small_file::file()), options); });
  options.limits = {};
  options.limits.max_depth = 1;
  expect_error(ErrorCode::limit_exceeded, "nested deeper than 1",
               [&] { File(tree_of(small_file::file()), options); });
}

TEST(File, NamesThatAreNoneOrTakenAreLeftOut) {
  GroupBuilder root = group_of("", {{"a", ".", "/"}, {"x/y", ".", "/"}, {"..", ".", "/"}});
  root.groups.push_back(group_of("a"));
  root.groups.push_back(group_of(""));
  const File file(tree_of(std::move(root)));
  EXPECT_EQ(file.root().children().size(), 1U);
  EXPECT_FALSE(file.at("/a").is_link());
  EXPECT_EQ(file.problems().size(), 4U) << shown(file);
}

TEST(File, IsReadByManyThreads) {
  auto opener = std::make_shared<FakeOpener>();
  opener->files["/d/b"] = [] { return small_file::file(); };
  GroupBuilder root = small_file::file();
  root.groups.push_back(cached_schema(kTypes));
  root.links.push_back({"b", "b", "/acquisition/a"});
  root.links.push_back({"lost", "c", "/"});
  const File file(tree_of(std::move(root)), {}, opener);
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      const bool found = file.find_by_type("Series").size() == 1 &&
                         file.find_by_id(*file.root().object_id()) == file.root() &&
                         file.at("/b/data").read<int>().size() == 4 && !file.find("/lost");
      if (found) ++right;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 8);
  EXPECT_EQ(opener->opened, 2) << "b, and c, which is not there";
  EXPECT_EQ(file.problems().size(), 1U) << shown(file);
}

}  // namespace
}  // namespace engram::hdmf
