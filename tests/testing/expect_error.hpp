#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "engram/base/error.hpp"

namespace engram::testing {

/// Expects that `call` throws Error of `code` whose message has `part` in it.
template <typename Call>
void expect_error(ErrorCode code, std::string_view part, const Call& call) {
  try {
    call();
  } catch (const Error& e) {
    EXPECT_EQ(to_string(e.code()), to_string(code)) << e.what();
    EXPECT_NE(std::string_view(e.what()).find(part), std::string_view::npos)
        << "message: " << e.what() << "\nexpected in it: " << part;
    return;
  }
  ADD_FAILURE() << "no Error was thrown, expected " << to_string(code) << ": " << part;
}

}  // namespace engram::testing
