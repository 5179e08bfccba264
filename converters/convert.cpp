#include "engram/convert.hpp"

#include <memory>
#include <utility>

#include "converters/array_copy.hpp"
#include "converters/external_links.hpp"
#include "converters/name_by_schema.hpp"
#include "converters/provenance.hpp"
#include "converters/tree_copy.hpp"
#include "engram/base/error.hpp"

namespace engram {
namespace {

ConvertReport convert_file(const std::string& source, const std::string& target,
                           const ConvertOptions& options) {
  if (options.verify && options.format == TargetFormat::hdf5 &&
      options.external == backend::ExternalLinks::link)
    throw Error(ErrorCode::invalid_argument,
                "HDF5 follows links of a file only from where it is in the end: compare the result "
                "when it is there (engram verify SOURCE TARGET --external link)");
  backend::ReadOptions read_options;
  read_options.limits = options.limits;
  read_options.external_links = options.external;
  read_options.allow_external = options.allow_external;
  std::unique_ptr<backend::Reader> reader = backend::open_reader(source, read_options);
  converter::TreeOrigin origin;
  origin.name = source;
  origin.options = converter::options_json(options);
  origin.read = [&](ConvertReport& report, const hdmf::OnNode& on_node) {
    report.source_format = reader->format();
    hdmf::GroupBuilder tree = reader->read_tree(on_node);
    report.notices = reader->notices();
    if (options.external == backend::ExternalLinks::link && !target.empty())
      converter::lead_to_converted(tree, source, target, options.format, report.notices);
    const bool to_hdf5 = options.format == TargetFormat::hdf5;
    converter::name_by_schema(tree, {}, options.limits, report, to_hdf5);
    if (to_hdf5) backend::fit_to_hdf5(tree, report.notices);
    return tree;
  };
  origin.close = [&] { reader.reset(); };
  return converter::copy_tree(origin, target, options);
}

}  // namespace

TargetFormat format_by_name(std::string_view target) noexcept {
  while (target.ends_with('/')) target.remove_suffix(1);
  for (const std::string_view ending : {".nwb", ".h5", ".hdf5", ".hdf", ".he5"})
    if (target.ends_with(ending)) return TargetFormat::hdf5;
  return TargetFormat::zarr;
}

ConvertReport convert(const std::string& source, const std::string& target,
                      const ConvertOptions& options) {
  try {
    return convert_file(source, target, options);
  } catch (Error& error) {
    const bool about_source = error.code() == ErrorCode::corrupt_data ||
                              error.code() == ErrorCode::unsupported ||
                              error.code() == ErrorCode::limit_exceeded;
    if (about_source) converter::name_path(error, source);
    throw;
  }
}

}  // namespace engram
