#include "converters/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engram/array/chunk_grid.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/codec.hpp"

namespace engram::converter {
namespace {

// What the writer puts into one chunk of objects to begin with.
constexpr std::uint64_t kObjectsPerChunk = 65536;
constexpr std::uint64_t kObjectBytes = 16;
// What h5py's gzip means, and h5repack's: as small as deflate gets in reasonable time.
constexpr int kDeflateLevel = 4;

class Planner {
 public:
  Planner(const PlanRules& rules, const backend::Writer& writer, const Limits& limits)
      : rules_(rules), writer_(writer), limits_(limits) {}

  Plan take() { return std::move(plan_); }

  void add_group(const hdmf::GroupBuilder& group, const std::string& path) {
    count_attributes(group.attributes);
    for (const auto& dataset : group.datasets) {
      const auto child = hdmf::join_path(path, dataset.name);
      try {
        count_attributes(dataset.attributes);
        add_dataset(dataset, child);
      } catch (Error& error) {
        error.at(child);
        throw;
      }
    }
    for (const auto& child : group.groups) {
      ++plan_.groups;
      add_group(child, hdmf::join_path(path, child.name));
    }
    plan_.links += group.links.size();
  }

 private:
  void count_attributes(const hdmf::Attributes& attributes) {
    for (const auto& [name, value] : attributes) count(value);
  }

  void count(const hdmf::Value& value) {
    if (value.is<hdmf::Reference>()) ++plan_.references;
    if (value.is<hdmf::RegionReference>()) ++plan_.region_references;
    if (value.is<hdmf::List>()) {
      for (const auto& item : value.as<hdmf::List>()) count(item);
    }
    if (value.is<hdmf::Record>()) {
      for (const auto& [name, item] : value.as<hdmf::Record>()) count(item);
    }
  }

  void add_dataset(const hdmf::DatasetBuilder& dataset, const std::string& path) {
    PlannedDataset planned;
    planned.dataset = &dataset;
    planned.array.path = path;
    planned.fast_paths = rules_.fast_paths;
    if (const auto* source = dataset.array()) {
      plan_array(*source, planned);
    } else {
      plan_objects(*dataset.objects(), planned.array);
    }
    plan_.datasets.push_back(std::move(planned));
  }

  void plan_objects(const hdmf::ObjectSource& source, PlannedArray& array) const {
    array.action = Action::objects;
    array.reason = "its elements have no fixed size, or are references";
    array.info.shape = source.shape();
    const auto elements = element_count(source.shape());
    array.bytes = checked_multiply(elements, kObjectBytes, "the size of a dataset");
    array.chunks = elements / kObjectsPerChunk + (elements % kObjectsPerChunk != 0 ? 1 : 0);
    array.chunk_files = array.chunks;
    if (rules_.to_hdf5) return;
    if (const auto compressor = object_compressor(rules_.codecs.at(array.path), rules_.zarr_format))
      array.codecs = {*compressor};
  }

  void plan_array(const ArraySource& source, PlannedDataset& planned) const {
    const auto& info = source.info();
    auto& array = planned.array;
    array.info = info;
    array.bytes =
        checked_multiply(element_count(info.shape), info.type.size, "the size of a dataset");
    if (!source.is_stored()) array.bytes = 0;
    array.info.chunk_shape = wanted_chunk_shape(info, rules_.chunks.at(array.path));
    if (rules_.to_hdf5) array.contiguous = is_contiguous(*planned.dataset, array);
    array.reason = array.contiguous ? "it is contiguous" : why_not_copied(source, planned);
    if (array.reason.empty()) {
      array.action = Action::copy;
    } else {
      array.action = Action::recode;
      plan_encoding(*planned.dataset, array);
    }
    const ChunkGrid grid(array.info.shape, array.info.chunk_shape);
    array.chunks = array.chunk_files = source.is_stored() ? grid.chunk_count() : 0;
    array.shard_shape = shard_shape(rules_.shards.at(array.path), array.info.shape,
                                    array.info.chunk_shape, chunk_bytes(array.info));
    if (!array.shard_shape.empty() && source.is_stored())
      array.chunk_files = ChunkGrid(array.info.shape, array.shard_shape).chunk_count();
  }

  static Shape wanted_chunk_shape(const ArrayInfo& info, const ChunkRule& rule) {
    const bool given =
        rule.kind == ChunkRule::Kind::lengths && rule.lengths.size() == info.shape.size();
    if (given) {
      Shape lengths = rule.lengths;
      for (std::size_t i = 0; i < lengths.size(); ++i) {
        lengths[i] = std::clamp<std::uint64_t>(info.shape[i], 1, lengths[i]);
      }
      return lengths;
    }
    if (rule.kind == ChunkRule::Kind::automatic || info.chunk_shape.empty()) {
      return automatic_chunk_shape(info.shape, info.type.size);
    }
    return info.chunk_shape;
  }

  // Empty when the chunks are copied; then the codecs are set.
  std::string why_not_copied(const ArraySource& source, PlannedDataset& planned) const {
    const auto& info = source.info();
    if (!source.is_stored()) return "nothing of it is stored";
    if (!rules_.fast_paths) return "fast paths are off";
    if (!rules_.codecs.at(planned.array.path).keep) return "another codec was asked for";
    if (info.chunk_shape.empty()) return "it is not chunked";
    if (planned.array.info.chunk_shape != info.chunk_shape) return "other chunks were asked for";
    const auto* encoded = source.encoded();
    if (encoded == nullptr) return "its chunks can't be used as they lie";
    const auto& codecs = encoded->codecs();
    auto adopted = writer_.adopt(info, codecs);
    if (!adopted) {
      std::string names;
      for (const auto& config : codecs) names += (names.empty() ? "" : " + ") + config.name;
      return fmt::format("{} can't take chunks under {} as they are",
                         rules_.to_hdf5 ? "HDF5" : "Zarr", names.empty() ? "this type" : names);
    }
    planned.array.codecs = std::move(*adopted);
    planned.source_codecs = codecs;
    if (rules_.to_hdf5) add_checksum(*planned.dataset, planned.array.codecs);
    return {};
  }

  void plan_encoding(const hdmf::DatasetBuilder& dataset, PlannedArray& array) const {
    const ArrayInfo& source = dataset.array()->info();
    array.info.type = source.type.little_endian();
    if (array.info.fill_value) make_little_endian(source.type, *array.info.fill_value);
    const CodecRule& rule = rules_.codecs.at(array.path);
    if (rules_.to_hdf5)
      plan_hdf5_encoding(dataset, rule, array);
    else
      plan_zarr_encoding(rule, array);
    const bool blosc = std::any_of(array.codecs.begin(), array.codecs.end(),
                                   [](const auto& config) { return config.name == "blosc"; });
    const auto limit =
        std::min(limits_.max_chunk_bytes, blosc ? kMaxBloscBytes : ~std::uint64_t{0});
    if (chunk_bytes(array.info) <= limit) return;
    if (rules_.chunks.at(array.path).kind == ChunkRule::Kind::lengths &&
        array.info.chunk_shape != source.chunk_shape) {
      throw Error(
          ErrorCode::invalid_argument,
          fmt::format("chunks of {} elements are {} bytes, and this codec takes {}: ask for "
                      "smaller chunks",
                      to_string(array.info.chunk_shape), chunk_bytes(array.info), limit));
    }
    array.info.chunk_shape = automatic_chunk_shape(source.shape, source.type.size);
    array.reason += "; its chunks are too large to encode";
  }

  // An array that takes nothing of what was asked for is encoded as usual.
  static void plan_zarr_encoding(const CodecRule& rule, PlannedArray& array) {
    array.codecs = {default_codec()};
    if (!rule.codecs) return;
    codec::FittedCodecs fitted =
        codec::fit_codecs(*rule.codecs, {array.info.type, array.info.chunk_shape, false});
    for (const std::string& name : fitted.left_out)
      array.reason += fmt::format("; {} does not take {}", name, typestr(array.info.type));
    if (!fitted.codecs.empty() || rule.codecs->empty()) array.codecs = std::move(fitted.codecs);
    for (const CodecConfig& config : array.codecs)
      if (const std::string loss = codec::make_codec(config)->loss(); !loss.empty())
        array.loss = fmt::format("{}: {}", config.name, loss);
  }

  static void add_checksum(const hdmf::DatasetBuilder& dataset, std::vector<CodecConfig>& codecs) {
    if (!dataset.stored.checksum) return;
    if (codecs.empty() || codecs.back().name != "fletcher32")
      codecs.push_back({"fletcher32", Json::object()});
  }

  // Whether it becomes one run of elements in HDF5: as it was there, and where chunks bring
  // nothing.
  bool is_contiguous(const hdmf::DatasetBuilder& dataset, const PlannedArray& array) const {
    const auto& info = dataset.array()->info();
    if (info.shape.empty()) return true;
    const auto& rule = rules_.codecs.at(array.path);
    if (rule.codecs || rules_.chunks.at(array.path).kind != ChunkRule::Kind::keep) return false;
    if (dataset.stored.contiguous) return *dataset.stored.contiguous;
    if (info.chunk_shape.empty()) return true;
    return array.bytes <= hdmf::StoredLayout::kSmallBytes &&
           ChunkGrid(info.shape, info.chunk_shape).chunk_count() <= 1;
  }

  static void plan_hdf5_encoding(const hdmf::DatasetBuilder& dataset, const CodecRule& rule,
                                 PlannedArray& array) {
    const ArrayInfo& source = dataset.array()->info();
    if (array.contiguous) return;
    const CodecConfig deflate{"zlib", {{"level", kDeflateLevel}}};
    if (!rule.codecs) {
      array.codecs = hdf5_codecs(deflate, source.type.size);
      add_checksum(dataset, array.codecs);
    } else if (!rule.codecs->empty()) {
      array.codecs = hdf5_codecs(rule.codecs->front(), source.type.size);
    }
  }

  const PlanRules& rules_;
  const backend::Writer& writer_;
  const Limits& limits_;
  Plan plan_;
};

std::vector<const std::string*> codecs_of(const TargetOptions& options) {
  std::vector<const std::string*> all{&options.codec};
  for (const auto& [glob, value] : options.codec_for) all.push_back(&value);
  return all;
}

// The codecs that are HDF5 filters too.
void check_hdf5_codec(const std::string& text) {
  const CodecRule rule = parse_codec_rule(text);
  if (!rule.codecs) return;
  if (rule.codecs->size() > 1)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("of HDF5 one codec is chosen, not {}", text));
  for (const CodecConfig& config : *rule.codecs) {
    constexpr std::array<std::string_view, 5> kFilters = {"zlib", "gzip", "zstd", "bz2", "blosc"};
    if (std::find(kFilters.begin(), kFilters.end(), config.name) == kFilters.end())
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("HDF5 has no filter that is the codec {}: choose zlib, which every "
                              "reader has, zstd, bz2 or blosc",
                              config.name));
  }
}

// The name of a codec that loses something, or "".
std::string lossy_codec(const CodecRule& rule) {
  if (!rule.codecs) return {};
  for (const CodecConfig& config : *rule.codecs)
    if (config.name != "delta" && !codec::make_codec(config)->loss().empty()) return config.name;
  return {};
}

// What loses something is asked for by path, by who knows what lies there: in a session all other
// integers are indices, times and labels.
void check_loss(const TargetOptions& options) {
  if (const std::string name = lossy_codec(parse_codec_rule(options.codec)); !name.empty())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} stores with loss, so it is not for all arrays: ask for it by path, "
                            "as in /acquisition/**/data={}",
                            name, options.codec));
  if (!options.verify) return;
  for (const auto& [glob, value] : options.codec_for)
    if (const std::string name = lossy_codec(parse_codec_rule(value)); !name.empty())
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("{} stores with loss, so that verifying would find other values: "
                              "leave out one of both",
                              name));
}

void check_format(const TargetOptions& options) {
  const auto refuse = [](const std::string& text) {
    throw Error(ErrorCode::invalid_argument, text);
  };
  if (options.format == TargetFormat::hdf5) {
    if (options.shards != "none" || !options.shards_for.empty())
      refuse("shards are of Zarr v3: HDF5 has one file anyway");
    if (options.checksum || !options.manifest.empty())
      refuse("checksums and manifests are of Zarr directories, not of an HDF5 file");
    if (options.resume)
      refuse("an HDF5 file that was not finished can't be gone on with: --overwrite begins anew");
    for (const std::string* codec : codecs_of(options)) check_hdf5_codec(*codec);
    return;
  }
  if (options.zarr_format != 2 && options.zarr_format != 3)
    refuse(fmt::format("there is no Zarr format {}: it is 2 or 3", options.zarr_format));
  if (options.zarr_format == 3) {
    if (options.text == backend::TextForm::exact)
      refuse("text as \"exact\" is of Zarr v2: v3 has one type for all text");
    return;
  }
  if (options.shards != "none" || !options.shards_for.empty())
    refuse("shards are of Zarr v3: ask for that format too (--zarr-format 3)");
}

CodecConfig blosc_zstd(int shuffle) {
  CodecConfig config{"blosc", Json::object()};
  config.configuration["cname"] = "zstd";
  config.configuration["clevel"] = 5;
  config.configuration["shuffle"] = shuffle;
  config.configuration["blocksize"] = 0;
  return config;
}

}  // namespace

CodecRule parse_codec_rule(const std::string& text) {
  CodecRule rule;
  if (text == "keep" || text == "verbatim") return rule;
  rule.keep = false;
  try {
    rule.codecs = codec::parse_codecs(text);
  } catch (Error& error) {
    if (error.code() != ErrorCode::invalid_argument) throw;
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("{}; or \"keep\" or \"verbatim\" to copy chunks as they are", error.what()));
  }
  return rule;
}

PlanRules plan_rules(const TargetOptions& options) {
  check_format(options);
  check_loss(options);
  PlanRules rules{parse_codec_rule(options.codec),      parse_chunk_rule(options.chunks),
                  parse_shard_rule(options.shards),     options.zarr_format,
                  options.format == TargetFormat::hdf5, options.fast_paths};
  for (const auto& [glob, value] : options.codec_for) {
    if (value == "verbatim") {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("\"verbatim\" is for all arrays, not for {} alone", glob));
    }
    rules.codecs.add(glob, parse_codec_rule(value));
  }
  for (const auto& [glob, value] : options.chunks_for)
    rules.chunks.add(glob, parse_chunk_rule(value));
  for (const auto& [glob, value] : options.shards_for)
    rules.shards.add(glob, parse_shard_rule(value));
  return rules;
}

CodecConfig default_codec() { return blosc_zstd(2); }

std::vector<CodecConfig> hdf5_codecs(const CodecConfig& compressor, std::uint64_t element_size) {
  // Blosc shuffles by itself; what HDF5 calls gzip is a zlib stream.
  if (compressor.name == "blosc") return {compressor};
  std::vector<CodecConfig> codecs;
  if (element_size > 1) codecs.push_back({"shuffle", {{"elementsize", element_size}}});
  codecs.push_back(compressor);
  if (compressor.name == "gzip") codecs.back().name = "zlib";
  return codecs;
}

// hdmf-zarr has blosc for text in v2, and zstd in v3.
std::optional<CodecConfig> object_compressor(const CodecRule& rule, int zarr_format) {
  if (rule.codecs && rule.codecs->empty()) return std::nullopt;
  // Those that are given elements have none of objects.
  constexpr std::array<std::string_view, 4> kOfElements = {"delta", "anscombe-v1", "wavpack",
                                                           "flac"};
  const bool is_usual = !rule.codecs || std::find(kOfElements.begin(), kOfElements.end(),
                                                  rule.codecs->back().name) != kOfElements.end();
  if (!is_usual) return rule.codecs->back();
  if (zarr_format == 3) return CodecConfig{"zstd", {{"level", 3}, {"checksum", false}}};
  return blosc_zstd(0);
}

Plan make_plan(const hdmf::GroupBuilder& root, const PlanRules& rules,
               const backend::Writer& writer, const Limits& limits) {
  Planner planner(rules, writer, limits);
  planner.add_group(root, "/");
  return planner.take();
}

std::uint64_t chunk_bytes(const ArrayInfo& info) {
  return checked_multiply(element_count(info.chunk_shape), info.type.size, "the size of a chunk");
}

}  // namespace engram::converter
