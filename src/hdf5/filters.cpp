#include "hdf5/filters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "engram/codec/hdf5_filter.hpp"
#include "engram/codec/registry.hpp"

namespace engram::hdf5 {
namespace {

constexpr H5Z_filter_t kBzip2 = 307, kLzf = 32000, kBlosc = 32001, kLz4 = 32004,
                       kBitshuffle = 32008, kZfp = 32013, kZstd = 32015;

/// Blosc's compressors, by the number that the filter has for each. numcodecs has no snappy.
constexpr std::array<std::string_view, 6> kBloscInner = {"blosclz", "lz4",  "lz4hc",
                                                         "",        "zlib", "zstd"};

struct KnownFilter {
  H5Z_filter_t id;
  std::string_view name;
  std::string_view plugin;  ///< Who has it; empty: part of HDF5 itself.
};

constexpr std::string_view kHdf5plugin = "hdf5plugin";

// The registered filters (support.hdfgroup.org, "Registered Filter Plugins"), and that of
// hdf5plugin which is not there yet. Those that engram decodes itself are never missing.
constexpr KnownFilter kKnown[] = {
    {H5Z_FILTER_DEFLATE, "deflate", ""},
    {H5Z_FILTER_SHUFFLE, "shuffle", ""},
    {H5Z_FILTER_FLETCHER32, "fletcher32", ""},
    {H5Z_FILTER_SZIP, "szip", ""},
    {H5Z_FILTER_NBIT, "nbit", ""},
    {H5Z_FILTER_SCALEOFFSET, "scaleoffset", ""},
    {257, "hzip", "Silo's hzip filter"},
    {305, "lzo", "PyTables' LZO filter"},
    {kBzip2, "bzip2", kHdf5plugin},
    {kLzf, "lzf", "h5py"},
    {kBlosc, "blosc", kHdf5plugin},
    {32002, "mafisc", "MAFISC"},
    {32003, "snappy", "snappy-cuda"},
    {kLz4, "lz4", kHdf5plugin},
    {32005, "apax", "APAX"},
    {32006, "cbf", "CBFlib"},
    {32007, "jpeg-xr", "JPEG-XR"},
    {kBitshuffle, "bitshuffle", kHdf5plugin},
    {32009, "spdp", "SPDP"},
    {32010, "lpc-rice", "LPC-Rice"},
    {32011, "ccsds-123", "CCSDS-123"},
    {32012, "jpeg-ls", "jpegls-hdf-filter"},
    {kZfp, "zfp", "H5Zzfp (hdf5plugin)"},
    {32014, "fpzip", "fpzip"},
    {kZstd, "zstd", kHdf5plugin},
    {32016, "b3d", "B3D"},
    {32017, "sz", "H5Zsz (hdf5plugin)"},
    {32018, "fcidecomp", "FCIDECOMP, which is JPEG-LS (hdf5plugin)"},
    {32019, "jpeg", "jpegHDF5"},
    {32020, "vbz", "vbz_hdf_plugin (Oxford Nanopore)"},
    {32021, "fapec", "FAPEC"},
    {32022, "bitgroom", "CCR BitGroom"},
    {32023, "granular bitround", "CCR Granular BitRound"},
    {32024, "sz3", "H5Zsz3 (hdf5plugin)"},
    {32025, "delta-rice", "Delta-Rice"},
    {32026, "blosc2", "H5Zblosc2 (hdf5plugin)"},
    {32027, "flac", "HDF5's FLAC filter"},
    {32028, "sperr", "H5Z-SPERR (hdf5plugin)"},
    {32029, "trpx", "TERSE/PROLIX"},
    {32030, "ffmpeg", "FFMPEG HDF5 filter"},
    {32033, "htj2k", "H5Zhtj2k (hdf5plugin)"},
};

/// What HDF5 said about filters: asking makes it look through its plugin directory each time. Under
/// HDF5's mutex.
std::map<H5Z_filter_t, bool>& answers() {
  static auto* const instance = new std::map<H5Z_filter_t, bool>;
  return *instance;
}

const KnownFilter* find_known(H5Z_filter_t id) {
  const auto* const found = std::find_if(std::begin(kKnown), std::end(kKnown),
                                         [&](const KnownFilter& known) { return known.id == id; });
  return found == std::end(kKnown) ? nullptr : found;
}

unsigned value_or(const Filter& filter, std::size_t index, unsigned otherwise) {
  return index < filter.values.size() ? filter.values[index] : otherwise;
}

// What only HDF5 has; its client data too, where engram decodes it.
CodecConfig other(const Filter& filter) {
  CodecConfig codec{fmt::format("hdf5:{}", filter.id), Json::object()};
  if (codec::is_hdf5_decoder(codec.name)) codec.configuration["values"] = filter.values;
  return codec;
}

/// The filter's client data: its version, Blosc's version, element size, chunk size, level,
/// shuffle, inner codec.
CodecConfig blosc(const Filter& filter) {
  const unsigned level = value_or(filter, 4, 5);
  const unsigned shuffle = value_or(filter, 5, 1);
  const unsigned inner = value_or(filter, 6, 0);
  if (inner >= kBloscInner.size() || kBloscInner.at(inner).empty() || level > 9 || shuffle > 2)
    return other(filter);
  return {"blosc",
          {{"cname", kBloscInner.at(inner)},
           {"clevel", level},
           {"shuffle", shuffle},
           {"blocksize", 0}}};
}

}  // namespace

std::vector<Filter> filters_of(hid_t creation_properties) {
  const int count = check(H5Pget_nfilters(creation_properties), "read the filter pipeline");
  std::vector<Filter> filters;
  for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
    Filter filter;
    unsigned flags = 0, configuration = 0;
    std::size_t value_count = 0;
    std::array<char, 256> name{};
    // Once for the number of values, once for the values.
    check(H5Pget_filter2(creation_properties, i, &flags, &value_count, nullptr, 0, nullptr,
                         &configuration),
          "read the filter pipeline");
    filter.values.resize(value_count);
    filter.id =
        check(H5Pget_filter2(creation_properties, i, &flags, &value_count, filter.values.data(),
                             name.size(), name.data(), &configuration),
              "read the filter pipeline");
    name.back() = '\0';
    filter.name = name.data();
    filter.optional = (flags & H5Z_FLAG_OPTIONAL) != 0;
    filters.push_back(std::move(filter));
  }
  return filters;
}

CodecConfig codec_of(const Filter& filter) {
  switch (filter.id) {
    case H5Z_FILTER_DEFLATE:
      return {"zlib", {{"level", std::min(value_or(filter, 0, 6), 9U)}}};
    case H5Z_FILTER_SHUFFLE:
      if (value_or(filter, 0, 0) == 0) return other(filter);
      return {"shuffle", {{"elementsize", filter.values[0]}}};
    case H5Z_FILTER_FLETCHER32:
      return {"fletcher32", Json::object()};
    case kBlosc:
      return blosc(filter);
    case kZstd:
      return {"zstd", {{"level", static_cast<int>(value_or(filter, 0, 3))}}};
    case kBzip2:
      return {"bz2", {{"level", std::clamp(value_or(filter, 0, 9), 1U, 9U)}}};
    default:
      break;
  }
  if (auto plugin = codec::codec_of_hdf5_filter(filter.id, filter.values))
    return std::move(*plugin);
  return other(filter);
}

namespace {

std::int64_t number_at(const CodecConfig& codec, const char* name, std::int64_t otherwise) {
  const auto found = codec.configuration.find(name);
  return found != codec.configuration.end() && found->is_number_integer()
             ? found->get<std::int64_t>()
             : otherwise;
}

Filter filter(H5Z_filter_t id, std::vector<unsigned> values, std::string name = {}) {
  Filter result;
  result.id = id;
  result.optional = true;  // Of the others, too, HDF5 says so: a chunk may lack it.
  result.values = std::move(values);
  result.name = std::move(name);
  return result;
}

std::optional<Filter> blosc_filter(const CodecConfig& codec, std::uint64_t element_size,
                                   std::uint64_t chunk_size) {
  const auto cname = codec.configuration.find("cname");
  if (cname == codec.configuration.end() || !cname->is_string() || *cname == "")
    return std::nullopt;
  const auto found = std::find(kBloscInner.begin(), kBloscInner.end(),
                               std::string_view(cname->get_ref<const std::string&>()));
  const std::int64_t level = number_at(codec, "clevel", 5),
                     shuffle = number_at(codec, "shuffle", 1);
  if (found == kBloscInner.end() || level < 0 || level > 9 || shuffle < 0 || shuffle > 2)
    return std::nullopt;
  // The version of the filter, of the frame, then what it was made of.
  return filter(
      kBlosc,
      {2, 2, static_cast<unsigned>(std::min<std::uint64_t>(element_size, 255)),
       static_cast<unsigned>(chunk_size), static_cast<unsigned>(level),
       static_cast<unsigned>(shuffle), static_cast<unsigned>(found - kBloscInner.begin())},
      "blosc");
}

}  // namespace

std::optional<Filter> filter_of(const CodecConfig& codec, std::uint64_t element_size,
                                std::uint64_t chunk_size) {
  const auto size = static_cast<unsigned>(element_size);
  if (codec.name == "shuffle") {
    if (number_at(codec, "elementsize", 0) != static_cast<std::int64_t>(element_size))
      return std::nullopt;
    return filter(H5Z_FILTER_SHUFFLE, {size});
  }
  if (codec.name == "zlib") {
    const std::int64_t level = number_at(codec, "level", 6);
    return filter(H5Z_FILTER_DEFLATE, {level < 0 || level > 9 ? 6U : static_cast<unsigned>(level)});
  }
  if (codec.name == "fletcher32") return filter(H5Z_FILTER_FLETCHER32, {});
  if (codec.name == "blosc") return blosc_filter(codec, element_size, chunk_size);
  if (codec.name == "zstd")
    return filter(
        kZstd,
        {static_cast<unsigned>(std::clamp<std::int64_t>(number_at(codec, "level", 3), 1, 22))},
        "zstd");
  if (codec.name == "bz2")
    return filter(
        kBzip2,
        {static_cast<unsigned>(std::clamp<std::int64_t>(number_at(codec, "level", 9), 1, 9))},
        "bzip2");
  if (auto made = codec::hdf5_filter_of_codec(codec, element_size))
    return filter(made->filter, {made->values.begin(), made->values.end()}, codec.name);
  return std::nullopt;
}

bool is_common(H5Z_filter_t id) {
  return id == H5Z_FILTER_DEFLATE || id == H5Z_FILTER_SHUFFLE || id == H5Z_FILTER_FLETCHER32;
}

void add_filters(hid_t creation_properties, const std::vector<Filter>& filters) {
  for (const Filter& each : filters) {
    const std::string doing = "set the filter " + describe(each);
    if (each.id == H5Z_FILTER_SHUFFLE) {
      check(H5Pset_shuffle(creation_properties), doing);
    } else if (each.id == H5Z_FILTER_FLETCHER32) {
      check(H5Pset_fletcher32(creation_properties), doing);
    } else {
      check(H5Pset_filter(creation_properties, each.id,
                          each.optional ? H5Z_FLAG_OPTIONAL : H5Z_FLAG_MANDATORY,
                          each.values.size(), each.values.data()),
            doing);
    }
  }
}

bool is_available(H5Z_filter_t id) {
  const Locked locked;
  if (const auto found = answers().find(id); found != answers().end()) return found->second;
  bool available = H5Zfilter_avail(id) > 0;
  unsigned configuration = 0;
  if (available && H5Zget_filter_info(id, &configuration) >= 0)
    available = (configuration & H5Z_FILTER_CONFIG_DECODE_ENABLED) != 0;
  H5Eclear2(H5E_DEFAULT);
  answers().emplace(id, available);
  return available;
}

void forget_availability(H5Z_filter_t id) {
  const Locked locked;
  answers().erase(id);
}

std::string describe(const Filter& filter) {
  const KnownFilter* const known = find_known(filter.id);
  if (known != nullptr) return fmt::format("{} (HDF5 filter {})", known->name, filter.id);
  if (!filter.name.empty()) return fmt::format("\"{}\" (HDF5 filter {})", filter.name, filter.id);
  return fmt::format("HDF5 filter {}", filter.id);
}

std::string missing_filters_text(const std::vector<Filter>& missing) {
  std::string names, plugins, own;
  const auto add = [](std::string& list, std::string_view item) {
    list += (list.empty() ? "" : ", ") + std::string(item);
  };
  bool unknown = false;
  for (const Filter& filter : missing) {
    add(names, describe(filter));
    const KnownFilter* const known = find_known(filter.id);
    unknown = unknown || known == nullptr;
    if (known != nullptr)
      add(known->plugin.empty() ? own : plugins,
          known->plugin.empty() ? known->name : known->plugin);
  }
  std::string remedies;
  if (!own.empty()) remedies += fmt::format("use an HDF5 library that was built with {}, ", own);
  if (!plugins.empty() || unknown)
    remedies +=
        fmt::format("install {} where HDF5_PLUGIN_PATH points to, ",
                    plugins.empty() ? "the HDF5 plugin for it" : "the HDF5 plugin " + plugins);
  return fmt::format(
      "its data is encoded with {}, which neither engram nor this HDF5 library can "
      "decode: {}or re-save the file without it, with h5repack where it can be read",
      names, remedies);
}

}  // namespace engram::hdf5
