#include <cstdint>

#include "hdf5/data_type.hpp"

namespace engram::hdf5 {
namespace {

/// Where the parts of a floating-point type lie, in bits.
struct Layout {
  std::size_t sign = 0, exponent_at = 0, exponent = 0, mantissa_at = 0, mantissa = 0;
  std::size_t bias = 0, size = 0, precision = 0;
  int offset = 0;
  H5T_norm_t normalised = H5T_NORM_NONE;
  H5T_order_t order = H5T_ORDER_NONE;
};

Layout layout_of(hid_t id) {
  Layout layout;
  check(H5Tget_fields(id, &layout.sign, &layout.exponent_at, &layout.exponent, &layout.mantissa_at,
                      &layout.mantissa),
        "read the fields of a floating-point type");
  layout.bias = H5Tget_ebias(id);
  layout.size = H5Tget_size(id);
  layout.precision = H5Tget_precision(id);
  layout.offset = H5Tget_offset(id);
  layout.normalised = H5Tget_norm(id);
  layout.order = H5Tget_order(id);
  return layout;
}

struct Ieee {
  std::size_t size, exponent, mantissa;
  std::size_t bias() const { return (std::size_t{1} << (exponent - 1)) - 1; }
};
constexpr Ieee kIeee[] = {{2, 5, 10}, {4, 8, 23}, {8, 11, 52}};

bool is(const Layout& layout, const Ieee& ieee) {
  return layout.size == ieee.size && layout.precision == 8 * ieee.size && layout.offset == 0 &&
         layout.sign == 8 * ieee.size - 1 && layout.exponent_at == ieee.mantissa &&
         layout.exponent == ieee.exponent && layout.mantissa_at == 0 &&
         layout.mantissa == ieee.mantissa && layout.bias == ieee.bias() &&
         layout.normalised == H5T_NORM_IMPLIED &&
         (layout.order == H5T_ORDER_LE || layout.order == H5T_ORDER_BE);
}

/// True when no value of `layout` is too large, too small or too precise for `exponent` and
/// `mantissa` bits.
bool fits(const Layout& layout, std::size_t exponent, std::size_t mantissa) {
  if (layout.exponent > exponent || layout.mantissa > mantissa || exponent > 30) return false;
  const auto bias = static_cast<std::int64_t>(layout.bias);
  const auto target_bias = (std::int64_t{1} << (exponent - 1)) - 1;
  const std::int64_t largest = (std::int64_t{1} << layout.exponent) - 1 - bias;
  const std::int64_t target_largest = (std::int64_t{1} << exponent) - 1 - target_bias;
  return largest <= target_largest && 1 - bias >= 1 - target_bias;
}

}  // namespace

DataType describe_float(hid_t id, bool& verbatim) {
  const Layout layout = layout_of(id);
  for (const Ieee& ieee : kIeee) {
    if (!is(layout, ieee)) continue;
    verbatim = true;
    return DataType::floating(ieee.size,
                              layout.order == H5T_ORDER_BE ? ByteOrder::big : ByteOrder::little);
  }
  if (sizeof(long double) == 16 && H5Tequal(id, H5T_NATIVE_LDOUBLE) > 0) {
    verbatim = true;
    return DataType::floating(16);
  }
  verbatim = false;
  for (const Ieee& ieee : kIeee)
    if (fits(layout, ieee.exponent, ieee.mantissa)) return DataType::floating(ieee.size);
  // x86's long double has an explicit first bit: 64 bits of mantissa hold 63.
  if (sizeof(long double) == 16 && fits(layout, 15, 63)) return DataType::floating(16);
  DataType none = DataType::floating(8);
  none.size = 0;
  return none;
}

}  // namespace engram::hdf5
