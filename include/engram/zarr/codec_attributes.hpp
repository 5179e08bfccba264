#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engram/base/json.hpp"

namespace engram::zarr {

/// What an array's attributes say of the codec that made its values, as codecs of DataJoint write
/// it there: not one of the array's own codecs, but what was done to the values before (a transform
/// of a movie, say).
struct CodecAttributes {
  std::optional<std::string> name;     ///< `codec_name`: "photon".
  std::optional<std::string> version;  ///< `codec_version`, of the data's format: "1.0".
  std::vector<std::string> flags;      ///< `feature_flags`, in their order.
  /// `datajoint`: the programs that wrote the array, with the version that each had.
  std::map<std::string, std::string, std::less<>> writers;

  friend bool operator==(const CodecAttributes&, const CodecAttributes&) = default;
};

/// Those of `attributes` (an object). What is not there stays empty; a version that is a number is
/// taken for its text. Throws Error(corrupt_data) naming an attribute that is something else.
CodecAttributes codec_attributes(const Json& attributes);

}  // namespace engram::zarr
