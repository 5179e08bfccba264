#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "converters/chunk_shape.hpp"
#include "converters/path_rules.hpp"
#include "converters/shard_shape.hpp"
#include "engram/backend/backend.hpp"
#include "engram/convert.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::converter {

/// What `--codec` asks for.
struct CodecRule {
  /// Chunks that the target can take as they are stay so.
  bool keep = true;
  /// For the arrays that are encoded: nothing: the default codec; an empty list: none. Those of
  /// them that an array does not take are left out.
  std::optional<std::vector<CodecConfig>> codecs;
};

/// The rule that "keep", "verbatim" or a codec's text names (see codec::parse_codecs). Throws
/// Error(invalid_argument).
CodecRule parse_codec_rule(const std::string& text);

/// What is asked for all arrays and for some.
struct PlanRules {
  PathRules<CodecRule> codecs;
  PathRules<ChunkRule> chunks;
  PathRules<ShardRule> shards;
  int zarr_format = 2;
  bool to_hdf5 = false;
  bool fast_paths = true;  ///< As TargetOptions::fast_paths.
};

/// What `options` say of it. Throws Error(invalid_argument), also for "verbatim" with a path: it is
/// for all or for none; and for what this version of Zarr has not.
PlanRules plan_rules(const TargetOptions& options);

/// The codec of arrays that are encoded, where nothing else was asked for: blosc:zstd:5:bitshuffle.
/// Bitshuffle gives the smallest chunks of ephys, images of 8 and 16 bits, masks and spike times,
/// and is the fastest too: what follows it has less to search (on 8-bit images 18 MB/s without it
/// and 146 MB/s with it, on one core).
CodecConfig default_codec();

/// The same for HDF5, of elements of `element_size` bytes: shuffle and deflate.
std::vector<CodecConfig> hdf5_codecs(const CodecConfig& compressor, std::uint64_t element_size);

/// The compressor of chunks of objects under `rule`; nothing: not compressed.
std::optional<CodecConfig> object_compressor(const CodecRule& rule, int zarr_format);

/// One dataset of the tree and what is done with it.
struct PlannedDataset {
  const hdmf::DatasetBuilder* dataset = nullptr;
  PlannedArray array;
  std::vector<CodecConfig> source_codecs;  ///< Only for Action::copy.
  bool fast_paths = true;                  ///< As TargetOptions::fast_paths.
};

/// Everything that is done with a tree, and what the tree holds beside datasets.
struct Plan {
  std::vector<PlannedDataset> datasets;  ///< In the order of the tree.
  std::uint64_t groups = 0;              ///< Without the root.
  std::uint64_t links = 0;
  std::uint64_t references = 0;  ///< In attributes.
  std::uint64_t region_references = 0;
};

/// The plan for `root`, which must outlive it. Reads and writes nothing. Throws
/// Error(invalid_argument) for chunk lengths that an array can't have, Error(limit_exceeded), each
/// naming the dataset.
Plan make_plan(const hdmf::GroupBuilder& root, const PlanRules& rules,
               const backend::Writer& writer, const Limits& limits);

/// Bytes of one chunk, not compressed. Throws Error(limit_exceeded) beyond 64 bits.
std::uint64_t chunk_bytes(const ArrayInfo& info);

}  // namespace engram::converter
