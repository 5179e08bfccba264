#include "engram/zarr/transaction.hpp"

#include <gtest/gtest.h>

#include "engram/store/directory_store.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/store/zip_store.hpp"
#include "testing/expect_error.hpp"
#include "testing/store_content.hpp"
#include "testing/temp_dir.hpp"
#include "testing/transaction_scene.hpp"

namespace engram::zarr {
namespace {

using testing::content_of;
using testing::StoreContent;
using testing::TransactionScene;

std::shared_ptr<store::MemoryStore> store_with(const StoreContent& content) {
  auto store = std::make_shared<store::MemoryStore>();
  testing::fill_store(*store, content);
  return store;
}

// What the changes make of the store when they are made without a transaction.
StoreContent expected_after() {
  const auto store = store_with(TransactionScene::before());
  Transaction transaction(store);
  TransactionScene::change(transaction);
  transaction.commit();
  consolidate(*store);
  return content_of(*store);
}

TEST(TransactionTest, ChangesAreSeenThroughItAndNowhereElseUntilItIsCommitted) {
  const StoreContent before = TransactionScene::before();
  const auto store = store_with(before);
  const std::string old = TransactionScene::seen(store);
  const auto transaction = std::make_shared<Transaction>(store);
  TransactionScene::change(*transaction);
  const std::string changed = TransactionScene::seen(transaction);
  EXPECT_NE(changed, old);
  EXPECT_EQ(TransactionScene::seen(transaction, false), changed);
  EXPECT_EQ(TransactionScene::seen(store), old);
  EXPECT_EQ(TransactionScene::seen(store, false), old);
  EXPECT_FALSE(transaction->is_decided());
  transaction->commit();
  EXPECT_TRUE(transaction->is_decided());
  EXPECT_EQ(TransactionScene::seen(store), changed);
  EXPECT_EQ(TransactionScene::seen(store, false), changed);
}

TEST(TransactionTest, OfZarrV3) {
  const auto store = store_with({});
  Group root = Group::create(store, "", {{"title", "before"}}, IfExists::refuse, {}, 3);
  ArrayOptions options;
  options.zarr_format = 3;
  options.type = DataType::integer(2);
  options.shape = {5};
  options.chunk_shape = {2};
  options.shard_shape = {4};
  const std::vector<std::int16_t> values = {1, 2, 3, 4, 5};
  root.create_array("a/b", options).write<std::int16_t>(Region::all({5}), values);
  root.create_array("gone", options);
  consolidate(*store);
  const std::string old = TransactionScene::seen(store);
  {
    Transaction dropped(store);
    const std::shared_ptr<store::Store> view(std::shared_ptr<void>(), &dropped);
    Array::open(view, "a/b").append<std::int16_t>(values);
  }
  EXPECT_EQ(TransactionScene::seen(store), old);
  Transaction transaction(store);
  const std::shared_ptr<store::Store> view(std::shared_ptr<void>(), &transaction);
  Group::open(view).set_attributes({{"title", "after"}});
  Array::open(view, "a/b").append<std::int16_t>(values);
  Group::open(view).create_array("a/new", options);
  Group::open(view).erase("gone");
  EXPECT_EQ(TransactionScene::seen(store), old);
  transaction.commit();
  EXPECT_TRUE(check_consolidated(*store).is_current());
  EXPECT_EQ(TransactionScene::seen(store), TransactionScene::seen(store, false));
  EXPECT_EQ(Group::open(store).attributes()["title"], "after");
  EXPECT_EQ(Array::open(store, "a/b").read<std::int16_t>(Region::all({10})),
            (std::vector<std::int16_t>{1, 2, 3, 4, 5, 1, 2, 3, 4, 5}));
  const Node all = read_hierarchy(*store);
  ASSERT_EQ(all.children.size(), 1U);
  EXPECT_EQ(all.children[0].children.size(), 2U);
  EXPECT_EQ(store->list_dir(".engram-append").keys.size(), 0U);
}

TEST(TransactionTest, LeavesConsolidatedMetadataAsConsolidateWritesThem) {
  const auto store = store_with(TransactionScene::before());
  Transaction transaction(store);
  TransactionScene::change(transaction);
  transaction.commit();
  const StoreContent after = content_of(*store);
  EXPECT_TRUE(check_consolidated(*store).is_current());
  consolidate(*store);
  EXPECT_EQ(content_of(*store), after);
}

TEST(TransactionTest, WithoutACommitNothingHasHappened) {
  const StoreContent before = TransactionScene::before();
  const auto store = store_with(before);
  {
    Transaction transaction(store);
    TransactionScene::change(transaction);
    EXPECT_NE(content_of(*store), before);  // the journal
  }
  EXPECT_EQ(content_of(*store), before);
}

TEST(TransactionTest, NothingIsWrittenForNoChange) {
  const StoreContent before = TransactionScene::before();
  const auto store = store_with(before);
  Transaction transaction(store);
  transaction.set(store::Key("a/.zattrs"), as_bytes(before.at("a/.zattrs")));
  transaction.commit();
  EXPECT_EQ(content_of(*store), before);
}

TEST(TransactionTest, WorksOnADirectoryTimeAfterTime) {
  testing::TempDir dir;
  const auto store =
      std::make_shared<store::DirectoryStore>(dir / "a.zarr", store::DirectoryStore::Mode::create);
  testing::fill_store(*store, TransactionScene::before());
  {
    Transaction transaction(store);
    TransactionScene::change(transaction);
    transaction.commit();
  }
  EXPECT_EQ(content_of(*store), expected_after());
  for (std::int32_t round = 0; round < 3; ++round) {
    const auto transaction = std::make_shared<Transaction>(store);
    auto array = Array::open(std::shared_ptr<store::Store>(transaction), "a/numbers");
    array.append<std::int32_t>(std::vector<std::int32_t>(3, round));
    transaction->commit();
  }
  const auto array = Group::open_consolidated(store).array("a/numbers");
  EXPECT_EQ(array.shape(), Shape{20});
  EXPECT_EQ(array.read<std::int32_t>({{16}, {4}}), (std::vector<std::int32_t>{1, 2, 2, 2}));
  EXPECT_TRUE(check_consolidated(*store).is_current());
}

TEST(TransactionTest, AStoreWithoutConsolidatedMetadataGetsNone) {
  StoreContent content = TransactionScene::before();
  content.erase(".zmetadata");
  const auto store = store_with(content);
  Transaction transaction(store);
  TransactionScene::change(transaction);
  EXPECT_FALSE(transaction.size(store::Key(".zmetadata")).has_value());
  transaction.commit();
  StoreContent expected = expected_after();
  expected.erase(".zmetadata");
  EXPECT_EQ(content_of(*store), expected);
}

TEST(TransactionTest, ASecondWriterIsRefusedWhileTheFirstOneRuns) {
  const auto memory = store_with(TransactionScene::before());
  testing::TempDir dir;
  const auto first =
      std::make_shared<store::DirectoryStore>(dir / "a.zarr", store::DirectoryStore::Mode::create);
  testing::fill_store(*first, TransactionScene::before());
  const auto second =
      std::make_shared<store::DirectoryStore>(dir / "a.zarr", store::DirectoryStore::Mode::update);
  for (const auto& [one, other] :
       {std::pair<std::shared_ptr<store::Store>, std::shared_ptr<store::Store>>{memory, memory},
        {first, second}}) {
    {
      const Transaction transaction(one);
      testing::expect_error(ErrorCode::already_exists, "writer",
                            [&, &store = other] { Transaction{store}; });
      testing::expect_error(ErrorCode::already_exists, "writer",
                            [&, &store = other] { recover(*store); });
    }
    Transaction transaction(other);
    transaction.commit();
    Transaction next(one);
  }
}

TEST(TransactionTest, StoresThatCantBeChangedAreRefused) {
  testing::TempDir dir;
  {
    store::ZipStore zip(dir / "a.zip", store::ZipStore::Mode::create);
    testing::fill_store(zip, TransactionScene::before());
    zip.finish();
  }
  testing::expect_error(ErrorCode::unsupported, "unpack it into a directory", [&] {
    Transaction(std::make_shared<store::ZipStore>(dir / "a.zip", store::ZipStore::Mode::append));
  });
  store::DirectoryStore made(dir / "a.zarr", store::DirectoryStore::Mode::create);
  testing::expect_error(ErrorCode::io_error, "opened for reading", [&] {
    Transaction(
        std::make_shared<store::DirectoryStore>(dir / "a.zarr", store::DirectoryStore::Mode::read));
  });
}

TEST(TransactionTest, StaleConsolidatedMetadataAreRefusedRenewedOrTrusted) {
  StoreContent stale = TransactionScene::before();
  stale["a/.zattrs"] = "{\"old\": 2}";
  {
    const auto store = store_with(stale);
    testing::expect_error(ErrorCode::corrupt_data, "a/.zattrs", [&] { Transaction{store}; });
    EXPECT_EQ(content_of(*store), stale);
  }
  {
    const auto store = store_with(stale);
    TransactionOptions options;
    options.stale = TransactionOptions::Stale::renew;
    const auto transaction = std::make_shared<Transaction>(store, options);
    EXPECT_EQ(TransactionScene::seen(transaction), TransactionScene::seen(transaction, false));
    transaction->commit();
    EXPECT_TRUE(check_consolidated(*store).is_current());
  }
  {
    const auto store = store_with(stale);
    TransactionOptions options;
    options.stale = TransactionOptions::Stale::trust;
    Transaction transaction(store, options);
    transaction.set(store::Key("b/.zgroup"), as_bytes("{\"zarr_format\": 2}"));
    transaction.commit();
    EXPECT_EQ(check_consolidated(*store).stale, std::vector<std::string>{"a/.zattrs"});
    EXPECT_TRUE(check_consolidated(*store).missing.empty());
  }
}

TEST(TransactionTest, KeysThatAreNotTheCallersAreRefused) {
  const auto store = store_with(TransactionScene::before());
  Transaction transaction(store);
  for (const char* key : {".zmetadata", ".engram-append/new/1", ".engram-append"}) {
    testing::expect_error(ErrorCode::invalid_argument, "append",
                          [&] { transaction.set(store::Key(key), {}); });
    testing::expect_error(ErrorCode::invalid_argument, "append",
                          [&] { transaction.erase(store::Key(key)); });
  }
  transaction.commit();
  testing::expect_error(ErrorCode::invalid_argument, "committed",
                        [&] { transaction.set(store::Key("x"), {}); });
  testing::expect_error(ErrorCode::invalid_argument, "committed", [&] { transaction.commit(); });
}

TEST(TransactionTest, ValuesAreReadBackInPartsAndListed) {
  const auto store = store_with(TransactionScene::before());
  Transaction transaction(store);
  const store::Key chunk("a/numbers/7"), document("new/.zattrs");
  transaction.set(chunk, as_bytes("0123456789"));
  transaction.set(chunk, as_bytes("abcdefghij"));
  transaction.set(document, as_bytes("{\"k\": 1}"));
  EXPECT_EQ(testing::as_string(transaction.get_range(chunk, 3, 4)), "defg");
  EXPECT_EQ(testing::as_string(transaction.get_range(document, 5, 100)), " 1}");
  EXPECT_EQ(testing::as_string(transaction.get_range(document, 50, 1)), "");
  EXPECT_EQ(transaction.size(chunk), 10U);
  testing::expect_error(ErrorCode::limit_exceeded, "10 bytes", [&] { transaction.get(chunk, 9); });
  EXPECT_EQ(transaction.list_dir("").prefixes, (std::vector<std::string>{"a", "gone", "new"}));
  EXPECT_EQ(transaction.list_dir("a/numbers").keys,
            (std::vector<std::string>{".zarray", "0", "1", "7"}));
  transaction.erase(chunk);
  transaction.erase(store::Key("a/numbers/1"));
  EXPECT_EQ(transaction.list_dir("a/numbers").keys, (std::vector<std::string>{".zarray", "0"}));
  EXPECT_FALSE(transaction.get(chunk, 100).has_value());
  EXPECT_FALSE(transaction.size(store::Key("a/numbers/1")).has_value());
}

struct BadJournal {
  const char* why;
  StoreContent journal;
  const char* told;
  friend std::ostream& operator<<(std::ostream& out, const BadJournal& bad) {
    return out << bad.why;
  }
};
class BadJournalTest : public ::testing::TestWithParam<BadJournal> {};

TEST_P(BadJournalTest, IsRefusedAndNothingChanged) {
  StoreContent content = TransactionScene::before();
  for (const auto& [name, value] : GetParam().journal) content[".engram-append/" + name] = value;
  const auto store = store_with(content);
  testing::expect_error(ErrorCode::corrupt_data, GetParam().told, [&] { Transaction{store}; });
  testing::expect_error(ErrorCode::corrupt_data, ".engram-append", [&] { recover(*store); });
  EXPECT_EQ(content_of(*store), content);
}

std::string record(const std::string& unseen, const std::string& together = "[]") {
  return "{\"engram_append\":1,\"unseen\":" + unseen + ",\"together\":" + together + "}";
}

INSTANTIATE_TEST_SUITE_P(
    Journals, BadJournalTest,
    ::testing::Values(
        BadJournal{"NoJson", {{"commit", "{\"engram_app"}}, "damaged"},
        BadJournal{"Empty", {{"commit", ""}}, "damaged"},
        BadJournal{"NoObject", {{"commit", "[]"}}, "none that this engram knows"},
        BadJournal{"OtherFormat", {{"commit", "{\"engram_append\":2}"}}, "none that this engram"},
        BadJournal{"NoLists", {{"commit", "{\"engram_append\":1}"}}, "no list"},
        BadJournal{"NoEntry", {{"commit", record("[7]")}}, "where a key is to be"},
        BadJournal{"NegativeNumber", {{"commit", record("[[\"a/9\",-1,0]]")}}, "where a key"},
        BadJournal{
            "OutOfTheStore", {{"commit", record("[[\"../x\",0,1]]")}, {"new/0", "x"}}, "no key"},
        BadJournal{
            "Absolute", {{"commit", record("[[\"/etc/x\",0,1]]")}, {"new/0", "x"}}, "no key"},
        BadJournal{"Itself",
                   {{"commit", record("[[\".engram-append/commit\",0,1]]")}, {"new/0", "x"}},
                   "speaks of itself"},
        BadJournal{"KeyTwice",
                   {{"commit", record("[[\"a/9\",0,1]]", "[[\"a/9\",1,1]]")},
                    {"new/0", "x"},
                    {"new/1", "x"}},
                   "twice"},
        BadJournal{"NumberTwice",
                   {{"commit", record("[[\"a/8\",0,1],[\"a/9\",0,1]]")}, {"new/0", "x"}},
                   "twice"},
        BadJournal{"ValueCutShort",
                   {{"commit", record("[]", "[[\"a/.zattrs\",0,20]]")}, {"new/0", "{}"}},
                   "2 bytes"},
        BadJournal{"ValueLost", {{"commit", record("[[\"a/numbers/9\",0,1]]")}}, "lost"}),
    [](const auto& p) { return p.param.why; });

TEST(TransactionTest, ALinkInPlaceOfTheJournalIsNotFollowed) {
  testing::TempDir dir;
  const auto store =
      std::make_shared<store::DirectoryStore>(dir / "a.zarr", store::DirectoryStore::Mode::create);
  testing::fill_store(*store, TransactionScene::before());
  std::filesystem::create_directories(dir / "outside/new");
  std::filesystem::create_directory_symlink(dir / "outside", dir / "a.zarr/.engram-append");
  EXPECT_THROW(Transaction{store}, Error);
  EXPECT_TRUE(std::filesystem::exists(dir / "outside/new"));
}

}  // namespace
}  // namespace engram::zarr
