#pragma once

#include <memory>
#include <span>

#include "engram/convert.hpp"
#include "engram/hdmf/builder.hpp"
#include "engram/hdmf/spec_source.hpp"

namespace engram::converter {

/// Names the dimensions of `tree` by the schema of `given`, and of the newest namespaces that the
/// tree has cached; with `forms`, gives its attributes theirs too (hdmf::give_forms()), unless the
/// tree knows how HDF5 had it. Without any there are no names to give; a cached schema that can't
/// be used is told in the report. Throws what `given` throws.
void name_by_schema(hdmf::GroupBuilder& tree,
                    std::span<const std::shared_ptr<const hdmf::SpecSource>> given,
                    const Limits& limits, ConvertReport& report, bool forms = false);

}  // namespace engram::converter
