#include "codec/photon_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>

#include "codec/numbers.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

constexpr std::uint64_t kAnscombeLast = 0x7fff;

void check_codes(std::string_view codec, const std::vector<double>& codes) {
  const bool good = std::isfinite(codes.front()) && std::isfinite(codes.back()) &&
                    std::is_sorted(codes.begin(), codes.end());
  if (!good)
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("codec {}: with these numbers there is no table of codes that ascend", codec));
}

template <typename T>
T element(const std::byte* from, std::size_t index) noexcept {
  T value;
  std::memcpy(&value, from + index * sizeof(T), sizeof(T));
  return value;
}

template <typename T>
std::uint64_t clamped(T value, std::uint64_t last) noexcept {
  if constexpr (std::is_signed_v<T>) {
    if (value < 0) return 0;
  }
  return std::min(static_cast<std::uint64_t>(value), last);
}

template <typename T, std::size_t kSize>
void look_up(const std::byte* in, std::size_t count, const Bytes& table, std::byte* out) noexcept {
  const std::uint64_t last = table.size() / kSize - 1;
  for (std::size_t i = 0; i < count; ++i)
    std::memcpy(out + i * kSize, table.data() + clamped(element<T>(in, i), last) * kSize, kSize);
}

template <typename T>
void look_up(const std::byte* in, std::size_t count, const Bytes& table, std::size_t size,
             std::byte* out) noexcept {
  switch (size) {
    case 1:
      return look_up<T, 1>(in, count, table, out);
    case 2:
      return look_up<T, 2>(in, count, table, out);
    case 4:
      return look_up<T, 4>(in, count, table, out);
    default:
      return look_up<T, 8>(in, count, table, out);
  }
}

// Elements of `from` to those of `table`, which have `size` bytes each.
void look_up(const DataType& from, BytesView in, const Bytes& table, std::size_t size,
             std::span<std::byte> out) {
  const DataType native = from.little_endian();
  visit_number(native, "anscombe-v1", [&]<typename T>(std::type_identity<T>) {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      const std::size_t count = in.size() / from.size;
      if (native == from) return look_up<T>(in.data(), count, table, size, out.data());
      const auto numbers = load_numbers<T>(from, in, native);
      const BytesView loaded = std::as_bytes(std::span(numbers.get(), count));
      look_up<T>(loaded.data(), count, table, size, out.data());
    }
  });
}

Bytes converted(const std::vector<double>& numbers, const DataType& type) {
  Bytes made(numbers.size() * type.size);
  convert_numbers(DataType::floating(8), std::as_bytes(std::span(numbers)), type, made);
  return made;
}

// `bytes` of `type` as real numbers: codes and counts are far below where that is not exact.
std::vector<double> numbers_of(const DataType& type, BytesView bytes) {
  std::vector<double> made(bytes.size() / type.size);
  convert_numbers(type, bytes, DataType::floating(8), std::as_writable_bytes(std::span(made)));
  return made;
}

}  // namespace

PhotonTable PhotonTable::anscombe(double gain, double zero_level, const DataType& encoded,
                                  const DataType& decoded) {
  const double zero_slope = 1 / kAnscombeBeta / std::sqrt(3.0 / 8);
  const double offset = zero_level * zero_slope / gain;
  std::vector<double> codes(kAnscombeLast + 1);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const double photons = (static_cast<double>(i) - zero_level) / gain;
    const double below = photons < 0 ? photons * zero_slope : 0;
    const double above =
        photons >= 0 ? 2.0 / kAnscombeBeta *
                           (std::sqrt(std::max(0.0, photons) + 3.0 / 8) - std::sqrt(3.0 / 8))
                     : 0;
    codes[i] = std::nearbyint(offset + below + above);
  }
  check_codes("anscombe-v1", codes);
  PhotonTable table(codes, encoded, decoded);
  const std::vector<Range> ranges = table.ranges();
  std::vector<double> counts(ranges.size());
  std::transform(ranges.begin(), ranges.end(), counts.begin(), [](const Range& range) {
    return static_cast<double>(range.first + range.last) / 2;
  });
  table.set_counts(ranges, counts);
  return table;
}

PhotonTable PhotonTable::poisson(double sensitivity, double dark_signal, double beta,
                                 const DataType& encoded, const DataType& decoded) {
  const std::uint64_t bits = 8 * decoded.size - (decoded.kind == Kind::integer ? 1 : 0);
  if (bits > 16)
    throw Error(ErrorCode::unsupported,
                fmt::format("codec poisson: a table for all values of \"{}\" is not made: for "
                            "elements of more than 2 bytes use_lookup must be false",
                            typestr(decoded)));
  std::vector<double> codes(std::size_t{1} << bits);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const double photons = (static_cast<double>(i) - dark_signal) / sensitivity;
    codes[i] = std::nearbyint(2.0 / beta *
                              (std::sqrt(std::max(0.0, photons) + 3.0 / 8) - std::sqrt(3.0 / 8)));
  }
  check_codes("poisson", codes);
  PhotonTable table(codes, encoded, decoded);
  const std::vector<Range> ranges = table.ranges();
  if (ranges.size() < 2)
    throw Error(ErrorCode::invalid_argument,
                "codec poisson: with these numbers all counts have one code");
  const auto number = static_cast<double>(ranges.size());
  const auto step = static_cast<double>(static_cast<std::int64_t>(ranges.back().first) -
                                        static_cast<std::int64_t>(ranges[ranges.size() - 2].first));
  std::vector<double> added(ranges.size());
  for (std::size_t i = 0; i < ranges.size(); ++i)
    added[i] = static_cast<double>(i) / number * step / 2;
  std::vector<double> counts = numbers_of(decoded, converted(added, decoded));
  for (std::size_t i = 0; i < ranges.size(); ++i) counts[i] += static_cast<double>(ranges[i].first);
  table.set_counts(ranges, counts);
  return table;
}

void PhotonTable::fill(const std::vector<double>& codes) {
  codes_ = converted(codes, encoded_);
  highest_ = codes.back();
  faithful_ = numbers_of(encoded_, codes_) == codes && codes.front() == 0;
  for (std::size_t i = 1; i < codes.size(); ++i) faithful_ &= codes[i] - codes[i - 1] <= 1;
}

// In the order of the codes in their type, which is that of the counts unless some had no place
// there.
std::vector<PhotonTable::Range> PhotonTable::ranges() const {
  const std::vector<double> codes = numbers_of(encoded_, codes_);
  std::vector<Range> all;
  for (std::uint64_t i = 0; i < codes.size(); ++i) {
    if (!all.empty() && all.back().code == codes[i])
      all.back().last = i;
    else
      all.push_back({codes[i], i, i});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Range& a, const Range& b) { return a.code < b.code; });
  std::vector<Range> merged;
  for (const Range& range : all) {
    if (!merged.empty() && merged.back().code == range.code)
      merged.back().last = range.last;
    else
      merged.push_back(range);
  }
  return merged;
}

void PhotonTable::set_counts(const std::vector<Range>& ranges, const std::vector<double>& counts) {
  counts_ = converted(counts, decoded_);
  const std::vector<double> stored = numbers_of(decoded_, counts_);
  for (std::size_t i = 0; i < ranges.size(); ++i)
    for (const std::uint64_t count : {ranges[i].first, ranges[i].last})
      most_change_ =
          std::max(most_change_,
                   static_cast<std::uint64_t>(std::fabs(stored[i] - static_cast<double>(count))));
}

void PhotonTable::encode(const DataType& from, BytesView in, std::span<std::byte> out) const {
  look_up(from, in, codes_, encoded_.size, out);
}

void PhotonTable::decode(BytesView in, std::span<std::byte> out) const {
  look_up(encoded_, in, counts_, decoded_.size, out);
}

}  // namespace engram::codec
