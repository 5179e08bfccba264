// An append that dies at each call of its store: readers see all of it or nothing, and the next one
// makes it exactly that.
#include <gtest/gtest.h>

#include <optional>

#include "append_scene.hpp"
#include "engram/zarr/transaction.hpp"
#include "testing/faulty_store.hpp"

namespace engram::backend {
namespace {

using namespace testing_append;  // NOLINT: what the two files of tests share
using testing::content_of;
using testing::FaultyStore;
using testing::StoreContent;

void add_all(Appender& append) {
  auto row = one_row();
  // An index that needs wider integers: the old chunk's key gets other elements.
  row[1].rows.data = std::vector<Value>{Value(List(300, 1.0))};
  append.append_rows("/table", row);
  append.extend("/acquisition/ts/data", rows_of<std::int16_t>({11, 12}, {2}));
  append.extend("/acquisition/ts/timestamps", rows_of<double>({5}));
  append.extend("/acquisition/second/data", rows_of<float>({6}));
  GroupBuilder fresh = group("fresh", "TimeSeries");
  fresh.datasets.push_back(numbers<std::int32_t>("data", {1, 2, 3}));
  fresh.links.push_back({"timestamps", ".", "/acquisition/ts/timestamps"});
  append.add_group("/acquisition", fresh);
  append.set_attribute("/table", "description", "longer");
  append.commit();
}

void show_all(const std::string& path, const GroupBuilder& group, std::string& text) {
  for (const auto& [name, value] : group.attributes)
    text += path + "@" + name + (value.is<std::string>() ? value.as<std::string>() : "") + "\n";
  for (const DatasetBuilder& dataset : group.datasets)
    text += path + "/" + dataset.name + shown(dataset) + "\n";
  for (const hdmf::LinkBuilder& link : group.links) text += path + "/" + link.name + link.path;
  for (const GroupBuilder& child : group.groups) show_all(path + "/" + child.name, child, text);
}

std::string seen(const std::shared_ptr<store::Store>& store) {
  std::string text;
  show_all("", read(store), text);
  return text;
}

TEST(AppendCrashTest, AtEachCallOfTheStore) {
  const StoreContent before = content_of(*written(scene()));
  const auto fresh = [&] {
    auto store = std::make_shared<store::MemoryStore>();
    testing::fill_store(*store, before);
    return store;
  };
  const auto whole = fresh();
  const std::string before_seen = seen(whole);
  {
    Appender append(whole, options());
    add_all(append);
  }
  const StoreContent after = content_of(*whole);
  const std::string after_seen = seen(whole);
  ASSERT_NE(before_seen, after_seen);
  std::uint64_t died = 0, were_new = 0;
  for (std::uint64_t at = 0;; ++at) {
    const auto store = fresh();
    const auto faulty = std::make_shared<FaultyStore>(*store, at, FaultyStore::Fault::fail, true);
    bool failed = false;
    try {
      Appender append(faulty, options());
      add_all(append);
    } catch (const Error&) {
      failed = true;
    }
    if (!failed && faulty->calls() <= at) break;
    ++died;
    const std::string now = seen(store);
    ASSERT_TRUE(now == before_seen || now == after_seen) << "call " << at << "\n" << now;
    were_new += now == after_seen ? 1U : 0U;
    zarr::recover(*store);
    const StoreContent content = content_of(*store);
    ASSERT_TRUE(content == before || content == after) << "call " << at;
    ASSERT_TRUE(now == before_seen || content == after) << "call " << at;
  }
  EXPECT_GT(died, 200U);
  EXPECT_GT(were_new, 2U);
}

}  // namespace
}  // namespace engram::backend
