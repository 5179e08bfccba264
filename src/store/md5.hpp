#pragma once

#include <memory>

#include "engram/store/checksums.hpp"

// OpenSSL's name for the state of a digest; its headers stay out of this one.
struct evp_md_ctx_st;

namespace engram::store {

/// The MD5 of bytes that come piece by piece. One thread. Throws as md5_of().
class Md5 {
 public:
  Md5();
  ~Md5();
  Md5(const Md5&) = delete;
  Md5& operator=(const Md5&) = delete;

  void add(BytesView bytes);

  /// Of all that was added. Nothing may be added after it.
  Md5Digest finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace engram::store
