// Pickles that were made to hurt. What real ones hold is in numcodecs_table_test.cpp.
#include <fmt/format.h>

#include <ostream>

#include "codec/fixtures.hpp"
#include "engram/codec/object_codec.hpp"

namespace engram::codec {
namespace {

using namespace std::string_literals;

const CodecConfig kPickle{"pickle", Json::object()};

std::vector<Json> read(const std::string& pickle, const std::vector<std::uint64_t>& shape = {1}) {
  return decode_objects(kPickle, as_bytes(pickle), shape);
}

const std::string kReconstruct =
    "\x80\x02"
    "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85"
    "C\x01"
    "b\x87R("s;
const std::string kObjects =
    "cnumpy\ndtype\nU\x02O8K\0K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xff"
    "J\xff\xff\xff\xffK?tb"s;

// An array of one object, which `opcodes` push.
std::string object(const std::string& opcodes) {
  return kReconstruct + "K\x01K\x01\x85" + kObjects + "K\0]"s + opcodes + "atb.";
}

// An array of the type and shape that opcodes push, with `bytes` of elements.
std::string elements(const std::string& shape, const std::string& type, const std::string& bytes) {
  return kReconstruct + "K\x01" + shape + type + "K\0C"s + static_cast<char>(bytes.size()) + bytes +
         "tb.";
}

std::string dtype(const std::string& name) {
  return "cnumpy\ndtype\nU"s + static_cast<char>(name.size()) + name + "K\0K\x01\x87R"s;
}

std::string repeated(const std::string& text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

TEST(Pickle, BuildsWhatItKnows) {
  EXPECT_EQ(read(object("K\x07")).at(0), 7);
  EXPECT_EQ(read(object("(K\x01K\x02l")).at(0), Json({1, 2}));
  EXPECT_EQ(read(elements("K\x02\x85", dtype("u1"), "\x05\x06"), {2}), (std::vector<Json>{5, 6}));
  EXPECT_EQ(read(object("S'it\\'s \\x41\\n'\n")).at(0), "it's A\n");
  EXPECT_EQ(read(object("Va\\u00e9\\U0001f9e0\n")).at(0), "a\xc3\xa9\xf0\x9f\xa7\xa0");
  EXPECT_EQ(read(object("X\x05\0\0\0a\xed\xb3\xbf"
                        "b"s))
                .at(0),
            "a\xff"
            "b");
  EXPECT_EQ(read(object("chdmf_zarr.utils\nZarrReference\n)\x81(U\x04pathU\x02/au")).at(0),
            Json({{"path", "/a"}}));
  EXPECT_EQ(read(object("ccopy_reg\n_reconstructor\n(chdmf_zarr.utils\nZarrReference\n"
                        "c__builtin__\ndict\n(dU\x01kK\x01stR"))
                .at(0),
            Json({{"k", 1}}));
  EXPECT_EQ(read(object("L18446744073709551615L\n")).at(0), 18446744073709551615U);
  EXPECT_EQ(read(object("L-18446744073709551616L\n")).at(0), -18446744073709551616.0);
}

struct BadPickle {
  const char* why;
  std::string pickle;
  ErrorCode code;
  const char* text;

  friend std::ostream& operator<<(std::ostream& out, const BadPickle& p) { return out << p.why; }
};

constexpr ErrorCode kCorrupt = ErrorCode::corrupt_data;
constexpr ErrorCode kNotKnown = ErrorCode::unsupported;
constexpr ErrorCode kLimit = ErrorCode::limit_exceeded;

// 10^20 numbers in 20 lists.
std::string bomb() {
  std::string out = "(" + repeated("K\x01", 10) + "lq\0"s;
  for (char i = 1; i < 20; ++i)
    out += "0(" + repeated("h"s + static_cast<char>(i - 1), 10) + "lq" + i;
  return out;
}

// A record of two records of two records ..., 40 deep.
std::string record_bomb() {
  std::string out = dtype("i4") + "q\0"s;
  for (char i = 1; i <= 40; ++i) {
    const std::string before = "h"s + static_cast<char>(i - 1);
    out += "0" + dtype("V8") + "q" + i +
           "(K\x03U\x01|N(U\x01"
           "aU\x01"
           "bt(U\x01"
           "a" +
           before +
           "K\0\x86U\x01"
           "b"s +
           before +
           "K\0\x86"
           "dK\x08K\x01K\0tb"s;
  }
  return out;
}

class BadPickleTest : public ::testing::TestWithParam<BadPickle> {};

INSTANTIATE_TEST_SUITE_P(
    Pickles, BadPickleTest,
    ::testing::Values(
        BadPickle{"System", "cos\nsystem\n(S'echo'\ntR.", kNotKnown, "os.system"},
        BadPickle{"SystemInside", object("cposix\nsystem\n(S'echo'\ntR"), kNotKnown,
                  "posix.system"},
        BadPickle{"SystemByName", object("U\x02osU\x06system\x93"), kNotKnown, "os.system"},
        BadPickle{"SystemOnTheStack", object("X\x02\0\0\0osX\x06\0\0\0system\x93"s), kNotKnown,
                  "os.system"},
        BadPickle{"SystemAsInstance", object("(S'x'\nios\nsystem\n"), kNotKnown, "os.system"},
        BadPickle{"SystemAsObject", object("(cos\nsystem\no"), kNotKnown, "os.system"},
        BadPickle{"Eval", object("cbuiltins\neval\n(S'1'\ntR"), kNotKnown, "builtins.eval"},
        BadPickle{"Getattr", object("c__builtin__\ngetattr\n"), kNotKnown, "getattr"},
        BadPickle{"Submodule", object("cnumpy.core\nmultiarray._reconstruct\n"), kNotKnown,
                  "numpy.core.multiarray._reconstruct"},
        BadPickle{"NumpyLoad", object("cnumpy\nload\n(S'x'\ntR"), kNotKnown, "numpy.load"},
        BadPickle{"Datetime", object("cdatetime\ndatetime\n"), kNotKnown, "datetime.datetime"},
        BadPickle{"Newline", object("cos\x01\nsys\x02tem\n"), kNotKnown, "\\x01"},
        BadPickle{"OtherClass",
                  object("ccopy_reg\n_reconstructor\n(c__builtin__\nobject\n"
                         "c__builtin__\nobject\nNtR"),
                  kNotKnown, "class"},
        BadPickle{"CallsAList", object("])R"), kNotKnown, "calls a list"},
        BadPickle{"CallsObject", object("c__builtin__\nobject\n)R"), kNotKnown, "plain object"},
        BadPickle{"State", object("K\x01}b"), kNotKnown, "state of an integer"},
        BadPickle{"StateOfADict",
                  object("}(S'a'\nK\x01"
                         "db"),
                  kNotKnown, "state of a dictionary"},
        BadPickle{"Persistent", object("Px\n"), kNotKnown, "outside"},
        BadPickle{"PersistentBinary", object("K\x01Q"), kNotKnown, "outside"},
        BadPickle{"Extension", object("\x82\x01"), kNotKnown, "copyreg"},
        BadPickle{"Buffer", object("\x97"), kNotKnown, "buffer"},
        BadPickle{"Set", object("\x8f"), kNotKnown, "set"},
        BadPickle{"Protocol", "\x80\x06.", kNotKnown, "protocol 6"},
        BadPickle{"GlobalAsAnObject", object("cnumpy\nndarray\n"), kNotKnown, "a function"},
        BadPickle{"TypeAsAnObject", object(dtype("i4")), kNotKnown, "a NumPy type"},
        BadPickle{"KeyOfNumbers", object("}K\x01K\x02s"), kNotKnown, "key of a dictionary"},
        BadPickle{"Itself", object("]q\0h\0a"s), kLimit, "deeper than 64"},
        BadPickle{"ItselfInADict",
                  object("}q\0(U\x01"
                         "ah\0u"s),
                  kLimit, "deeper than 64"},
        BadPickle{"Deep", object(repeated("]", 1000000) + repeated("a", 999999)), kLimit,
                  "deeper than 64"},
        BadPickle{"DeepTuples", object(")" + repeated("\x85", 1000000)), kLimit, "deeper than 64"},
        BadPickle{"MemoBomb", object(bomb()), kLimit, "out of proportion"},
        BadPickle{"TextBomb",
                  object("(T\0\0\x10\0"s + std::string(1048576, 'x') + "q\0"s +
                         repeated("h\0"s, 100000) + "l"),
                  kLimit, "out of proportion"},
        BadPickle{"RecordBomb", object(record_bomb()), kLimit, "out of proportion"},
        BadPickle{"ManyMarks", object(repeated("(", 1000000)), kCorrupt, "nothing is on the stack"},
        BadPickle{"LongBeyond", object("\x8b\xff\xff\xff\x7f"), kCorrupt, "are asked for"},
        BadPickle{"LongNegative", object("\x8b\xff\xff\xff\xff"), kCorrupt, "are asked for"},
        BadPickle{"LongOf255", object("\x8a\xff" + std::string(255, '\x7f')), kLimit, "255 bytes"},
        BadPickle{"LongOfDigits", object("L" + std::string(5000, '9') + "L\n"), kLimit,
                  "5000 digits"},
        BadPickle{"LongOfLetters", object("L12e5\n"), kCorrupt, "no integer"},
        BadPickle{"FloatOfLetters", object("Fx\n"), kCorrupt, "no number"},
        BadPickle{"BytesBeyond", object("\x8e\xff\xff\xff\xff\xff\xff\xff\xff"), kCorrupt,
                  "asked for"},
        BadPickle{"FrameBeyond", "\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xff.", kCorrupt,
                  "frame"},
        BadPickle{"MemoMissing", object("h\x09"), kCorrupt, "memorized as 9"},
        BadPickle{"StackEmpty", "0.", kCorrupt, "nothing is on the stack"},
        BadPickle{"NoMark", "t.", kCorrupt, "no mark"},
        BadPickle{"BelowTheMark", object("(a"), kCorrupt, "nothing is on the stack"},
        BadPickle{"AppendToNumber",
                  object("K\x01K\x02"
                         "a"),
                  kCorrupt, "expected a list"},
        BadPickle{"OddDict",
                  object("(K\x01"
                         "d"),
                  kCorrupt, "key without value"},
        BadPickle{"Opcode", object("\xfe"), kCorrupt, "0xfe"},
        BadPickle{"Empty", "", kCorrupt, "asked for"},
        BadPickle{"NoArray", "K\x01.", kCorrupt, "expected an array"},
        BadPickle{"ArrayWithoutState", kReconstruct + "0.", kCorrupt, ""},
        BadPickle{"TwoForOne",
                  kReconstruct + "K\x01K\x02\x85" + kObjects +
                      "K\0](K\x01K\x02"
                      "etb."s,
                  kCorrupt, "2 elements, expected 1"},
        BadPickle{"OneForTwo",
                  kReconstruct + "K\x01K\x02\x85" + kObjects +
                      "K\0]K\x01"
                      "atb."s,
                  kCorrupt, "another number"},
        BadPickle{"HugeShape", elements("J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86", dtype("u1"), "x"),
                  kCorrupt, "1 bytes"},
        BadPickle{"OverflowingShape",
                  elements("(" + repeated("J\xff\xff\xff\x7f", 9) + "t", dtype("u1"), "x"), kLimit,
                  ""},
        BadPickle{"NegativeShape", elements("J\xff\xff\xff\xff\x85", dtype("u1"), "x"), kCorrupt,
                  "length"},
        BadPickle{"ElementsOfNothing", elements("J\xff\xff\xff\x7f\x85", dtype("V0"), ""), kLimit,
                  ""},
        BadPickle{"TypeUnknown", elements("K\x01\x85", dtype("x9"), "x"), kNotKnown, "x9"},
        BadPickle{"TypeHuge", elements("K\x01\x85", dtype("V99999999999"), "x"), kNotKnown, ""},
        BadPickle{"FieldBeyond",
                  elements("K\x01\x85",
                           dtype("V2") +
                               "(K\x03U\x01|N(U\x01"
                               "at(U\x01"
                               "a" +
                               dtype("i4") +
                               "K\0\x86"
                               "dK\x02K\x01K\0tb"s,
                           "xx"),
                  kCorrupt, "beyond"},
        BadPickle{"ListsOfNothing",
                  object(elements("J\xff\xff\xff\x7fJ\xff\xff\xff\x7fK\0\x87"s, dtype("u1"), "")
                             .substr(2, std::string::npos)
                             .substr(0, elements("J\xff\xff\xff\x7fJ\xff\xff\xff\x7fK\0\x87"s,
                                                 dtype("u1"), "")
                                                .size() -
                                            3)),
                  kLimit, ""}),
    [](const auto& p) { return std::string(p.param.why); });

TEST_P(BadPickleTest, IsRefused) {
  expect_error(GetParam().code, GetParam().text, [] { read(GetParam().pickle); });
}

TEST(Pickle, RefusesEveryPieceOfItself) {
  const std::string good = object("(S'a'\nL5L\nF1.5\nG@\x04\0\0\0\0\0\0NK\x01\x85}(U\x01kK\x02ul"s);
  EXPECT_EQ(dump_json(read(good).at(0), JsonStyle::line), R"(["a",5,1.5,2.5,null,[1],{"k":2}])");
  for (std::size_t size = 0; size < good.size(); ++size)
    expect_error(kCorrupt, "pickle", [&] { read(good.substr(0, size)); });
}

}  // namespace
}  // namespace engram::codec
