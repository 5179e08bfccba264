#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engram/base/error.hpp"
#include "engram/store/store.hpp"
#include "testing/expect_error.hpp"

// What every store must do. To be included by one file of a test program, which lists the stores:
//
//   INSTANTIATE_TEST_SUITE_P(Mine, StoreSuite, ::testing::Values(StoreCase{"Mine", &make_mine}),
//                            StoreSuite::name_of);
namespace engram::testing {

/// How to make an empty store; what it needs beside itself is held by the pointer's deleter.
struct StoreCase {
  const char* name;
  std::function<std::shared_ptr<store::Store>()> make;

  friend std::ostream& operator<<(std::ostream& out, const StoreCase& c) { return out << c.name; }
};

class StoreSuite : public ::testing::TestWithParam<StoreCase> {
 public:
  static std::string name_of(const ::testing::TestParamInfo<StoreCase>& info) {
    return info.param.name;
  }

 protected:
  using Key = store::Key;
  using Names = std::vector<std::string>;

  static constexpr std::uint64_t kNoLimit = ~0ULL;

  std::optional<std::string> text(std::string_view key) const {
    const std::optional<Bytes> value = store_->get(Key(key), kNoLimit);
    if (!value) return std::nullopt;
    return std::string(as_text(*value));
  }
  void set(std::string_view key, std::string_view value) { store_->set(Key(key), as_bytes(value)); }

  std::shared_ptr<store::Store> store_ = GetParam().make();
};

TEST_P(StoreSuite, IsEmptyAtFirst) {
  EXPECT_EQ(text("a"), std::nullopt);
  EXPECT_EQ(text("a/b"), std::nullopt);
  EXPECT_EQ(store_->size(Key("a/b/c")), std::nullopt);
  EXPECT_TRUE(store_->list_dir("").keys.empty());
  EXPECT_TRUE(store_->list_dir("").prefixes.empty());
  EXPECT_NO_THROW(store_->erase(Key("a/b")));
  EXPECT_FALSE(store_->name().empty());
}

TEST_P(StoreSuite, GivesBackWhatWasSet) {
  const std::string binary("\0\xff/\n", 4);
  set("a", binary);
  set("b/c/d", "deep");
  set("b/c/e", "");
  EXPECT_EQ(text("a"), binary);
  EXPECT_EQ(text("b/c/d"), "deep");
  EXPECT_EQ(text("b/c/e"), "");
  EXPECT_EQ(store_->size(Key("a")), 4U);
  EXPECT_EQ(store_->size(Key("b/c/e")), 0U);
}

TEST_P(StoreSuite, TheLastValueCounts) {
  set("a/0.0", "a long value");
  set("a/0.0", "short");
  EXPECT_EQ(text("a/0.0"), "short");
  EXPECT_EQ(store_->size(Key("a/0.0")), 5U);
}

TEST_P(StoreSuite, KeepsLargeValues) {
  std::string large;
  for (int i = 0; i < 3'000'000; ++i) large += static_cast<char>(i * 7);
  set("large", large);
  EXPECT_TRUE(text("large") == large);
}

TEST_P(StoreSuite, NamesAreTakenAsTheyAre) {
  for (const char* key :
       {".zarray", "a%b", "with blank", "\u00b5/\U0001F600", "0", "a.b.c", "..a", "...", "A", "~",
        "-", "*", ".x.part", ".x.1234567.part", "a:b", "\x01", "CON", "quote\"s'"}) {
    set(key, key);
    EXPECT_EQ(text(key), key);
  }
  const std::string longest(255, 'x');
  set(longest + "/" + longest, "long");
  EXPECT_EQ(text(longest + "/" + longest), "long");
  EXPECT_EQ(text("a"), std::nullopt) << "nor are there others";
}

TEST_P(StoreSuite, ErasesOneValue) {
  set("a/b", "1");
  set("a/c", "2");
  store_->erase(Key("a/b"));
  EXPECT_EQ(text("a/b"), std::nullopt);
  EXPECT_EQ(text("a/c"), "2");
  EXPECT_EQ(store_->list_dir("a").keys, Names{"c"});
  store_->erase(Key("a/b"));
  store_->erase(Key("a"));  // No value, so nothing happens.
  EXPECT_EQ(text("a/c"), "2");
}

TEST_P(StoreSuite, ListsWhatLiesDirectlyBelow) {
  for (const char* key :
       {".zgroup", "b/x", "a-b/y", "a/.zarray", "a/0.1", "a/0.0", "a/sub/deep/z", "\xC3\xA9"}) {
    set(key, "1");
  }
  const auto root = store_->list_dir("");
  EXPECT_EQ(root.keys, (Names{".zgroup", "\xC3\xA9"}));
  EXPECT_EQ(root.prefixes, (Names{"a", "a-b", "b"}));
  const auto a = store_->list_dir("a");
  EXPECT_EQ(a.keys, (Names{".zarray", "0.0", "0.1"}));
  EXPECT_EQ(a.prefixes, Names{"sub"});
  EXPECT_EQ(store_->list_dir("a/sub").prefixes, Names{"deep"});
  EXPECT_EQ(store_->list_dir("a/sub/deep").keys, Names{"z"});
  for (const char* none : {"nothing", "a/0.0", "a/0.0/x", "a/nothing/x", "a-"}) {
    EXPECT_TRUE(store_->list_dir(none).keys.empty()) << none;
    EXPECT_TRUE(store_->list_dir(none).prefixes.empty()) << none;
  }
}

TEST_P(StoreSuite, RefusesPrefixesThatAreNoKeys) {
  for (const char* prefix : {"/", "a/", "/a", "..", "a/../b", "."}) {
    expect_error(ErrorCode::invalid_argument, "can't be a key", [&] { store_->list_dir(prefix); });
  }
}

TEST_P(StoreSuite, RefusesLargerValuesThanAskedFor) {
  set("a", "12345");
  EXPECT_TRUE(store_->get(Key("a"), 5));
  expect_error(ErrorCode::limit_exceeded, "a has 5 bytes, more than the 4",
               [&] { store_->get(Key("a"), 4); });
  EXPECT_FALSE(store_->get(Key("b"), 0));
}

TEST_P(StoreSuite, AValueHasNothingBelowIt) {
  set("a", "value");
  EXPECT_EQ(text("a/b"), std::nullopt);
  EXPECT_EQ(store_->size(Key("a/b")), std::nullopt);
  EXPECT_NO_THROW(store_->erase(Key("a/b")));
  expect_error(ErrorCode::io_error, "a", [&] { set("a/b", "1"); });
  expect_error(ErrorCode::io_error, "a", [&] { set("a/b/c", "1"); });
  EXPECT_EQ(text("a"), "value");
  set("x/y/z", "1");
  expect_error(ErrorCode::io_error, "x/y", [&] { set("x/y", "1"); });
  EXPECT_EQ(text("x/y"), std::nullopt);
  EXPECT_EQ(store_->size(Key("x/y")), std::nullopt);
  EXPECT_EQ(text("x/y/z"), "1");
  EXPECT_TRUE(store_->list_dir("x").keys.empty());
}

TEST_P(StoreSuite, ManyThreadsAtOnce) {
  constexpr int kThreads = 4;
  constexpr int kKeys = 100;
  const auto key = [](int t, int i) {
    return "d" + std::to_string(i % 7) + "/e" + std::to_string(i) + "/" + std::to_string(t);
  };
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kKeys; ++i) {
          set(key(t, i), key(t, i));
          EXPECT_EQ(text(key(t, i)), key(t, i));
          if (i % 3 == 0) store_->erase(Key(key(t, i)));
          store_->list_dir("d0");
        }
      });
    }
  }
  for (int t = 0; t < kThreads; ++t) {
    for (int i = 0; i < kKeys; ++i) {
      const std::optional<std::string> found = text(key(t, i));
      ASSERT_EQ(found.has_value(), i % 3 != 0) << key(t, i);
    }
  }
  EXPECT_EQ(store_->list_dir("").prefixes.size(), 7U);
}

}  // namespace engram::testing
