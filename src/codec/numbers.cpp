#include "codec/numbers.hpp"

#include <algorithm>
#include <cstring>

namespace engram::codec {
namespace {

// Elements lie anywhere in a buffer, so that they are moved as bytes. Bytes of a padded long double
// that are no number must not be chance.
template <typename T>
constexpr std::size_t kUsed = std::is_same_v<T, long double> ? 10 : sizeof(T);

template <typename T>
void reverse(std::byte* element) noexcept {
  if constexpr (kIsComplex<T>) {
    std::reverse(element, element + sizeof(T) / 2);
    std::reverse(element + sizeof(T) / 2, element + sizeof(T));
  } else {
    std::reverse(element, element + sizeof(T));
  }
}

template <typename T, bool kSwapped>
T load(const std::byte* from) noexcept {
  if constexpr (std::is_same_v<T, bool>) {
    return *from != std::byte{0};  // Another byte than 0 and 1 is no bool in C++.
  } else {
    std::byte bytes[sizeof(T)];
    std::memcpy(bytes, from, sizeof(T));
    if constexpr (kSwapped) reverse<T>(bytes);
    T value{};
    std::memcpy(&value, bytes, sizeof(T));
    return value;
  }
}

template <typename T, bool kSwapped>
void store(std::byte* to, T value) noexcept {
  std::byte bytes[sizeof(T)] = {};
  std::memcpy(bytes, &value, kUsed<T>);
  if constexpr (kSwapped) reverse<T>(bytes);
  std::memcpy(to, bytes, sizeof(T));
}

template <typename From, typename To>
void convert_natives(BytesView in, std::span<std::byte> out) {
  const std::size_t count = in.size() / sizeof(From);
  for (std::size_t i = 0; i < count; ++i)
    store<To, false>(out.data() + i * sizeof(To),
                     cast_number<To>(load<From, false>(in.data() + i * sizeof(From))));
}

// One function for each pair of types would be four with their byte orders.
void swap_numbers(const DataType& type, BytesView in, std::span<std::byte> out) {
  visit_number(type, "astype", [&]<typename T>(std::type_identity<T>) {
    const std::size_t count = in.size() / sizeof(T);
    for (std::size_t i = 0; i < count; ++i) {
      std::byte bytes[sizeof(T)];
      std::memcpy(bytes, in.data() + i * sizeof(T), sizeof(T));
      reverse<T>(bytes);
      std::memcpy(out.data() + i * sizeof(T), bytes, sizeof(T));
    }
  });
}

bool is_swapped(const DataType& type) {
  return type.has_byte_order() && type.order == ByteOrder::big;
}

}  // namespace

DataType promoted(const DataType& a, const DataType& b) {
  if (a.kind == b.kind) return a.size >= b.size ? a.little_endian() : b.little_endian();
  if (a.kind > b.kind) return promoted(b, a);
  if (a.kind == Kind::boolean || b.kind == Kind::timedelta) return b.little_endian();
  if (b.kind == Kind::unsigned_integer) {  // And the other is signed.
    if (a.size > b.size) return a.little_endian();
    return b.size == 8 ? DataType::floating(8) : DataType::integer(2 * b.size);
  }
  // An integer of n bytes wants a real number of more than n, of up to 8.
  const bool whole = a.kind == Kind::integer || a.kind == Kind::unsigned_integer;
  const std::uint64_t wanted = whole ? std::min<std::uint64_t>(2 * a.size, 8) : a.size;
  if (b.kind == Kind::floating) return DataType::floating(std::max(wanted, b.size));
  return DataType::complex(2 * std::max(wanted, b.size / 2));
}

void convert_numbers(const DataType& from, BytesView in, const DataType& to,
                     std::span<std::byte> out) {
  if (in.empty()) return;
  const bool same = from.kind == to.kind && from.size == to.size && from.kind != Kind::boolean;
  if (same && is_swapped(from) != is_swapped(to)) return swap_numbers(from, in, out);
  if (same && (from.kind != Kind::floating || from.size != sizeof(long double))) {
    std::memcpy(out.data(), in.data(), in.size());
    return;
  }
  std::unique_ptr<std::byte[]> held;
  if (is_swapped(from)) {
    held = std::make_unique_for_overwrite<std::byte[]>(in.size());
    swap_numbers(from, in, {held.get(), in.size()});
    in = {held.get(), in.size()};
  }
  visit_number(from, "astype", [&]<typename From>(std::type_identity<From>) {
    visit_number(to, "astype",
                 [&]<typename To>(std::type_identity<To>) { convert_natives<From, To>(in, out); });
  });
  if (is_swapped(to)) swap_numbers(to, out, out);
}

}  // namespace engram::codec
