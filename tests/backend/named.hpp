#pragma once

#include <string>
#include <vector>

namespace engram::backend {

// The one of that name; nullptr when there is none.
template <typename Builder>
const Builder* named(const std::vector<Builder>& all, const std::string& name) {
  for (const Builder& builder : all)
    if (builder.name == name) return &builder;
  return nullptr;
}

}  // namespace engram::backend
