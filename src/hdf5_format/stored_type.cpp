#include "hdf5_format/stored_type.hpp"

#include <algorithm>
#include <span>

#include "engram/base/error.hpp"
#include "hdf5_format/format_file.hpp"

namespace engram::hdf5_format {
namespace {

constexpr unsigned kNewestVersion = 3;  // Of HDF5 1.8 to 1.12.
constexpr int kMaxTypeDepth = 64;

enum Class : unsigned {
  fixed_point = 0,
  floating_point = 1,
  time = 2,
  string = 3,
  bitfield = 4,
  opaque = 5,
  compound = 6,
  reference = 7,
  enumeration = 8,
  variable_length = 9,
  array = 10,
  complex = 11,
};

// Copies a type, in older versions.
class TypeWriter {
 public:
  explicit TypeWriter(BytesView bytes) : bytes_(bytes), cursor_(bytes) {}

  // nullopt: it says the same already, or can't.
  std::optional<Bytes> write() {
    write_type(0);
    if (given_up_ || !changed_) return std::nullopt;
    const BytesView rest = cursor_.take(cursor_.left());
    out_.insert(out_.end(), rest.begin(), rest.end());
    return std::move(out_);
  }

 private:
  void write_type(int depth) {
    if (depth > kMaxTypeDepth)
      throw Error(ErrorCode::corrupt_data, "a type that is nested too deeply");
    const std::size_t at = out_.size();
    const auto head = static_cast<unsigned>(cursor_.number(1));
    const std::uint64_t bits = cursor_.number(3);
    const std::uint64_t size = cursor_.number(4);
    const unsigned version = head >> 4U;
    const unsigned kind = head & 0xfU;
    if (kind == complex) return write_complex(size);
    // Before that version they have other properties.
    if (kind >= compound && kind != reference && kind != variable_length &&
        version < kNewestVersion)
      return give_up();
    put_head(head, bits, size);
    switch (kind) {
      case fixed_point:
      case bitfield:
        copy(4);
        break;
      case floating_point:
        copy(12);
        break;
      case time:
        copy(2);
        break;
      case string:
        break;
      case opaque:
        copy(bits & 0xffU);
        break;
      case reference:
        // The lower four bits tell the kind; from the third on they are of HDF5 1.12.
        if ((bits & 0xfU) > 1) return give_up();
        break;
      case compound:
        for (std::uint64_t i = 0; i < (bits & 0xffffU) && !given_up_; ++i) {
          copy_text();
          copy(width_of(size));
          write_type(depth + 1);
        }
        break;
      case enumeration:
        write_enumeration(bits & 0xffffU, depth);
        break;
      case variable_length:
        write_type(depth + 1);
        break;
      case array: {
        const std::uint64_t rank = cursor_.number(1);
        put_number(out_, rank, 1);
        copy(4 * rank);
        write_type(depth + 1);
        break;
      }
      default:
        return give_up();
    }
    if (version <= kNewestVersion) return;
    out_[at] = static_cast<std::byte>(kind | kNewestVersion << 4U);
    changed_ = true;
  }

  void write_enumeration(std::uint64_t names, int depth) {
    // The base type tells how wide the values are.
    FormatCursor base(bytes_.subspan(cursor_.position()));
    base.skip(4);
    const std::uint64_t width = base.number(4);
    write_type(depth + 1);
    for (std::uint64_t i = 0; i < names && !given_up_; ++i) copy_text();
    if (!given_up_) copy(checked_multiply(names, width, "the values of an enumeration"));
  }

  // Of floating-point numbers, as nothing else may be: a part is written twice, and so would be
  // what it is made of, again and again.
  void write_complex(std::uint64_t size) {
    const std::size_t begin = cursor_.position();
    if ((FormatCursor(bytes_.subspan(begin)).number(1) & 0xfU) != floating_point) return give_up();
    changed_ = true;
    put_head(compound | kNewestVersion << 4U, 2, size);
    for (const std::string_view name : {"r", "i"}) {
      put_text(out_, name);
      put_number(out_, 0, 1);
      put_number(out_, name == "r" ? 0 : size / 2, width_of(size));
      cursor_ = FormatCursor(bytes_);
      cursor_.skip(begin);
      write_type(0);
    }
  }

  void put_head(unsigned head, std::uint64_t bits, std::uint64_t size) {
    put_number(out_, head, 1);
    put_number(out_, bits, 3);
    put_number(out_, size, 4);
  }

  void copy(std::uint64_t size) {
    const BytesView bytes = cursor_.take(size);
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }

  void copy_text() {
    put_text(out_, cursor_.text());
    put_number(out_, 0, 1);
  }

  // What follows has another form, or one that nobody knows.
  void give_up() { given_up_ = true; }

  BytesView bytes_;
  FormatCursor cursor_;
  Bytes out_;
  bool changed_ = false, given_up_ = false;
};

// False for most types, without going through them: none of their bytes begins a type that changes.
bool may_change(BytesView bytes) {
  return std::any_of(bytes.begin(), bytes.end(), [](std::byte each) {
    const auto head = std::to_integer<unsigned>(each);
    const unsigned kind = head & 0xfU;
    const unsigned version = head >> 4U;
    return (version == 4 || version == 5) && kind >= compound && kind <= complex &&
           kind != reference;
  });
}

}  // namespace

std::optional<Bytes> older_type(BytesView bytes) {
  return may_change(bytes) ? TypeWriter(bytes).write() : std::nullopt;
}

std::optional<Bytes> older_attribute(BytesView bytes) {
  FormatCursor cursor(bytes);
  const std::uint64_t version = cursor.number(1);
  const std::uint64_t flags = cursor.number(1);
  const std::uint64_t name_size = cursor.number(2);
  const std::size_t size_at = cursor.position();
  const std::uint64_t type_size = cursor.number(2);
  const std::uint64_t space_size = cursor.number(2);
  // In the first version name, type and space are padded; others say what is shared.
  const std::uint64_t alignment = version == 1 ? 8 : 1;
  const auto padded = [&](std::uint64_t size) {
    return (size + alignment - 1) / alignment * alignment;
  };
  if (version < 1 || version > 3 || (version > 1 && (flags & 0x01U) != 0)) return std::nullopt;
  cursor.skip((version == 3 ? 1 : 0) + padded(name_size));
  const std::size_t begin = cursor.position();
  const auto type = older_type(cursor.take(type_size));
  if (!type || type->size() > 0xffff) return std::nullopt;
  cursor.skip(padded(type_size) - type_size);

  Bytes older(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(begin));
  set_number(std::span(older).subspan(size_at), type->size(), 2);
  older.insert(older.end(), type->begin(), type->end());
  older.resize(begin + padded(type->size()));
  // In the first version the message's own padding may be left out at its end.
  const BytesView rest = cursor.take(cursor.left());
  if (rest.size() < space_size) return std::nullopt;
  older.insert(older.end(), rest.begin(), rest.end());
  return older;
}

}  // namespace engram::hdf5_format
