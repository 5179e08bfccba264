// What is written by some regions is read by others, whatever the array: compared with a plain
// buffer in memory. ENGRAM_PROPERTY_CASES sets how many arrays are tried (nightly: 20000),
// ENGRAM_PROPERTY_SEED where the first begins; a failure names the seed of its array.

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "engram/base/error.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/zarr/array.hpp"

namespace engram::zarr {
namespace {

constexpr std::uint64_t kCases = 1000;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  // From 0 to n - 1.
  std::uint64_t below(std::uint64_t n) { return engine_() % n; }
  bool coin() { return below(2) == 0; }
  template <typename T>
  const T& one_of(const std::vector<T>& list) {
    return list[static_cast<std::size_t>(below(list.size()))];
  }

  Bytes bytes(std::uint64_t n) {
    Bytes out(static_cast<std::size_t>(n));
    // Few values, so that there is something to compress and some chunks are all fill.
    const std::uint64_t values = one_of<std::uint64_t>({1, 2, 256});
    for (std::byte& byte : out) byte = static_cast<std::byte>(below(values));
    return out;
  }

  Region region(const Shape& shape) {
    Region region;
    for (const std::uint64_t length : shape) {
      const std::uint64_t from = below(length + 1);
      region.origin.push_back(from);
      region.shape.push_back(coin() ? length - from : below(length - from + 1));
    }
    return region;
  }

 private:
  std::mt19937_64 engine_;
};

DataType random_type(Random& random) {
  const ByteOrder order = random.coin() ? ByteOrder::little : ByteOrder::big;
  const std::vector<DataType> types = {DataType::boolean(),
                                       DataType::integer(1),
                                       DataType::integer(2, order),
                                       DataType::integer(8, order),
                                       DataType::unsigned_integer(4, order),
                                       DataType::floating(2, order),
                                       DataType::floating(4, order),
                                       DataType::floating(8, order),
                                       DataType::complex(8, order),
                                       DataType::complex(16, order),
                                       DataType::bytes(1 + random.below(7)),
                                       DataType::unicode(1 + random.below(3), order),
                                       DataType::opaque(1 + random.below(9)),
                                       DataType::datetime("ns", order),
                                       DataType::timedelta("7D", order)};
  if (random.below(5) != 0) return random.one_of(types);
  const DataType inner = DataType::structured({Field{"x", random.one_of(types), {}, 0}});
  return DataType::structured({Field{"a", random.one_of(types), {2, 1}, 0},
                               Field{"b", inner, {}, 0}, Field{"", DataType::opaque(3), {}, 0}});
}

std::vector<CodecConfig> random_codecs(Random& random, const DataType& type, bool& has_compressor) {
  std::vector<CodecConfig> codecs;
  const auto element_size = static_cast<std::int64_t>(type.size);
  if (random.below(3) == 0) codecs.push_back({"shuffle", {{"elementsize", element_size}}});
  if (random.below(4) == 0 && type.kind == Kind::integer)
    codecs.push_back({"delta", {{"dtype", typestr(type)}}});
  if (random.below(4) == 0)
    codecs.push_back(
        {random.one_of<std::string>({"crc32", "adler32", "fletcher32"}), Json::object()});
  if (random.below(8) == 0) codecs.push_back({"base64", Json::object()});
  has_compressor = random.below(3) != 0;
  if (!has_compressor) return codecs;
  codecs.push_back(random.one_of<CodecConfig>(
      {{"zlib", {{"level", 1}}},
       {"gzip", {{"level", 1}}},
       {"bz2", {{"level", 1}}},
       {"zstd", {{"level", 1}}},
       {"lz4", {{"acceleration", 1}}},
       {"blosc", {{"cname", "lz4"}, {"clevel", 5}, {"shuffle", 1}, {"blocksize", 0}}},
       {"blosc", {{"cname", "zstd"}, {"clevel", 1}, {"shuffle", 2}, {"blocksize", 0}}}}));
  return codecs;
}

ArrayMetadata random_metadata(Random& random) {
  ArrayMetadata metadata;
  metadata.type = random_type(random);
  const std::uint64_t rank = random.below(5);
  for (std::uint64_t d = 0; d < rank; ++d) {
    metadata.shape.push_back(random.below(rank > 2 ? 7 : 20));
    metadata.chunk_shape.push_back(1 + random.below(8));
  }
  if (random.coin()) metadata.order = Order::fortran(rank);
  metadata.separator = random.coin() ? '.' : '/';
  if (random.below(4) != 0) metadata.fill_value = random.bytes(metadata.type.size);
  // A boolean is 0 or 1 in metadata; text is text.
  if (metadata.fill_value &&
      (metadata.type.kind == Kind::boolean || metadata.type.kind == Kind::unicode ||
       metadata.type.kind == Kind::floating || metadata.type.kind == Kind::complex))
    metadata.fill_value = Bytes(static_cast<std::size_t>(metadata.type.size));
  metadata.codecs = random_codecs(random, metadata.type, metadata.has_compressor);
  return metadata;
}

// The array as it should be: elements as bytes, C order.
class Model {
 public:
  Model(Shape shape, Bytes fill) : shape_(std::move(shape)), fill_(std::move(fill)) {
    values_.resize(static_cast<std::size_t>(element_count(shape_)) * fill_.size());
    fill_region(values_, shape_, Region::all(shape_), fill_);
  }

  void write(const Region& region, BytesView elements) {
    copy_region(elements, region.shape, Region::all(region.shape), values_, shape_, region,
                fill_.size());
  }
  Bytes read(const Region& region) const {
    Bytes out(static_cast<std::size_t>(element_count(region.shape)) * fill_.size());
    copy_region(values_, shape_, region, out, region.shape, Region::all(region.shape),
                fill_.size());
    return out;
  }
  // Grows only: what a cut chunk keeps is not the model's business.
  void grow(const Shape& shape) {
    Model larger(shape, fill_);
    larger.write({Shape(shape.size(), 0), shape_}, values_);
    *this = std::move(larger);
  }
  const Shape& shape() const { return shape_; }

 private:
  Shape shape_;
  Bytes fill_, values_;
};

Bytes little_endian_fill(const ArrayMetadata& metadata) {
  Bytes fill = metadata.fill_value.value_or(Bytes(static_cast<std::size_t>(metadata.type.size)));
  make_little_endian(metadata.type, fill);
  return fill;
}

void try_array(std::uint64_t seed, ThreadPool& pool) {
  Random random(seed);
  const ArrayMetadata metadata = random_metadata(random);
  SCOPED_TRACE("seed " + std::to_string(seed) + ": " + to_zarray(metadata));
  const auto store = std::make_shared<store::MemoryStore>();
  Array array = Array::create(store, random.coin() ? "" : "a/b", metadata);
  array.set_write_empty_chunks(random.coin());
  MemoryBudget budget(10000);
  const auto workers = [&] { return random.below(8) == 0 ? Workers{&pool, &budget} : Workers{}; };
  Model model(metadata.shape, little_endian_fill(metadata));
  for (int step = 0; step < 6; ++step) {
    if (!metadata.shape.empty() && random.below(4) == 0) {
      Shape shape = model.shape();
      shape[static_cast<std::size_t>(random.below(shape.size()))] += random.below(5);
      array.resize(shape);
      model.grow(shape);
    }
    const Region in = step == 0 ? Region::all(model.shape()) : random.region(model.shape());
    const Bytes values = random.bytes(element_count(in.shape) * metadata.type.size);
    if (step > 0 || random.coin()) {
      array.write(in, values, workers());
      model.write(in, values);
    }
    const Region out = random.region(model.shape());
    ASSERT_EQ(array.read_bytes(out, workers()), model.read(out)) << "step " << step;
  }
  const Array again = Array::open(store, array.path());
  const Region all = Region::all(model.shape());
  ASSERT_EQ(again.read_bytes(all), model.read(all));
  ASSERT_EQ(to_zarray(again.metadata()), to_zarray(array.metadata()));
}

TEST(ZarrProperty, WhatIsWrittenIsReadWhateverTheArray) {
  const std::uint64_t cases = from_environment("ENGRAM_PROPERTY_CASES", kCases);
  const std::uint64_t seed = from_environment("ENGRAM_PROPERTY_SEED", 1);
  ThreadPool pool(3);
  for (std::uint64_t i = 0; i < cases; ++i) {
    ASSERT_NO_THROW(try_array(seed + i, pool)) << "seed " << seed + i;
    if (HasFatalFailure()) return;
  }
}

// The same for text.
void try_objects(std::uint64_t seed) {
  Random random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  ArrayOptions options;
  options.object_codec = CodecConfig{random.coin() ? "vlen-utf8" : "json2", Json::object()};
  options.shape = {random.below(12), random.below(6)};
  options.chunk_shape = {1 + random.below(5), 1 + random.below(4)};
  if (random.coin()) options.order = Order::fortran(2);
  options.fill_value = "";
  options.write_empty_chunks = random.coin();
  Array array = Array::create(std::make_shared<store::MemoryStore>(), "", options);
  std::vector<Json> model(static_cast<std::size_t>(element_count(options.shape)), "");
  const auto at = [&](const Region& region, std::uint64_t i) {
    const std::uint64_t row = region.origin[0] + i / region.shape[1];
    return static_cast<std::size_t>(row * options.shape[1] + region.origin[1] +
                                    i % region.shape[1]);
  };
  for (int step = 0; step < 4; ++step) {
    const Region in = random.region(options.shape);
    std::vector<Json> values;
    for (std::uint64_t i = 0; i < element_count(in.shape); ++i) {
      values.emplace_back(std::string(static_cast<std::size_t>(random.below(4)), 'x'));
      model[at(in, i)] = values.back();
    }
    array.write_objects(in, values);
    const Region out = random.region(options.shape);
    std::vector<Json> expected;
    for (std::uint64_t i = 0; i < element_count(out.shape); ++i)
      expected.push_back(model[at(out, i)]);
    ASSERT_EQ(array.read_objects(out), expected);
  }
}

TEST(ZarrProperty, TextTooIsReadAsItWasWritten) {
  const std::uint64_t cases = from_environment("ENGRAM_PROPERTY_CASES", kCases) / 2;
  const std::uint64_t seed = from_environment("ENGRAM_PROPERTY_SEED", 1);
  for (std::uint64_t i = 0; i < cases; ++i) {
    ASSERT_NO_THROW(try_objects(seed + i)) << "seed " << seed + i;
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace engram::zarr
