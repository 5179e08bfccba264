#pragma once

#include <string>
#include <vector>

#include "engram/backend/backend.hpp"
#include "engram/convert.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::converter {

/// Makes links and references of `tree` to other files, whose `source` is an absolute path
/// (backend::ExternalLinks::link), relative to `target`, the store that the tree is written to:
/// those to a Zarr store lead to that store; those to any other file, "b.nwb", to "b.nwb.zarr",
/// which lies relative to `target` where the file lies relative to `source`. Of an HDF5 file it is
/// the other way round: those to a file lead to that file, and those to a store "b.nwb.zarr" to
/// "b.nwb" ("b.zarr" to "b.h5"), relative to the directory of `target`, as HDF5 has it. Tells of
/// each that is not there yet, once.
void lead_to_converted(hdmf::GroupBuilder& tree, const std::string& source,
                       const std::string& target, TargetFormat format,
                       std::vector<backend::Notice>& notices);

/// Makes the absolute paths of links of `tree`, read from the HDF5 file at `path`, relative to its
/// directory, as they stand there.
void make_relative(hdmf::GroupBuilder& tree, const std::string& path);

/// The path from the directory of the store `target` to the store at `path`, with '/' between
/// names: "../other.zarr". Both need not be there.
std::string path_from_store(const std::string& target, const std::string& path);

}  // namespace engram::converter
