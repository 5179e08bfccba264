#pragma once

#include <string>
#include <vector>

#include "converters/compare_context.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::converter {

/// Compares all but values of two trees: what there is, attributes, links, types and shapes. Adds
/// what is found to the context and to the counts of `report`. Returns the datasets whose values
/// are left to compare, by path.
std::vector<DatasetPair> compare_metadata(const hdmf::GroupBuilder& a, const hdmf::GroupBuilder& b,
                                          CompareContext& context, CompareReport& report);

}  // namespace engram::converter
