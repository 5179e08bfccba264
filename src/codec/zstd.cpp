#include <fmt/format.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <new>
#include <utility>

#include "codec/codecs.hpp"
#include "codec/configuration.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

struct FreeZstd {
  void operator()(ZSTD_CCtx* c) const noexcept { ZSTD_freeCCtx(c); }
  void operator()(ZSTD_DCtx* d) const noexcept { ZSTD_freeDCtx(d); }
};

// Contexts hold tables of up to some MB: each thread keeps its own.
ZSTD_CCtx* compression_context() {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeZstd> kept(ZSTD_createCCtx());
  if (kept == nullptr) throw std::bad_alloc();
  return kept.get();
}

ZSTD_DCtx* decompression_context() {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeZstd> kept(ZSTD_createDCtx());
  if (kept == nullptr) throw std::bad_alloc();
  return kept.get();
}

class ZstdCodec final : public ConfiguredCodec {
 public:
  ZstdCodec(CodecConfig config, int level, bool checksum)
      : ConfiguredCodec(std::move(config)), level_(level), checksum_(checksum) {}

  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const override {
    return ZSTD_compressBound(decoded_size);
  }

  std::uint64_t encode(BytesView in, std::span<std::byte> out, std::uint64_t) const override {
    ZSTD_CCtx* context = compression_context();
    ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters);
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level_);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum_ ? 1 : 0);
    const std::size_t written =
        ZSTD_compress2(context, out.data(), out.size(), in.data(), in.size());
    if (ZSTD_isError(written) != 0)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("zstd can't encode {} bytes at level {}: {}", in.size(), level_,
                              ZSTD_getErrorName(written)));
    return written;
  }

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    // Zstandard takes nothing for zero frames.
    if (in.empty()) throw Error(ErrorCode::corrupt_data, "zstd stream is empty");
    const std::size_t written =
        ZSTD_decompressDCtx(decompression_context(), out.data(), out.size(), in.data(), in.size());
    if (ZSTD_isError(written) == 0) return written;
    if (ZSTD_getErrorCode(written) == ZSTD_error_dstSize_tooSmall)
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("zstd stream of {} bytes decodes to more than the {} bytes expected",
                              in.size(), out.size()));
    throw Error(ErrorCode::corrupt_data, fmt::format("zstd stream of {} bytes is damaged: {}",
                                                     in.size(), ZSTD_getErrorName(written)));
  }

 private:
  int level_;
  bool checksum_;
};

}  // namespace

BytesCodecPtr make_zstd(const CodecConfig& config, const ChunkElements&) {
  // numcodecs takes any level and the nearest that there is.
  const std::int64_t level = integer_member(config, "level", 0, INT_MIN, INT_MAX);
  const int nearest =
      static_cast<int>(std::clamp<std::int64_t>(level, ZSTD_minCLevel(), ZSTD_maxCLevel()));
  CodecConfig complete{"zstd", {{"level", level}}};
  bool checksum = false;
  if (const auto found = config.configuration.find("checksum");
      found != config.configuration.end()) {
    if (!found->is_boolean())
      throw Error(ErrorCode::invalid_argument, "codec zstd: checksum is neither true nor false");
    checksum = found->get<bool>();
    // Left out where it says nothing: readers older than numcodecs 0.13 refuse the member.
    if (checksum) complete.configuration["checksum"] = true;
  }
  return std::make_shared<ZstdCodec>(std::move(complete), nearest, checksum);
}

}  // namespace engram::codec
