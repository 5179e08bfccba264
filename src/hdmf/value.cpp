#include "engram/hdmf/value.hpp"

#include <bit>

namespace engram::hdmf {
namespace {

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

struct Equal {
  template <typename A, typename B>
  bool operator()(const A&, const B&) const {
    return false;
  }
  template <typename T>
  bool operator()(const T& a, const T& b) const {
    return a == b;
  }
  bool operator()(double a, double b) const { return same_bits(a, b); }
  bool operator()(const std::complex<double>& a, const std::complex<double>& b) const {
    return same_bits(a.real(), b.real()) && same_bits(a.imag(), b.imag());
  }
};

}  // namespace

bool operator==(const Value& a, const Value& b) {
  // The index first: the overload for doubles would take integers too.
  return a.data.index() == b.data.index() && std::visit(Equal{}, a.data, b.data);
}

}  // namespace engram::hdmf
