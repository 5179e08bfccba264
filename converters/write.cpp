#include "engram/write.hpp"

#include <utility>

#include "converters/link_data.hpp"
#include "converters/name_by_schema.hpp"
#include "converters/provenance.hpp"
#include "converters/tree_copy.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/complete.hpp"

namespace engram {

ConvertReport write(const hdmf::GroupBuilder& root, const std::string& target,
                    const WriteOptions& options) {
  if (options.link_data && target.empty())
    throw Error(ErrorCode::invalid_argument, "links to data need a target to lead from");
  converter::TreeOrigin origin;
  origin.options = converter::options_json(options);
  origin.read = [&](ConvertReport& report, const auto&) {
    report.source_format = "memory";
    hdmf::GroupBuilder tree = root;
    if (options.cache_namespaces) hdmf::cache_namespaces(tree, options.namespaces);
    hdmf::complete(tree, {options.object_ids});
    converter::name_by_schema(tree, options.namespaces, options.limits, report);
    if (options.link_data) converter::link_datasets(tree, target, report.notices);
    return tree;
  };
  return converter::copy_tree(origin, target, options);
}

}  // namespace engram
