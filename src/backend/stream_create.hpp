#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engram/backend/stream.hpp"

namespace engram::backend {

/// Writes `root` and arrays for `streams` into `store`, which is empty, `.zmetadata` included
/// unless the options say otherwise. Throws as StreamSession::create() does.
void write_stream_tree(const std::shared_ptr<store::Store>& store, hdmf::GroupBuilder root,
                       const std::vector<StreamOptions>& streams,
                       const StreamSessionOptions& options);

}  // namespace engram::backend
