#pragma once

#include "engram/base/bytes.hpp"

namespace engram::testing {

/// `bytes` in format 1.0 of docs/plugin-template, which that does not write any more.
inline Bytes old_runs(BytesView bytes) {
  Bytes encoded;
  for (std::size_t i = 0; i < bytes.size();) {
    std::size_t run = 1;
    while (run < 255 && i + run < bytes.size() && bytes[i + run] == bytes[i]) ++run;
    encoded.push_back(static_cast<std::byte>(run));
    encoded.push_back(bytes[i]);
    i += run;
  }
  return encoded;
}

}  // namespace engram::testing
