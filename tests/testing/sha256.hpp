#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>

#include "engram/base/bytes.hpp"

namespace engram::testing {

/// SHA-256 of `bytes` as hexadecimal text, by libcrypto.
inline std::string sha256(BytesView bytes) {
  std::array<unsigned char, 32> digest{};
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("libcrypto has no SHA-256");
  std::string text;
  for (const unsigned char byte : digest) {
    text += "0123456789abcdef"[byte >> 4U];
    text += "0123456789abcdef"[byte & 0xfU];
  }
  return text;
}

}  // namespace engram::testing
