#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engram/array/data_type.hpp"
#include "engram/base/bytes.hpp"

namespace engram::codec {

/// What the codecs for movies of few photons look counts up in: a code for each count from 0 on,
/// and a count for each code. Equal to what NumPy makes of the formulas, number by number.
///
/// As the original has it, a code is decoded by its value, but the counts stand by its rank among
/// all codes. They agree where codes begin at 0 and leave none out: see is_faithful().
///
/// Immutable; any number of threads.
class PhotonTable {
 public:
  /// The steps of anscombe-v1, in standard deviations of the noise.
  static constexpr double kAnscombeBeta = 0.5;

  /// anscombe-v1: steps of half a standard deviation of the noise, straight below `zero_level`;
  /// a code stands for the middle of its counts. `gain` is the signal of one photon.
  static PhotonTable anscombe(double gain, double zero_level, const DataType& encoded,
                              const DataType& decoded);

  /// poisson: steps of `beta` standard deviations, all one code below `dark_signal`; a code stands
  /// for the first of its counts, and the more for a later one the higher it is.
  ///
  /// Both throw Error(invalid_argument) naming the codec when the numbers make no table.
  static PhotonTable poisson(double sensitivity, double dark_signal, double beta,
                             const DataType& encoded, const DataType& decoded);

  /// Elements of `from`, integers, to as many codes. Below 0 they are 0, above the table its last.
  void encode(const DataType& from, BytesView in, std::span<std::byte> out) const;
  void decode(BytesView in, std::span<std::byte> out) const;

  /// True when decoding finds what encoding meant: the codes have a place in their type, begin at 0
  /// and leave none out.
  bool is_faithful() const noexcept { return faithful_; }

  /// The highest code, before it was put into its type.
  double highest() const noexcept { return highest_; }

  /// The most by which a count of the table is changed; of no meaning where it is not faithful.
  std::uint64_t most_change() const noexcept { return most_change_; }

  std::uint64_t last_count() const noexcept { return last_; }

 private:
  // Where in the counts a code is.
  struct Range {
    double code = 0;
    std::uint64_t first = 0, last = 0;
  };

  PhotonTable(const std::vector<double>& codes, DataType encoded, DataType decoded)
      : encoded_(std::move(encoded)), decoded_(std::move(decoded)), last_(codes.size() - 1) {
    fill(codes);
  }

  void fill(const std::vector<double>& codes);
  std::vector<Range> ranges() const;
  void set_counts(const std::vector<Range>& ranges, const std::vector<double>& counts);

  DataType encoded_, decoded_;
  std::uint64_t last_;  ///< The highest count.
  Bytes codes_;         ///< Of encoded_, by count.
  Bytes counts_;        ///< Of decoded_, by rank.
  bool faithful_ = false;
  double highest_ = 0;
  std::uint64_t most_change_ = 0;
};

}  // namespace engram::codec
