#include "md5.hpp"

#include <openssl/evp.h>

#include <new>

#include "engram/base/error.hpp"

namespace engram::store {
namespace {

[[noreturn]] void throw_no_md5() {
  throw Error(ErrorCode::unsupported,
              "libcrypto has no MD5 here, which checksums are made of: its legacy digests may be "
              "switched off (see openssl.cnf)");
}

// Looked up once: that takes longer than to hash a small value. A system that allows only what
// FIPS 140 approves has MD5 all the same where no secret is kept by it, for who says so ("-fips").
const EVP_MD* md5_algorithm() {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "MD5", "-fips");
  if (algorithm == nullptr) throw_no_md5();
  return algorithm;
}

}  // namespace

void Md5::Free::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

Md5::Md5() : context_(EVP_MD_CTX_new()) {
  if (!context_) throw std::bad_alloc();
  if (EVP_DigestInit_ex(context_.get(), md5_algorithm(), nullptr) != 1) throw_no_md5();
}

Md5::~Md5() = default;

void Md5::add(BytesView bytes) {
  if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1) throw_no_md5();
}

Md5Digest Md5::finish() {
  Md5Digest digest;
  unsigned size = 0;
  const int ok =
      EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()), &size);
  if (ok != 1 || size != digest.size()) throw_no_md5();
  return digest;
}

Md5Digest md5_of(BytesView bytes) {
  Md5 md5;
  md5.add(bytes);
  return md5.finish();
}

}  // namespace engram::store
