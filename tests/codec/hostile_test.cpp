// Input that was made to hurt: bombs, overflows, random damage. Under a sanitizer these are the
// tests that show whether a decoder stays within its bounds.
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <new>
#include <random>

#include "codec/blosc_frame.hpp"
#include "codec/fixtures.hpp"
#include "codec/little_endian.hpp"
#include "engram/codec/adopt.hpp"
#include "engram/codec/object_codec.hpp"
#include "engram/codec/pipeline.hpp"

namespace engram::codec {
namespace {

// 2 MB of deflate that become 2 GiB: a megabyte of zeros ends on a whole byte and needs nothing
// that came before it, so its stream can be repeated.
Bytes deflate_bomb() {
  constexpr std::size_t kMegabyte = 1U << 20U;
  Bytes zeros(kMegabyte);
  Bytes once(kMegabyte);
  z_stream stream{};
  if (deflateInit(&stream, 9) != Z_OK) throw std::bad_alloc();
  std::size_t begin = 0;  // Of the second megabyte, which has no head before it.
  for (int i = 0; i < 2; ++i) {
    begin = stream.total_out;
    stream.next_in = reinterpret_cast<Bytef*>(zeros.data());
    stream.avail_in = kMegabyte;
    stream.next_out = reinterpret_cast<Bytef*>(once.data() + begin);
    stream.avail_out = static_cast<uInt>(once.size() - begin);
    deflate(&stream, Z_FULL_FLUSH);
  }
  once.resize(stream.total_out);
  deflateEnd(&stream);
  Bytes bomb = once;
  for (int i = 2; i < 2048; ++i)
    bomb.insert(bomb.end(), once.begin() + static_cast<std::ptrdiff_t>(begin), once.end());
  return bomb;
}

TEST(Bomb, DeflateStopsAtTheEndOfTheOutput) {
  const Bytes bomb = deflate_bomb();
  EXPECT_GT(bomb.size(), 2'000'000U);
  EXPECT_LT(bomb.size(), 2'300'000U);
  const BytesCodecPtr zlib = make_codec({"zlib", Json::object()});
  for (const std::size_t room : {0U, 4096U, 16U << 20U})
    expect_error(ErrorCode::corrupt_data, fmt::format("more than the {} bytes", room),
                 [&] { decode(*zlib, bomb, room); });
  Bytes framed = bomb;
  frame_as_blosc(framed, 4096, 2, true);
  const BytesCodecPtr blosc = make_codec({"blosc", Json::object()});
  expect_error(ErrorCode::corrupt_data, "more than the 4096 bytes",
               [&] { decode(*blosc, framed, 4096); });
}

TEST(Bomb, OthersStopToo) {
  const Bytes zeros(16U << 20U);
  for (const char* name : {"gzip", "zstd", "bz2", "lz4", "lzma", "blosc"}) {
    const BytesCodecPtr codec = make_codec({name, Json::object()});
    const Bytes bomb = encode(*codec, zeros, 8);
    EXPECT_LT(bomb.size(), zeros.size() / 100) << name;
    expect_error(ErrorCode::corrupt_data, "expected", [&] { decode(*codec, bomb, 4096); });
    // Once more: gigabytes from some bytes, for whoever believes them.
    expect_error(ErrorCode::corrupt_data, "", [&] {
      Pipeline({{name, Json::object()}, {name, Json::object()}})
          .decode(encode(*codec, bomb, 1), 4096);
    });
  }
}

// Blosc/c-blosc#405: a length made of 8.4 million bytes 255 wraps around and passes the check.
TEST(Blosclz, RefusesTheLengthThatWrapsAround) {
  Bytes frame(kBloscFramedHead);
  const auto put = [&frame](std::initializer_list<int> bytes) {
    for (const int byte : bytes) frame.push_back(static_cast<std::byte>(byte));
  };
  put({0, 0x41, 0xe0});  // One literal, then a long match.
  frame.resize(frame.size() + 8421506, std::byte{255});
  put({0, 0, 0, 0});
  constexpr std::uint32_t kSize = 1U << 20U;
  frame[0] = std::byte{2};
  frame[1] = std::byte{1};
  frame[2] = std::byte{0x10};
  frame[3] = std::byte{1};
  store_u32(frame.data() + 4, kSize);
  store_u32(frame.data() + 8, kSize);
  store_u32(frame.data() + 12, static_cast<std::uint32_t>(frame.size()));
  store_u32(frame.data() + 16, 20);
  store_u32(frame.data() + 20, static_cast<std::uint32_t>(frame.size() - kBloscFramedHead));
  const BytesCodecPtr blosc = make_codec({"blosc", Json::object()});
  expect_error(ErrorCode::corrupt_data, "no valid length", [&] { decode(*blosc, frame, kSize); });
}

TEST(Blosclz, TakesRunsThatAreReal) {
  Bytes data(40U << 20U, std::byte{255});
  const CodecConfig config = {"blosc",
                              {{"cname", "blosclz"}, {"shuffle", 0}, {"blocksize", 40 << 20}}};
  const BytesCodecPtr blosc = make_codec(config);
  EXPECT_EQ(decode(*blosc, encode(*blosc, data, 1), data.size()), data);
}

// Some of the bytes changed, some cut out, some doubled.
Bytes mutated(Bytes bytes, std::mt19937& random) {
  for (unsigned changes = 1 + random() % 4; changes > 0 && !bytes.empty(); --changes) {
    const std::size_t at =
        random() % std::min<std::size_t>(bytes.size(), random() % 2 ? 64 : 1U << 20U);
    const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (random() % 6) {
      case 0:
        *place = static_cast<std::byte>(random());
        break;
      case 1:
        *place ^= static_cast<std::byte>(1U << (random() % 8));
        break;
      case 2:
        *place = std::byte{255};
        break;
      case 3:
        bytes.resize(at);
        break;
      case 4:
        bytes.erase(place);
        break;
      default:
        bytes.insert(place, bytes.begin(), place);
        break;
    }
  }
  return bytes;
}

// Decodes what `random` made of `encoded`; whatever happens must be an answer or an Error.
void expect_an_answer(const BytesCodec& codec, const Bytes& encoded, std::size_t size,
                      std::mt19937& random) {
  const Bytes damaged = mutated(encoded, random);
  const std::size_t room = random() % 4 == 0 ? random() % (2 * size + 1) : size;
  try {
    EXPECT_LE(decode(codec, damaged, room).size(), room);
  } catch (const Error& error) {
    EXPECT_TRUE(error.code() == ErrorCode::corrupt_data || error.code() == ErrorCode::unsupported)
        << error.what();
  }
}

TEST(Fuzz, DecodersAnswerOrThrow) {
  std::mt19937 random(7);
  for (const Json& each : fixtures().at("codecs")) {
    const BytesCodecPtr codec = make_codec(config_of(each.at("codec")));
    const Bytes encoded = bytes_of(each.at("encoded"));
    const std::size_t size =
        bytes_of(fixtures().at("arrays").at(each.at("array").get<std::string>())).size();
    for (int i = 0; i < 300; ++i) expect_an_answer(*codec, encoded, size, random);
  }
}

// Heads of frames as they can't come from random changes: all sizes agree but one.
TEST(Fuzz, BloscFramesWithSizesThatFit) {
  std::mt19937 random(11);
  const Bytes data = walk(3000);
  for (const char* cname : {"blosclz", "lz4", "zlib", "zstd"}) {
    const BytesCodecPtr codec =
        make_codec({"blosc", {{"cname", cname}, {"shuffle", 2}, {"blocksize", 512}}});
    const Bytes encoded = encode(*codec, data, 4);
    for (int i = 0; i < 3000; ++i) {
      Bytes frame = mutated(encoded, random);
      if (frame.size() < kBloscHead) continue;
      store_u32(frame.data() + 12, static_cast<std::uint32_t>(frame.size()));
      frame[0] = std::byte{2};
      if (random() % 2 == 0) frame[2] = static_cast<std::byte>(random());
      if (random() % 2 == 0) frame[3] = static_cast<std::byte>(random());
      if (random() % 4 == 0)
        store_u32(frame.data() + 8, static_cast<std::uint32_t>(random() % 4000));
      expect_an_answer(*codec, frame, data.size(), random);
    }
  }
}

TEST(Fuzz, AdoptersAnswerOrThrow) {
  std::mt19937 random(13);
  for (const Json& each : fixtures().at("chunks")) {
    std::vector<CodecConfig> source;
    for (const Json& codec : each.at("source"))
      source.push_back({codec.at("name").get<std::string>(), codec.at("configuration")});
    const Bytes encoded = bytes_of(each.at("encoded"));
    const std::size_t size = bytes_of(each.at("raw")).size();
    for (const ShuffleForm form : {ShuffleForm::blosc_head, ShuffleForm::verbatim}) {
      const auto adopter =
          Adopter::make(source, each.at("element_size").get<std::uint64_t>(), size, form);
      ASSERT_TRUE(adopter);
      const Pipeline target(adopter->codecs());
      for (int i = 0; i < 200; ++i) {
        Bytes chunk = mutated(encoded, random);
        try {
          adopter->adopt(chunk, static_cast<std::uint32_t>(random() % 8));
          target.decode(chunk, size);
        } catch (const Error& error) {
          EXPECT_TRUE(error.code() == ErrorCode::corrupt_data ||
                      error.code() == ErrorCode::unsupported)
              << error.what();
        }
      }
    }
  }
}

TEST(Fuzz, ObjectCodecsAnswerOrThrow) {
  std::mt19937 random(17);
  for (const char* kind : {"vlen", "json2"}) {
    for (const Json& each : fixtures().at(kind)) {
      const Bytes encoded = bytes_of(each.at("encoded"));
      for (int i = 0; i < 500; ++i) {
        const Bytes damaged = mutated(encoded, random);
        try {
          if (kind[0] == 'v')
            decode_vlen(damaged, each.at("items").size());
          else
            decode_json2(damaged, each.at("shape").get<std::vector<std::uint64_t>>());
        } catch (const Error& error) {
          EXPECT_TRUE(error.code() == ErrorCode::corrupt_data ||
                      error.code() == ErrorCode::limit_exceeded)
              << error.what();
        }
      }
    }
  }
}

}  // namespace
}  // namespace engram::codec
