// The opcodes of Python's pickle, protocols 0 to 5, as data: a stack of values, marks and a memo.
// What would import a module, call a function or make an object goes through global_of() and
// call(), which know some names of NumPy and nothing else.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "codec/pickle_values.hpp"
#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"

namespace engram::codec::pickle {
namespace {

class Machine {
 public:
  Machine(Arena& arena, BytesView payload)
      : arena_(arena), payload_(payload), none_(arena.add({})) {
    for (const std::int64_t truth : {0, 1}) {
      Value value;
      value.type = Type::boolean;
      value.number = truth;
      booleans_[truth] = arena_.add(std::move(value));
    }
  }

  Id run() {
    for (;;) {
      const auto opcode = std::to_integer<std::uint8_t>(take(1)[0]);
      if (opcode == '.') return pop();
      if (!number(opcode) && !text(opcode) && !container(opcode) && !stack(opcode) &&
          !object(opcode))
        corrupt(fmt::format("opcode 0x{:02x} at {} is none", opcode, at_ - 1));
    }
  }

 private:
  // --- Input ---
  BytesView take(std::uint64_t size) {
    if (size > payload_.size() - at_)
      corrupt(fmt::format("{} bytes are asked for at {}, {} are left", size, at_,
                          payload_.size() - at_));
    const BytesView taken = payload_.subspan(at_, size);
    at_ += size;
    return taken;
  }
  std::uint64_t unsigned_number(std::size_t size) {
    std::uint64_t value = 0;
    std::memcpy(&value, take(size).data(), size);
    return value;
  }
  std::string_view line() {
    const std::string_view rest = as_text(payload_.subspan(at_));
    const std::size_t size = rest.find('\n');
    if (size == std::string_view::npos) corrupt(fmt::format("the line at {} has no end", at_));
    at_ += size + 1;
    return rest.substr(0, size);
  }

  // --- Stack ---
  void push(Id id) {
    arena_.budget().take(sizeof(Id));
    stack_.push_back(id);
  }
  void push(Value value) { push(arena_.add(std::move(value))); }
  Id pop() {
    const std::size_t bottom = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() <= bottom) corrupt(fmt::format("nothing is on the stack at {}", at_ - 1));
    const Id id = stack_.back();
    stack_.pop_back();
    return id;
  }
  Id top() {
    const Id id = pop();
    stack_.push_back(id);
    return id;
  }
  std::vector<Id> pop_to_mark() {
    if (marks_.empty()) corrupt(fmt::format("no mark is on the stack at {}", at_ - 1));
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<Id> items(begin, stack_.end());
    arena_.budget().take(items.size() * sizeof(Id));
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return items;
  }

  Value& expect(Id id, Type type) {
    Value& value = arena_[id];
    if (value.type != type)
      corrupt(
          fmt::format("{} at {}, expected {}", type_name(value.type), at_ - 1, type_name(type)));
    return value;
  }

  // --- Numbers ---
  bool number(std::uint8_t opcode) {
    switch (opcode) {
      case 'N':
        push(none_);
        return true;
      case 0x88:
      case 0x89:
        push(booleans_[opcode == 0x88 ? 1 : 0]);
        return true;
      case 'J':
        push(integer_value(static_cast<std::int32_t>(unsigned_number(4))));
        return true;
      case 'K':
        push(integer_value(static_cast<std::int64_t>(unsigned_number(1))));
        return true;
      case 'M':
        push(integer_value(static_cast<std::int64_t>(unsigned_number(2))));
        return true;
      case 'I': {
        const std::string_view digits = line();
        if (digits == "00" || digits == "01")
          push(booleans_[digits == "01" ? 1 : 0]);
        else
          push(decimal_value(digits));
        return true;
      }
      case 'L':
        push(decimal_value(line()));
        return true;
      case 0x8a:
        push(long_value(take(unsigned_number(1))));
        return true;
      case 0x8b:
        push(long_value(take(unsigned_number(4))));
        return true;
      case 'F':
        push(real_line(line()));
        return true;
      case 'G': {
        std::uint64_t bits = 0;
        for (const std::byte byte : take(8))
          bits = (bits << 8U) | std::to_integer<std::uint64_t>(byte);
        push(real_value(std::bit_cast<double>(bits)));
        return true;
      }
      default:
        return false;
    }
  }

  // --- Text and bytes ---
  void push_bytes(Type type, BytesView bytes) {
    Value value;
    value.type = type;
    value.bytes = bytes;
    push(std::move(value));
  }
  void push_text(std::string text) { push_bytes(Type::text, arena_.keep(std::move(text))); }

  void push_utf8(BytesView bytes) {
    if (is_utf8(as_text(bytes))) return push_bytes(Type::text, bytes);
    push_text(from_surrogates(as_text(bytes)));
  }

  bool text(std::uint8_t opcode) {
    switch (opcode) {
      case 'S':
        push_text(from_repr(line()));
        return true;
      case 'T':
        push_bytes(Type::text, take(unsigned_number(4)));
        return true;
      case 'U':
        push_bytes(Type::text, take(unsigned_number(1)));
        return true;
      case 'V':
        push_text(from_raw_unicode(line()));
        return true;
      case 'X':
        push_utf8(take(unsigned_number(4)));
        return true;
      case 0x8c:
        push_utf8(take(unsigned_number(1)));
        return true;
      case 0x8d:
        push_utf8(take(unsigned_number(8)));
        return true;
      case 'B':
        push_bytes(Type::bytes, take(unsigned_number(4)));
        return true;
      case 'C':
        push_bytes(Type::bytes, take(unsigned_number(1)));
        return true;
      case 0x8e:
      case 0x96:
        push_bytes(Type::bytes, take(unsigned_number(8)));
        return true;
      default:
        return false;
    }
  }

  // --- Containers ---
  void push_items(Type type, std::vector<Id> items) {
    Value value;
    value.type = type;
    value.items = std::move(items);
    push(std::move(value));
  }
  void push_last(std::size_t count) {
    std::vector<Id> items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    push_items(Type::tuple, std::move(items));
  }
  void append(Type type, const std::vector<Id>& items) {
    if (type == Type::dict && items.size() % 2 != 0)
      corrupt("a dictionary has a key without value");
    std::vector<Id>& into = expect(top(), type).items;
    arena_.budget().take(items.size() * sizeof(Id));
    into.insert(into.end(), items.begin(), items.end());
  }

  bool container(std::uint8_t opcode) {
    switch (opcode) {
      case ')':
        push_items(Type::tuple, {});
        return true;
      case ']':
        push_items(Type::list, {});
        return true;
      case '}':
        push_items(Type::dict, {});
        return true;
      case 't':
        push_items(Type::tuple, pop_to_mark());
        return true;
      case 'l':
        push_items(Type::list, pop_to_mark());
        return true;
      case 'd': {
        std::vector<Id> items = pop_to_mark();
        if (items.size() % 2 != 0) corrupt("a dictionary has a key without value");
        push_items(Type::dict, std::move(items));
        return true;
      }
      case 0x85:
      case 0x86:
      case 0x87:
        push_last(opcode - 0x84U);
        return true;
      case 'a': {
        const Id item = pop();
        append(Type::list, {item});
        return true;
      }
      case 'e':
        append(Type::list, pop_to_mark());
        return true;
      case 's': {
        const Id value = pop();
        const Id key = pop();
        append(Type::dict, {key, value});
        return true;
      }
      case 'u':
        append(Type::dict, pop_to_mark());
        return true;
      case 0x8f:
      case 0x90:
      case 0x91:
        throw Error(ErrorCode::unsupported, "pickle: a set of Python has no form here");
      default:
        return false;
    }
  }

  // --- The stack itself and the memo ---
  void memorize(std::uint64_t place) {
    arena_.budget().take(32);
    memo_[place] = top();
  }
  void recall(std::uint64_t place) {
    const auto found = memo_.find(place);
    if (found == memo_.end()) corrupt(fmt::format("nothing was memorized as {}", place));
    push(found->second);
  }
  std::uint64_t place_of(std::string_view digits) {
    std::uint64_t place = 0;
    const auto found = std::from_chars(digits.data(), digits.data() + digits.size(), place);
    if (found.ec != std::errc() || found.ptr != digits.data() + digits.size())
      corrupt(fmt::format("\"{}\" is no place of the memo", printable(digits, 40)));
    return place;
  }

  bool stack(std::uint8_t opcode) {
    switch (opcode) {
      case '(':
        arena_.budget().take(sizeof(std::size_t));
        marks_.push_back(stack_.size());
        return true;
      case '0':
        if (!marks_.empty() && stack_.size() == marks_.back())
          marks_.pop_back();  // As Python does.
        else
          pop();
        return true;
      case '1':
        pop_to_mark();
        return true;
      case '2':
        push(top());
        return true;
      case 'g':
        recall(place_of(line()));
        return true;
      case 'h':
        recall(unsigned_number(1));
        return true;
      case 'j':
        recall(unsigned_number(4));
        return true;
      case 'p':
        memorize(place_of(line()));
        return true;
      case 'q':
        memorize(unsigned_number(1));
        return true;
      case 'r':
        memorize(unsigned_number(4));
        return true;
      case 0x94:
        memorize(memo_.size());
        return true;
      case 0x80:
        if (const std::uint64_t protocol = unsigned_number(1); protocol > 5)
          throw Error(ErrorCode::unsupported,
                      fmt::format("pickle has protocol {}, known are 0 to 5", protocol));
        return true;
      case 0x95:
        if (const std::uint64_t size = unsigned_number(8); size > payload_.size() - at_)
          corrupt(fmt::format("a frame of {} bytes, {} are left", size, payload_.size() - at_));
        return true;
      default:
        return false;
    }
  }

  // --- What would be code ---
  void push_global(std::string_view module, std::string_view name) {
    Value value = integer_value(static_cast<std::int64_t>(global_of(module, name)));
    value.type = Type::global;
    push(std::move(value));
  }
  void push_call(Id callee, Id arguments) {
    if (arena_[callee].type != Type::global)
      throw Error(ErrorCode::unsupported,
                  fmt::format("pickle calls {}, which is refused", type_name(arena_[callee].type)));
    expect(arguments, Type::tuple);
    push(call(arena_, static_cast<Global>(arena_[callee].number), arguments));
  }

  bool object(std::uint8_t opcode) {
    switch (opcode) {
      case 'c':
      case 'i': {
        const std::string_view module = line();
        const std::string_view name = line();
        if (opcode == 'c') {
          push_global(module, name);
          return true;
        }
        std::vector<Id> arguments = pop_to_mark();
        push_global(module, name);
        push_items(Type::tuple, std::move(arguments));
        break;
      }
      case 0x93: {
        const BytesView name = expect(pop(), Type::text).bytes;
        const BytesView module = expect(pop(), Type::text).bytes;
        push_global(as_text(module), as_text(name));
        return true;
      }
      case 'o': {
        std::vector<Id> items = pop_to_mark();
        if (items.empty()) corrupt("an object has no class");
        push(items.front());
        items.erase(items.begin());
        push_items(Type::tuple, std::move(items));
        break;
      }
      case 'R':
      case 0x81:
        break;
      case 0x92:
        if (!expect(pop(), Type::dict).items.empty())
          throw Error(ErrorCode::unsupported, "pickle: an object is made with named arguments");
        break;
      case 'b': {
        const Id state = pop();
        build(arena_, top(), state);
        return true;
      }
      case 'P':
      case 'Q':
        throw Error(ErrorCode::unsupported, "pickle refers to an object outside of it");
      case 0x82:
      case 0x83:
      case 0x84:
        throw Error(ErrorCode::unsupported, "pickle refers to a class by a number of copyreg");
      case 0x97:
      case 0x98:
        throw Error(ErrorCode::unsupported, "pickle refers to a buffer outside of it");
      default:
        return false;
    }
    const Id arguments = pop();
    const Id callee = pop();
    push_call(callee, arguments);
    return true;
  }

  Arena& arena_;
  BytesView payload_;
  std::size_t at_ = 0;
  Id none_;
  Id booleans_[2] = {};
  std::vector<Id> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, Id> memo_;
};

}  // namespace

void Budget::take(std::uint64_t bytes) {
  if (bytes > left_)
    throw Error(
        ErrorCode::limit_exceeded,
        fmt::format("pickle: its objects take more than {} bytes, out of proportion to it", all_));
  left_ -= bytes;
}

Id Arena::add(Value value) {
  budget_.take(sizeof(Value) + value.items.size() * sizeof(Id));
  values_.push_back(std::move(value));
  return static_cast<Id>(values_.size() - 1);
}

BytesView Arena::keep(std::string text) {
  budget_.take(sizeof(std::string) + text.size());
  texts_.push_back(std::move(text));
  return as_bytes(texts_.back());
}

void corrupt(const std::string& what) { throw Error(ErrorCode::corrupt_data, "pickle: " + what); }

Id run(Arena& arena, BytesView payload) { return Machine(arena, payload).run(); }

}  // namespace engram::codec::pickle
