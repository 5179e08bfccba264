#pragma once

// What every store must do, as GoogleTest suites with the store as their parameter. Whoever writes
// a store outside of engram runs them too: this file, expect_error.hpp beside it and engram's
// public headers are all that they need. It is included by one file of a test program, which lists
// the stores:
//
//   using namespace engram::testing;
//
//   // Can be written: all of StoreSuite.
//   INSTANTIATE_TEST_SUITE_P(Mine, StoreSuite,
//                            ::testing::Values(StoreCase{"Mine", [] { return make_mine(); }}),
//                            StoreSuite::name_of);
//
//   // Can be read; made with the values that it is to have: all of ReadableStoreSuite.
//   INSTANTIATE_TEST_SUITE_P(
//       Mine, ReadableStoreSuite,
//       ::testing::Values(ReadableStoreCase{"Mine", [](const Contents& c) { return serve(c); }}),
//       ReadableStoreSuite::name_of);
//
// A store that can be written should stand in both lists: filled_by(make) makes the second of the
// first.

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
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
#include "testing/store_text.hpp"

namespace engram::testing {

/// Keys and values of a store.
using Contents = std::map<std::string, std::string>;

/// How to make an empty store; what it needs beside itself is held by the pointer's deleter.
struct StoreCase {
  const char* name;
  std::function<std::shared_ptr<store::Store>()> make;
  bool is_atomic = true;  ///< False: readers may see half a value, as the store's header says.

  friend std::ostream& operator<<(std::ostream& out, const StoreCase& c) { return out << c.name; }
};

/// How to make a store that has these values and no others.
struct ReadableStoreCase {
  const char* name;
  std::function<std::shared_ptr<const store::ReadableStore>(const Contents&)> make;
  bool lists = true;  ///< False: list_dir() throws Error(unsupported), as over HTTP.

  friend std::ostream& operator<<(std::ostream& out, const ReadableStoreCase& c) {
    return out << c.name;
  }
};

/// Makes a store with values of one that makes empty ones.
inline auto filled_by(std::function<std::shared_ptr<store::Store>()> make) {
  return [make = std::move(make)](
             const Contents& contents) -> std::shared_ptr<const store::ReadableStore> {
    auto store = make();
    for (const auto& [key, value] : contents) store->set(store::Key(key), as_bytes(value));
    return store;
  };
}

namespace store_suite {

using store::Key;
using Names = std::vector<std::string>;

/// Names that are keys, though a store may be tempted to change them.
inline Names odd_names() {
  return {".zarray",
          "a%b",
          "a%2Fb",
          "with blank",
          "\u00b5/\U0001F600",
          "0",
          "a.b.c",
          "..a",
          "...",
          "A",
          "~",
          "-",
          "*",
          ".x.part",
          "a:b",
          ".x.1234567.part",
          "\x01",
          "CON",
          "a?b=c",
          "quote\"s'",
          "a#b",
          "a+b&c",
          "a;b",
          "[0]",
          "x.part",
          "a\nb",
          "e\u0301",
          "\u00e9",
          "http:",
          "a=b"};
}

/// Texts that would lead out of a store, or to another place of it than they say.
inline Names hostile_texts() {
  using namespace std::string_literals;
  return {"",
          "/",
          "/a",
          "a/",
          "//a",
          "a//b",
          ".",
          "..",
          "../a",
          "a/..",
          "a/../../b",
          "a/./b",
          "./a",
          "a\\..\\b",
          "..\\a",
          "a\0b"s,
          "\0"s,
          "/etc/passwd",
          "a/../../../etc/passwd",
          "a/.b.01234567.part",
          ".b.01234567.part",
          "\xff",
          "a/\xc0\xae\xc0\xae/b",
          std::string(256, 'x'),
          std::string(5000, 'x')};
}

/// Bytes in which a wrong place shows.
inline std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 7) ^ (i >> 8U));
  return bytes;
}

}  // namespace store_suite

class ReadableStoreSuite : public ::testing::TestWithParam<ReadableStoreCase> {
 public:
  static std::string name_of(const ::testing::TestParamInfo<ReadableStoreCase>& info) {
    return info.param.name;
  }

 protected:
  using Key = store::Key;
  using Names = store_suite::Names;

  std::shared_ptr<const store::ReadableStore> make(const Contents& contents) const {
    return GetParam().make(contents);
  }
};

TEST_P(ReadableStoreSuite, WithoutValuesHasNone) {
  const auto store = make({});
  EXPECT_EQ(store->get(Key("a"), kNoLimit), std::nullopt);
  EXPECT_EQ(store->get(Key("a"), 0), std::nullopt);
  EXPECT_EQ(store->get_range(Key("a/b"), 0, 10), std::nullopt);
  EXPECT_EQ(store->get_range(Key("a/b"), 5, 0), std::nullopt);
  EXPECT_EQ(store->size(Key("a/b/c")), std::nullopt);
  EXPECT_FALSE(store->name().empty());
}

TEST_P(ReadableStoreSuite, GivesEachValueItsBytes) {
  const std::string binary("\0\xff/\n\r\n\r\n", 8);
  const auto store = make({{"a", binary}, {"b/c/d", "deep"}, {"b/c/e", ""}, {"b-", "x"}});
  EXPECT_EQ(testing::text(*store, "a"), binary);
  EXPECT_EQ(testing::text(*store, "b/c/d"), "deep");
  EXPECT_EQ(testing::text(*store, "b/c/e"), "");
  EXPECT_EQ(store->size(Key("a")), 8U);
  EXPECT_EQ(store->size(Key("b/c/e")), 0U);
  for (const char* none : {"b", "b/c", "b/c/x", "a/x", "B-", "c"}) {
    EXPECT_EQ(testing::text(*store, none), std::nullopt) << none;
    EXPECT_EQ(store->size(Key(none)), std::nullopt) << none;
    EXPECT_EQ(store->get_range(Key(none), 0, 1), std::nullopt) << none;
  }
}

TEST_P(ReadableStoreSuite, GivesValuesIntoMemoryThatIsUsedAgain) {
  const auto store = make({{"a", "0123456789"}, {"b", "xy"}, {"c", ""}});
  Bytes value = to_bytes("something longer than all of them");
  for (const auto& [key, text] : {std::pair{"a", "0123456789"}, {"b", "xy"}, {"a", "0123456789"}}) {
    EXPECT_TRUE(store->get_into(Key(key), kNoLimit, value));
    EXPECT_EQ(as_text(value), text);
  }
  EXPECT_TRUE(store->get_into(Key("c"), 0, value));
  EXPECT_TRUE(value.empty());
  EXPECT_FALSE(store->get_into(Key("d"), kNoLimit, value));
  testing::expect_error(ErrorCode::limit_exceeded, "",
                        [&] { store->get_into(Key("a"), 9, value); });
}

TEST_P(ReadableStoreSuite, TakesNamesAsTheyAre) {
  Contents contents;
  for (const auto& name : store_suite::odd_names()) contents[name] = name;
  const std::string longest(255, 'x');
  contents[longest + "/" + longest] = "long";
  const auto store = make(contents);
  for (const auto& [key, value] : contents) {
    EXPECT_EQ(testing::text(*store, key), value);
    EXPECT_EQ(store->size(Key(key)), value.size()) << key;
  }
  EXPECT_EQ(testing::text(*store, "a"), std::nullopt) << "nor are there others";
}

TEST_P(ReadableStoreSuite, GivesRanges) {
  const std::string large = store_suite::pattern(300'000);
  const auto store = make({{"small", "0123456789"}, {"d/large", large}, {"empty", ""}});
  struct Case {
    std::uint64_t offset, size;
    const char* expected;
  };
  for (const auto& [offset, size, expected] :
       std::initializer_list<Case>{{0, 10, "0123456789"},
                                   {0, 1, "0"},
                                   {3, 4, "3456"},
                                   {9, 1, "9"},
                                   {5, 100, "56789"},
                                   {10, 1, ""},
                                   {1000, 5, ""},
                                   {4, 0, ""},
                                   {0, 0, ""},
                                   {10, 0, ""},
                                   {~0ULL, 1, ""},
                                   {~0ULL, ~0ULL, ""},
                                   {8, ~0ULL, "89"},
                                   {0, ~0ULL, "0123456789"}}) {
    const auto range = as_string(store->get_range(Key("small"), offset, size));
    EXPECT_EQ(range, expected) << size << " from " << offset;
  }
  for (const std::size_t offset : {0U, 1U, 65'535U, 65'536U, 199'999U, 299'990U}) {
    const auto range = as_string(store->get_range(Key("d/large"), offset, 70'000));
    EXPECT_TRUE(range == large.substr(offset, 70'000)) << offset;
  }
  EXPECT_EQ(as_string(store->get_range(Key("empty"), 0, 5)), "");
  EXPECT_EQ(store->get_range(Key("none"), 0, 5), std::nullopt);
}

TEST_P(ReadableStoreSuite, KeepsLargeValues) {
  const std::string large = store_suite::pattern(3'000'000);
  const auto store = make({{"large", large}});
  EXPECT_TRUE(testing::text(*store, "large") == large);
  EXPECT_EQ(store->size(Key("large")), large.size());
}

TEST_P(ReadableStoreSuite, RefusesLargerValuesThanAskedFor) {
  const auto store = make({{"a", "12345"}, {"large", std::string(1'000'000, 'x')}});
  EXPECT_TRUE(store->get(Key("a"), 5));
  expect_error(ErrorCode::limit_exceeded, "a has 5 bytes, more than the 4",
               [&] { store->get(Key("a"), 4); });
  expect_error(ErrorCode::limit_exceeded, "more than the 0", [&] { store->get(Key("large"), 0); });
  EXPECT_FALSE(store->get(Key("b"), 0));
}

TEST_P(ReadableStoreSuite, ListsWhatLiesDirectlyBelow) {
  Contents contents;
  for (const char* key :
       {".zgroup", "b/x", "a-b/y", "a/.zarray", "a/0.1", "a/0.0", "a/sub/deep/z", "\xC3\xA9"}) {
    contents[key] = "1";
  }
  const auto store = make(contents);
  if (!GetParam().lists) {
    expect_error(ErrorCode::unsupported, "list", [&] { store->list_dir(""); });
    expect_error(ErrorCode::unsupported, "list", [&] { store->list_dir("a"); });
    return;
  }
  const auto root = store->list_dir("");
  EXPECT_EQ(root.keys, (Names{".zgroup", "\xC3\xA9"}));
  EXPECT_EQ(root.prefixes, (Names{"a", "a-b", "b"}));
  const auto a = store->list_dir("a");
  EXPECT_EQ(a.keys, (Names{".zarray", "0.0", "0.1"}));
  EXPECT_EQ(a.prefixes, Names{"sub"});
  EXPECT_EQ(store->list_dir("a/sub").prefixes, Names{"deep"});
  EXPECT_EQ(store->list_dir("a/sub/deep").keys, Names{"z"});
  for (const char* none : {"nothing", "a/0.0", "a/0.0/x", "a/nothing/x", "a-"}) {
    EXPECT_TRUE(store->list_dir(none).keys.empty()) << none;
    EXPECT_TRUE(store->list_dir(none).prefixes.empty()) << none;
  }
}

TEST_P(ReadableStoreSuite, HostileKeysDoNotExist) {
  const auto store = make({{"a", "1"}});
  for (const auto& hostile : store_suite::hostile_texts()) {
    expect_error(ErrorCode::invalid_argument, "can't be a key",
                 [&] { store->get(Key(hostile), 1); });
    if (hostile.empty()) continue;  // The root.
    expect_error(ErrorCode::invalid_argument, "can't be a key", [&] { store->list_dir(hostile); });
  }
}

TEST_P(ReadableStoreSuite, ManyThreadsReadAtOnce) {
  Contents contents;
  for (int i = 0; i < 40; ++i) {
    contents["d" + std::to_string(i % 7) + "/" + std::to_string(i)] =
        store_suite::pattern(static_cast<std::size_t>(i) * 1000);
  }
  const auto store = make(contents);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (const auto& [key, value] : contents) {
        EXPECT_TRUE(testing::text(*store, key) == value) << key;
        EXPECT_TRUE(as_string(store->get_range(Key(key), 500, 100)) ==
                    value.substr(std::min<std::size_t>(500, value.size()), 100))
            << key;
        EXPECT_EQ(store->size(Key(key)), value.size()) << key;
      }
    });
  }
}

class StoreSuite : public ::testing::TestWithParam<StoreCase> {
 public:
  static std::string name_of(const ::testing::TestParamInfo<StoreCase>& info) {
    return info.param.name;
  }

 protected:
  using Key = store::Key;
  using Names = store_suite::Names;

  std::optional<std::string> text(std::string_view key) const {
    return testing::text(*store_, key);
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
  EXPECT_NO_THROW(store_->erase_prefix("a/b"));
  EXPECT_NO_THROW(store_->erase_prefix(""));
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

TEST_P(StoreSuite, TakesValuesInPieces) {
  set("a/b", "old");
  {
    const auto writer = store_->begin(Key("a/b"));
    const auto other = store_->begin(Key("c"));
    writer->append(as_bytes("new "));
    other->append(as_bytes("x"));
    writer->append(as_bytes(""));
    writer->append(as_bytes("value"));
    EXPECT_EQ(text("a/b"), "old") << "it is there when it is whole";
    EXPECT_EQ(text("c"), std::nullopt);
    writer->finish();
    EXPECT_EQ(text("a/b"), "new value");
  }
  EXPECT_EQ(text("c"), std::nullopt) << "what is not finished never was";
  EXPECT_EQ(store_->list_dir("").keys, Names{});
  EXPECT_EQ(store_->list_dir("a").keys, Names{"b"});
}

TEST_P(StoreSuite, TheLastValueCounts) {
  set("a/0.0", "a long value");
  set("a/0.0", "short");
  EXPECT_EQ(text("a/0.0"), "short");
  EXPECT_EQ(store_->size(Key("a/0.0")), 5U);
  EXPECT_EQ(as_string(store_->get_range(Key("a/0.0"), 3, 10)), "rt");
  EXPECT_EQ(store_->list_dir("a").keys, Names{"0.0"});
}

TEST_P(StoreSuite, HasNestedChunks) {
  // dimension_separator "/": the indices of a chunk are names of directories.
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      const auto chunk = "a/" + std::to_string(i) + "/" + std::to_string(j) + "/0";
      set(chunk, chunk);
    }
  }
  set("a/.zarray", "{}");
  EXPECT_EQ(text("a/2/1/0"), "a/2/1/0");
  EXPECT_EQ(store_->list_dir("a").keys, Names{".zarray"});
  EXPECT_EQ(store_->list_dir("a").prefixes, (Names{"0", "1", "2"}));
  EXPECT_EQ(store_->list_dir("a/1/2").keys, Names{"0"});
  store_->erase_prefix("a/1");
  EXPECT_EQ(text("a/1/0/0"), std::nullopt);
  EXPECT_EQ(text("a/2/0/0"), "a/2/0/0");
  EXPECT_EQ(store_->list_dir("a").prefixes, (Names{"0", "2"}));
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

TEST_P(StoreSuite, ErasesWhatLiesBelowAPrefix) {
  for (const char* key : {"a/b/c", "a/b/d/e", "a/b/d/f/g", "a/bc", "a/b-", "ab", "a-b/c", "x"}) {
    set(key, "1");
  }
  store_->erase_prefix("a/b");
  for (const char* gone : {"a/b/c", "a/b/d/e", "a/b/d/f/g"}) EXPECT_EQ(text(gone), std::nullopt);
  for (const char* left : {"a/bc", "a/b-", "ab", "a-b/c", "x"}) EXPECT_EQ(text(left), "1") << left;
  EXPECT_TRUE(store_->list_dir("a").prefixes.empty());
  store_->erase_prefix("x");  // A value, and nothing below it.
  EXPECT_EQ(text("x"), "1");
  set("a/b", "a value now");
  EXPECT_EQ(text("a/b"), "a value now");
  store_->erase_prefix("");
  EXPECT_TRUE(store_->list_dir("").keys.empty());
  EXPECT_TRUE(store_->list_dir("").prefixes.empty());
  set("a/b/c", "2");
  EXPECT_EQ(text("a/b/c"), "2");
}

TEST_P(StoreSuite, MovesValues) {
  set("a/0", "moved");
  set("b/c/1", "replaced");
  store_->move(Key("a/0"), Key("b/c/1"));
  EXPECT_EQ(text("b/c/1"), "moved");
  EXPECT_EQ(text("a/0"), std::nullopt);
  store_->move(Key("b/c/1"), Key("new/2"));
  EXPECT_EQ(text("new/2"), "moved");
  store_->move(Key("a/0"), Key("new/2"));  // of nothing
  EXPECT_EQ(text("new/2"), "moved");
}

TEST_P(StoreSuite, ReplacesValuesTogether) {
  // Twice, so that what is known of directories that went is no trouble.
  for (int round = 0; round < 2; ++round) {
    set("s/new/0", "new zero");
    set("s/new/1", "new one");
    set("a/0", "old zero");
    set("gone", "old");
    const std::vector<store::Replacement> changes = {
        {Key("a/0"), Key("s/new/0")}, {Key("b/1"), Key("s/new/1")}, {Key("gone"), std::nullopt}};
    store_->replace_together(changes, "s");
    EXPECT_EQ(text("a/0"), "new zero");
    EXPECT_EQ(text("b/1"), "new one");
    EXPECT_EQ(text("gone"), std::nullopt);
    EXPECT_EQ(text("s/new/0"), std::nullopt);
    store_->replace_together(changes, "s");  // As after an interruption.
    EXPECT_EQ(text("a/0"), "new zero");
    store_->erase_prefix("s");
    EXPECT_EQ(store_->list_dir("").prefixes, (Names{"a", "b"}));
    store_->sync();
  }
}

TEST_P(StoreSuite, HostileTextsChangeNothing) {
  set("a", "1");
  for (const auto& hostile : store_suite::hostile_texts()) {
    expect_error(ErrorCode::invalid_argument, "can't be a key", [&] { set(hostile, "evil"); });
    expect_error(ErrorCode::invalid_argument, "can't be a key",
                 [&] { store_->erase(Key(hostile)); });
    if (hostile.empty()) continue;  // The root.
    expect_error(ErrorCode::invalid_argument, "can't be a key",
                 [&] { store_->erase_prefix(hostile); });
  }
  EXPECT_EQ(text("a"), "1");
  EXPECT_EQ(store_->list_dir("").keys, Names{"a"});
  EXPECT_TRUE(store_->list_dir("").prefixes.empty());
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

TEST_P(StoreSuite, CanBeReadWhenItIsFinished) {
  set("a/b", "old");
  set("a/b", "value");
  set("a/c", "gone");
  set("d/e", "gone");
  store_->erase(Key("a/c"));
  store_->erase_prefix("d");
  store_->finish();
  EXPECT_EQ(text("a/b"), "value");
  EXPECT_EQ(text("a/c"), std::nullopt);
  EXPECT_EQ(text("d/e"), std::nullopt);
  EXPECT_EQ(store_->list_dir("").prefixes, Names{"a"});
  EXPECT_NO_THROW(store_->finish());
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

TEST_P(StoreSuite, ReadersSeeOldOrNewValuesWhole) {
  if (!GetParam().is_atomic) return;
  const std::string ones(50'000, '1');
  const std::string twos(60'000, '2');
  set("a/0", ones);
  std::atomic<bool> done = false;
  std::jthread writer([&] {
    for (int i = 0; i < 200; ++i) set("a/0", i % 2 == 0 ? twos : ones);
    done = true;
  });
  std::vector<std::jthread> readers;
  for (int t = 0; t < 2; ++t) {
    readers.emplace_back([&] {
      while (!done) {
        const auto value = text("a/0");
        ASSERT_TRUE(value == ones || value == twos);
        const auto range = as_string(store_->get_range(Key("a/0"), 49'990, 20));
        ASSERT_TRUE(range == std::string(10, '1') || range == std::string(20, '2'));
        const auto size = store_->size(Key("a/0"));
        ASSERT_TRUE(size == ones.size() || size == twos.size());
      }
    });
  }
}

}  // namespace engram::testing
