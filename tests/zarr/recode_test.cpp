#include "engram/zarr/recode.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engram/codec/object_codec.hpp"
#include "engram/codec/registry.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/zarr/consolidated.hpp"
#include "engram/zarr/group.hpp"
#include "engram/zarr/hierarchy.hpp"
#include "testing/expect_error.hpp"
#include "testing/faulty_store.hpp"
#include "testing/old_run_lengths.hpp"
#include "testing/store_content.hpp"

namespace engram::zarr {
namespace {

using store::Key;
using testing::expect_error;
using testing::old_runs;

const Shape kShapeOfOld = {7, 5};

class RecodeTest : public ::testing::Test {
 protected:
  // "a", of numbers, and "text", both in format 1.0 of the template's codec; "a" without a chunk.
  RecodeTest() {
    (void)codec::load_plugin(ENGRAM_TEST_PLUGINS "/run_lengths/run_lengths.so");
    ArrayOptions options;
    options.type = DataType::integer(2);
    options.shape = kShapeOfOld;
    options.chunk_shape = {3, 2};
    options.compressor = std::nullopt;
    options.fill_value = 4;
    Group root = Group::create(store_, "");
    root.create_array("a", options);
    for (std::size_t i = 0; i < 35; ++i) values_.push_back(static_cast<std::int16_t>(i / 6));
    root.array("a").write<std::int16_t>(Region::all(kShapeOfOld), values_);
    store_->erase(Key("a/2.2"));
    values_[34] = 4;
    options.object_codec = {"vlen-utf8", Json::object()};
    options.shape = {5};
    options.chunk_shape = {2};
    options.fill_value = "";
    root.create_array("text", options)
        .write_objects(Region::all({5}), std::vector<Json>{"a", "a", "ü", "", "b"});
    for (const char* path : {"a", "text"}) {
      ArrayMetadata metadata = Array::open(store_, path).metadata();
      metadata.codecs.push_back({"run_lengths", Json::object()});
      metadata.has_compressor = true;
      store_->set(Key(path + std::string("/.zarray")), as_bytes(to_zarray(metadata)));
      for (const std::string& name : store_->list_dir(path).keys)
        if (name.front() != '.') {
          const Key key(path + ("/" + name));
          store_->set(key, old_runs(*store_->get(key, 10000)));
        }
    }
    consolidate(*store_);
  }

  static std::vector<CodecConfig> newer(const Array& array) {
    std::vector<CodecConfig> codecs = array.metadata().codecs;
    codecs.back() = codec::with_version(codecs.back());
    return codecs;
  }

  void expect_values(const std::shared_ptr<store::Store>& store) const {
    EXPECT_EQ(Array::open(store, "a").read<std::int16_t>(Region::all(kShapeOfOld)), values_);
    EXPECT_EQ(Array::open(store, "text").read_objects(Region::all({5})),
              (std::vector<Json>{"a", "a", "ü", "", "b"}));
  }

  // Both arrays, in two transactions.
  static void recode_all(const std::shared_ptr<store::Store>& store) {
    for (const char* path : {"a", "text"}) {
      Transaction transaction(store);
      (void)recode(transaction, path, newer(Array::open(store, path)));
      transaction.commit();
    }
  }

  std::shared_ptr<store::MemoryStore> store_ = std::make_shared<store::MemoryStore>();
  std::vector<std::int16_t> values_;
};

TEST_F(RecodeTest, HoldsTheSameInTheNewerFormat) {
  expect_values(store_);
  {
    Transaction transaction(store_);
    const Recoded done = recode(transaction, "a", newer(Array::open(store_, "a")));
    EXPECT_EQ(done.chunks, 8U);
    EXPECT_GT(done.bytes_before, 0U);
    EXPECT_GT(done.bytes_after, 0U);
    expect_values(store_);  // Nothing is true yet.
    transaction.commit();
  }
  expect_values(store_);
  const ArrayMetadata after = Array::open(store_, "a").metadata();
  EXPECT_EQ(after.codecs.back(), (CodecConfig{"run_lengths", {{"codec_version", "2.0"}}}));
  EXPECT_EQ(codec::version_of(Array::open(store_, "text").metadata().codecs.back()), "1.0");
  EXPECT_EQ(store_->size(Key("a/2.2")), std::nullopt) << "what was not stored is not";
  EXPECT_EQ(std::to_integer<int>((*store_->get(Key("a/0.0"), 1000))[0]), 2) << "an element's size";
  recode_all(store_);
  expect_values(store_);
  const Node root = read_hierarchy(*store_);
  for (const Node& node : root.children)
    EXPECT_EQ(codec::version_of(node.array->codecs.back()), "2.0")
        << "the consolidated metadata too";
}

TEST_F(RecodeTest, WhatFailsChangesNothing) {
  const auto before = testing::content_of(*store_);
  store_->set(Key("a/1.1"), Bytes(3, std::byte{200}));
  {
    Transaction transaction(store_);
    expect_error(ErrorCode::corrupt_data, "a/1.1",
                 [&] { (void)recode(transaction, "a", newer(Array::open(store_, "a"))); });
  }
  store_->set(Key("a/1.1"), as_bytes(before.at("a/1.1")));
  EXPECT_EQ(testing::content_of(*store_), before);
  Transaction transaction(store_);
  expect_error(ErrorCode::invalid_argument, "codecs in place of",
               [&] { (void)recode(transaction, "a", {}); });
  expect_error(ErrorCode::invalid_argument, "another one for objects", [&] {
    (void)recode(transaction, "text", {{"json2", Json::object()}, {"run_lengths", Json::object()}});
  });
  // A codec that loses something.
  expect_error(ErrorCode::unsupported, "would not be what it was", [&] {
    (void)recode(transaction, "a", {{"quantize", {{"digits", 0}, {"dtype", "<f2"}}}});
  });
}

// At whatever call the medium fails: the arrays hold what they held, each in one format or the
// other.
TEST_F(RecodeTest, IsWholeOrUntouchedWhateverFails) {
  const auto before = testing::content_of(*store_);
  testing::FaultyStore counting(*store_, ~std::uint64_t{0}, testing::FaultyStore::Fault::fail);
  recode_all({std::shared_ptr<void>(), &counting});
  ASSERT_GT(counting.calls(), 40U);
  for (std::uint64_t at = 0; at < counting.calls(); ++at) {
    for (const bool for_ever : {false, true}) {
      const auto memory = std::make_shared<store::MemoryStore>();
      testing::fill_store(*memory, before);
      testing::FaultyStore faulty(*memory, at, testing::FaultyStore::Fault::fail, for_ever);
      try {
        recode_all({std::shared_ptr<void>(), &faulty});
      } catch (const Error&) {
      }
      (void)recover(*memory);
      SCOPED_TRACE(at);
      expect_values(memory);
    }
  }
}

}  // namespace
}  // namespace engram::zarr
