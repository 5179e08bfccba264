#include "converters/plan.hpp"

#include <gtest/gtest.h>

#include "converters/fake_chunks.hpp"
#include "testing/expect_error.hpp"

namespace engram::converter {
namespace {

using testing::dataset_of;
using testing::expect_error;
using testing::FakeChunkedArray;
using testing::FakeWriter;

const std::vector<CodecConfig> kPlannedZlib{{"zlib", {{"level", 4}}}};

std::shared_ptr<FakeChunkedArray> chunked(DataType type, Shape shape, Shape chunk_shape,
                                          std::vector<CodecConfig> codecs = kPlannedZlib,
                                          std::optional<Bytes> fill = std::nullopt) {
  return std::make_shared<FakeChunkedArray>(
      ArrayInfo{std::move(type), std::move(shape), std::move(chunk_shape), std::move(fill)},
      std::move(codecs), std::map<std::uint64_t, Bytes>{});
}

// An array of which only the shape is asked for.
class ShapeOnly final : public ArraySource {
 public:
  ShapeOnly(DataType type, Shape shape, bool stored = true)
      : info_{std::move(type), std::move(shape), {}, std::nullopt}, stored_(stored) {}
  const ArrayInfo& info() const override { return info_; }
  void read(const Region&, std::span<std::byte>) const override {}
  bool is_stored() const override { return stored_; }

 private:
  ArrayInfo info_;
  bool stored_;
};

PlannedDataset plan_one(std::shared_ptr<const ArraySource> source,
                        const std::string& codec = "keep", const std::string& chunks = "keep",
                        bool adopts = true, const Limits& limits = {}) {
  hdmf::GroupBuilder root;
  root.datasets.push_back(dataset_of("data", std::move(source)));
  FakeWriter writer;
  writer.adopts = adopts;
  PlanRules rules;
  rules.codecs = parse_codec_rule(codec);
  rules.chunks = parse_chunk_rule(chunks);
  auto plan = make_plan(root, rules, writer, limits);
  EXPECT_EQ(plan.datasets.size(), 1U);
  auto planned = plan.datasets.at(0);
  planned.dataset = nullptr;
  return planned;
}

TEST(PlanTest, ChunksThatTheWriterAdoptsAreCopied) {
  const auto planned = plan_one(chunked(DataType::integer(2, ByteOrder::big), {100, 4}, {10, 4}));
  EXPECT_EQ(planned.array.action, Action::copy);
  EXPECT_EQ(planned.array.reason, "");
  EXPECT_EQ(planned.array.path, "/data");
  EXPECT_EQ(planned.array.info.type, DataType::integer(2, ByteOrder::big)) << "as stored";
  EXPECT_EQ(planned.array.info.chunk_shape, (Shape{10, 4}));
  EXPECT_EQ(planned.array.codecs, kPlannedZlib);
  EXPECT_EQ(planned.source_codecs, kPlannedZlib);
  EXPECT_EQ(planned.array.bytes, 800U);
  EXPECT_EQ(planned.array.chunks, 10U);
}

struct RecodeCase {
  const char* what;
  std::string codec, chunks;
  bool adopts;
  std::string reason;
  Shape chunk;
};

TEST(PlanTest, WhatIsNotCopiedSaysWhy) {
  const RecodeCase cases[] = {
      {"another codec", "zstd:3", "keep", true, "another codec was asked for", {10, 4}},
      {"no codec", "none", "keep", true, "another codec was asked for", {10, 4}},
      {"chunks of our own", "keep", "auto", true, "other chunks were asked for", {100, 4}},
      {"chunks that were given", "keep", "25,2", true, "other chunks were asked for", {25, 2}},
      {"longer than the array", "keep", "1000,2", true, "other chunks were asked for", {100, 2}},
      {"not adopted",
       "keep",
       "keep",
       false,
       "Zarr can't take chunks under zlib as they are",
       {10, 4}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    const auto planned = plan_one(chunked(DataType::integer(2, ByteOrder::big), {100, 4}, {10, 4}),
                                  c.codec, c.chunks, c.adopts);
    EXPECT_EQ(planned.array.action, Action::recode);
    EXPECT_EQ(planned.array.reason, c.reason);
    EXPECT_EQ(planned.array.info.chunk_shape, c.chunk);
    EXPECT_EQ(planned.array.info.type, DataType::integer(2)) << "little-endian";
  }
}

TEST(PlanTest, LengthsOfAnotherRankChangeNothing) {
  const auto planned = plan_one(chunked(DataType::integer(2), {100, 4}, {10, 4}), "keep", "30000");
  EXPECT_EQ(planned.array.action, Action::copy);
}

TEST(PlanTest, TheSameChunksUnderAnotherNameAreCopied) {
  const auto planned = plan_one(chunked(DataType::integer(2), {100, 4}, {10, 4}), "keep", "10,4");
  EXPECT_EQ(planned.array.action, Action::copy);
}

TEST(PlanTest, AContiguousArrayGetsChunksAndTheDefaultCodec) {
  const auto planned =
      plan_one(std::make_shared<ShapeOnly>(DataType::integer(2), Shape{3'000'000, 384}));
  EXPECT_EQ(planned.array.action, Action::recode);
  EXPECT_EQ(planned.array.reason, "it is not chunked");
  EXPECT_EQ(planned.array.info.chunk_shape.at(1), 64U);
  ASSERT_EQ(planned.array.codecs.size(), 1U);
  EXPECT_EQ(planned.array.codecs[0], default_codec());
  EXPECT_EQ(planned.array.codecs[0].configuration["cname"], "zstd");
  EXPECT_EQ(planned.array.codecs[0].configuration["shuffle"], 2);
  EXPECT_EQ(planned.array.chunks, 39U * 6U);
}

TEST(PlanTest, TheFillValueTurnsWithTheType) {
  const auto planned = plan_one(chunked(DataType::integer(2, ByteOrder::big), {4}, {4},
                                        kPlannedZlib, Bytes{std::byte{1}, std::byte{2}}),
                                "zstd:3");
  EXPECT_EQ(planned.array.info.fill_value, (Bytes{std::byte{2}, std::byte{1}}));
}

TEST(PlanTest, AScalarIsOneChunk) {
  const auto planned = plan_one(std::make_shared<ShapeOnly>(DataType::floating(8), Shape{}));
  EXPECT_EQ(planned.array.info.chunk_shape, Shape{});
  EXPECT_EQ(planned.array.chunks, 1U);
  EXPECT_EQ(planned.array.bytes, 8U);
}

TEST(PlanTest, WhatIsNotStoredHasNoChunksHoweverLargeItIs) {
  const auto planned = plan_one(
      std::make_shared<ShapeOnly>(DataType::integer(4), Shape{8'589'934'592, 268'435'457}, false));
  EXPECT_EQ(planned.array.action, Action::recode);
  EXPECT_EQ(planned.array.chunks, 0U);
  EXPECT_EQ(planned.array.bytes, 0U);
}

TEST(PlanTest, AnImpossibleSizeIsRefusedByName) {
  expect_error(ErrorCode::limit_exceeded, "/data", [] {
    plan_one(std::make_shared<ShapeOnly>(DataType::integer(8), Shape{1ULL << 62, 8}));
  });
}

TEST(PlanTest, AChunkThatCannotBeEncodedIsCut) {
  const auto planned =
      plan_one(chunked(DataType::integer(1), {4ULL << 30}, {3ULL << 30}), "keep", "keep", false);
  EXPECT_EQ(planned.array.action, Action::recode);
  EXPECT_LE(planned.array.info.chunk_shape.at(0), kChunkBytes);
  EXPECT_NE(planned.array.reason.find("too large to encode"), std::string::npos);
}

TEST(PlanTest, AHugeChunkIsCopiedAllTheSame) {
  const auto planned = plan_one(chunked(DataType::integer(1), {4ULL << 30}, {3ULL << 30}));
  EXPECT_EQ(planned.array.action, Action::copy);
}

TEST(PlanTest, LengthsThatCannotBeEncodedAreTheUsersMistake) {
  expect_error(ErrorCode::invalid_argument, "ask for smaller chunks", [] {
    plan_one(std::make_shared<ShapeOnly>(DataType::integer(1), Shape{4ULL << 30}), "keep",
             "3000000000");
  });
}

TEST(PlanTest, CountsWhatATreeHolds) {
  hdmf::GroupBuilder root, a, b;
  a.name = "a";
  b.name = "b";
  b.links.push_back({"l", ".", "/a"});
  b.attributes.set("r", hdmf::List{hdmf::Reference{}, hdmf::Reference{}});
  a.attributes.set("q", hdmf::Record{{"x", hdmf::Reference{}}, {"y", hdmf::RegionReference{}}});
  a.datasets.push_back(dataset_of("text", testing::text_type(), {3}, {"a", "b", "c"}));
  a.datasets.back().attributes.set("s", hdmf::Reference{});
  a.groups.push_back(b);
  root.groups.push_back(a);
  root.datasets.push_back(dataset_of("t", testing::text_type(), {200'000}, {}));
  const auto plan = make_plan(root, {}, FakeWriter(), {});
  EXPECT_EQ(plan.groups, 2U);
  EXPECT_EQ(plan.links, 1U);
  EXPECT_EQ(plan.references, 4U);
  EXPECT_EQ(plan.region_references, 1U);
  ASSERT_EQ(plan.datasets.size(), 2U);
  EXPECT_EQ(plan.datasets[0].array.path, "/t");
  EXPECT_EQ(plan.datasets[0].array.chunks, 4U);
  EXPECT_EQ(plan.datasets[1].array.path, "/a/text");
  EXPECT_EQ(plan.datasets[1].array.action, Action::objects);
  EXPECT_EQ(plan.datasets[1].array.bytes, 48U);
}

TEST(PlanTest, RulesAreForPaths) {
  hdmf::GroupBuilder root, below;
  below.name = "a";
  const auto array = [] { return chunked(DataType::integer(2), {100, 4}, {10, 4}); };
  below.datasets.push_back(dataset_of("x", array()));
  below.datasets.push_back(dataset_of("y", array()));
  root.datasets.push_back(dataset_of("x", array()));
  root.groups.push_back(std::move(below));
  TargetOptions options;
  options.codec_for = {{"/a/*", "zstd:3"}, {"/a/y", "keep"}};
  options.chunks_for = {{"/**/y", "50,2"}};
  FakeWriter writer;
  const auto plan = make_plan(root, plan_rules(options), writer, {});
  ASSERT_EQ(plan.datasets.size(), 3U);
  EXPECT_EQ(plan.datasets[0].array.action, Action::copy);
  EXPECT_EQ(plan.datasets[1].array.path, "/a/x");
  EXPECT_EQ(plan.datasets[1].array.codecs.at(0).name, "zstd");
  EXPECT_EQ(plan.datasets[1].array.info.chunk_shape, (Shape{10, 4}));
  EXPECT_EQ(plan.datasets[2].array.codecs.at(0).name, "blosc");
  EXPECT_EQ(plan.datasets[2].array.info.chunk_shape, (Shape{50, 2}));
  EXPECT_EQ(plan.datasets[2].array.reason, "other chunks were asked for");

  options.fast_paths = false;
  for (const auto& planned : make_plan(root, plan_rules(options), writer, {}).datasets) {
    EXPECT_EQ(planned.array.action, Action::recode) << planned.array.path;
    EXPECT_FALSE(planned.fast_paths);
  }
}

TEST(CodecRuleTest, VerbatimIsForAll) {
  TargetOptions options;
  options.codec = "verbatim";
  EXPECT_TRUE(plan_rules(options).codecs.for_all().keep);
  options.codec_for = {{"/a", "verbatim"}};
  expect_error(ErrorCode::invalid_argument, "not for /a alone", [&] { plan_rules(options); });
}

TEST(PlanTest, AnArrayGetsThoseOfTheCodecsThatItTakes) {
  const auto plan = [](const DataType& type, const char* codec) {
    return plan_one(std::make_shared<ShapeOnly>(type, Shape{100, 4}), codec).array;
  };
  const DataType i2 = DataType::integer(2), real = DataType::floating(8);
  auto planned = plan(i2, "delta+zstd:3");
  ASSERT_EQ(planned.codecs.size(), 2U);
  EXPECT_EQ(planned.codecs[0].configuration["dtype"], "<i2");
  EXPECT_EQ(planned.reason, "another codec was asked for");
  EXPECT_EQ(planned.loss, "");
  planned = plan(real, "delta+zstd:3");
  ASSERT_EQ(planned.codecs.size(), 1U);
  EXPECT_EQ(planned.codecs[0].name, "zstd");
  EXPECT_EQ(planned.reason, "another codec was asked for; delta does not take <f8");
  planned = plan(real, "wavpack:2");
  EXPECT_EQ(planned.codecs, std::vector<CodecConfig>{default_codec()});
  planned = plan(i2, "wavpack:2:3");
  EXPECT_EQ(planned.codecs[0].name, "wavpack");
  EXPECT_TRUE(planned.loss.starts_with("wavpack: about 3")) << planned.loss;
  EXPECT_EQ(plan(real, "wavpack:2:3").loss, "");
  EXPECT_TRUE(plan(i2, "anscombe-v1:97:86+zstd").loss.starts_with("anscombe-v1: counts"));
}

TEST(CodecRuleTest, LossIsByPathAndNotVerified) {
  for (const char* codec : {"wavpack:2:3", "anscombe-v1:97:86+zstd"}) {
    TargetOptions options;
    options.codec = codec;
    expect_error(ErrorCode::invalid_argument, "ask for it by path", [&] { plan_rules(options); });
    options.codec = "keep";
    options.codec_for = {{"/acquisition/**", codec}};
    EXPECT_NO_THROW(plan_rules(options));
    options.verify = true;
    expect_error(ErrorCode::invalid_argument, "leave out one", [&] { plan_rules(options); });
  }
  TargetOptions options;
  options.codec = "delta+wavpack:4";
  options.verify = true;
  EXPECT_NO_THROW(plan_rules(options));
}

TEST(CodecRuleTest, OfHdf5IsOneFilter) {
  TargetOptions options;
  options.format = TargetFormat::hdf5;
  for (const char* codec : {"delta+zstd", "zstd+bz2"}) {
    options.codec = codec;
    expect_error(ErrorCode::invalid_argument, "one codec is chosen", [&] { plan_rules(options); });
  }
  for (const char* codec : {"wavpack", "flac", "delta"}) {
    options.codec = codec;
    expect_error(ErrorCode::invalid_argument, "HDF5 has no filter", [&] { plan_rules(options); });
  }
}

TEST(CodecRuleTest, ReadsWhatIsMeant) {
  EXPECT_TRUE(parse_codec_rule("keep").keep);
  EXPECT_TRUE(parse_codec_rule("verbatim").keep);
  EXPECT_FALSE(parse_codec_rule("keep").codecs);
  EXPECT_FALSE(parse_codec_rule("none").keep);
  EXPECT_EQ(parse_codec_rule("none").codecs, std::vector<CodecConfig>{});
  EXPECT_EQ(parse_codec_rule("zstd:3").codecs->at(0).name, "zstd");
  for (const int format : {2, 3}) {
    EXPECT_EQ(object_compressor(parse_codec_rule("none"), format), std::nullopt);
    EXPECT_EQ(object_compressor(parse_codec_rule("gzip:1"), format)->name, "gzip");
  }
  EXPECT_EQ(object_compressor(parse_codec_rule("keep"), 2)->name, "blosc");
  EXPECT_EQ(object_compressor(parse_codec_rule("keep"), 3)->name, "zstd");
  EXPECT_EQ(object_compressor(parse_codec_rule("delta+bz2"), 2)->name, "bz2");
  for (const char* text : {"wavpack", "delta", "flac:3", "delta+wavpack"})
    EXPECT_EQ(object_compressor(parse_codec_rule(text), 2)->name, "blosc");
  expect_error(ErrorCode::invalid_argument, "verbatim", [] { parse_codec_rule("snappy"); });
}

}  // namespace
}  // namespace engram::converter
