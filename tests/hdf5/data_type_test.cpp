#include "hdf5/data_type.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "hdf5/make_file.hpp"
#include "testing/expect_error.hpp"

namespace engram::hdf5 {
namespace {

/// A copy of `base`, changed by `change`.
Handle changed(hid_t base, const std::function<void(hid_t)>& change) {
  Handle type(H5Tcopy(base));
  change(type.id());
  return type;
}

Handle compound(std::size_t size,
                const std::vector<std::tuple<const char*, std::size_t, hid_t>>& fields) {
  Handle type(H5Tcreate(H5T_COMPOUND, size));
  for (const auto& [name, offset, field] : fields)
    check(H5Tinsert(type.id(), name, offset, field), "insert");
  return type;
}

Handle enumeration(hid_t base, const std::vector<std::pair<const char*, int>>& names) {
  Handle type(H5Tenum_create(base));
  for (const auto& [name, value] : names) {
    int number = value;
    H5Tconvert(H5T_NATIVE_INT, base, 1, &number, nullptr, H5P_DEFAULT);
    check(H5Tenum_insert(type.id(), name, &number), "insert");
  }
  return type;
}

Handle half() {
  return changed(H5T_IEEE_F32LE, [](hid_t id) {
    H5Tset_fields(id, 15, 10, 5, 0, 10);
    H5Tset_size(id, 2);
    H5Tset_ebias(id, 15);
  });
}

struct NumberCase {
  std::string name;
  std::function<Handle()> make;
  std::string typestr;
  bool verbatim;
  friend std::ostream& operator<<(std::ostream& out, const NumberCase& c) { return out << c.name; }
};
class NumberTypeTest : public ::testing::TestWithParam<NumberCase> {};

TEST_P(NumberTypeTest, IsDescribed) {
  const Locked locked;
  const Handle id = GetParam().make();
  const Type type = describe(id.id());
  ASSERT_EQ(type.kind, Type::Kind::number) << type.reason;
  EXPECT_EQ(typestr(type.number), GetParam().typestr);
  EXPECT_EQ(type.verbatim, GetParam().verbatim);
  EXPECT_EQ(type.memory_size, type.number.size);
  EXPECT_EQ(H5Tget_size(type.memory.id()), type.memory_size);
}

INSTANTIATE_TEST_SUITE_P(
    Types, NumberTypeTest,
    ::testing::Values(
        NumberCase{"Int8", [] { return Handle::share(H5T_STD_I8BE); }, "|i1", true},
        NumberCase{"Int32", [] { return Handle::share(H5T_STD_I32LE); }, "<i4", true},
        NumberCase{"BigInt64", [] { return Handle::share(H5T_STD_I64BE); }, ">i8", true},
        NumberCase{"Uint16", [] { return Handle::share(H5T_STD_U16LE); }, "<u2", true},
        NumberCase{
            "Int12Of16",
            [] { return changed(H5T_STD_I16LE, [](hid_t id) { H5Tset_precision(id, 12); }); },
            "<i2", false},
        NumberCase{"Int24",
                   [] {
                     return changed(H5T_STD_I32LE, [](hid_t id) {
                       H5Tset_precision(id, 24);
                       H5Tset_size(id, 3);
                     });
                   },
                   "<i4", false},
        NumberCase{"Int40",
                   [] {
                     return changed(H5T_STD_I64BE, [](hid_t id) {
                       H5Tset_precision(id, 40);
                       H5Tset_size(id, 5);
                     });
                   },
                   "<i8", false},
        NumberCase{"Int32In16Bytes",
                   [] {
                     return changed(H5T_STD_I64LE, [](hid_t id) {
                       H5Tset_size(id, 16);
                       H5Tset_precision(id, 32);
                     });
                   },
                   "<i4", false},
        NumberCase{"Bitfield", [] { return Handle::share(H5T_STD_B16BE); }, ">u2", true},
        NumberCase{"Float16", half, "<f2", true},
        NumberCase{"Float32", [] { return Handle::share(H5T_IEEE_F32BE); }, ">f4", true},
        NumberCase{"Float64", [] { return Handle::share(H5T_IEEE_F64LE); }, "<f8", true},
        NumberCase{"LongDouble", [] { return Handle::share(H5T_NATIVE_LDOUBLE); }, "<f16", true},
        NumberCase{"Bfloat16",
                   [] {
                     return changed(H5T_IEEE_F32LE, [](hid_t id) {
                       H5Tset_fields(id, 15, 7, 8, 0, 7);
                       H5Tset_size(id, 2);
                     });
                   },
                   "<f4", false},
        NumberCase{"VaxF", [] { return Handle::share(H5T_VAX_F32); }, "<f8", false},
        NumberCase{"Bool",
                   [] {
                     return enumeration(H5T_STD_I8LE, {{"FALSE", 0}, {"TRUE", 1}});
                   },
                   "|b1", true},
        NumberCase{"WideBool",
                   [] {
                     return enumeration(H5T_STD_I32LE, {{"FALSE", 0}, {"TRUE", 1}});
                   },
                   "|b1", false},
        NumberCase{"Opaque", [] { return Handle(H5Tcreate(H5T_OPAQUE, 5)); }, "|V5", true},
        NumberCase{"Complex",
                   [] {
                     return compound(16, {{"r", 0, H5T_IEEE_F64LE}, {"i", 8, H5T_IEEE_F64LE}});
                   },
                   "<c16", true},
        NumberCase{"BigComplex",
                   [] {
                     return compound(8, {{"r", 0, H5T_IEEE_F32BE}, {"i", 4, H5T_IEEE_F32BE}});
                   },
                   ">c8", true},
        NumberCase{"PaddedComplex",
                   [] {
                     return compound(9, {{"r", 0, H5T_IEEE_F32LE}, {"i", 5, H5T_IEEE_F32LE}});
                   },
                   "<c8", false},
        NumberCase{"NoComplex",
                   [] {
                     return compound(8, {{"i", 0, H5T_IEEE_F32LE}, {"r", 4, H5T_IEEE_F32LE}});
                   },
                   "|V8", true},
        NumberCase{"Packed",
                   [] {
                     return compound(5, {{"a", 0, H5T_STD_I32BE}, {"b", 4, H5T_STD_U8LE}});
                   },
                   "|V5", true},
        NumberCase{"Padded",
                   [] {
                     return compound(8, {{"a", 0, H5T_STD_I32BE}, {"b", 6, H5T_STD_U8LE}});
                   },
                   "|V5", false}),
    [](const auto& c) { return c.param.name; });

TEST(DataTypeTest, CompoundsKeepNamesOrderAndByteOrder) {
  const Locked locked;
  const Handle text = changed(H5T_C_S1, [](hid_t id) {
    H5Tset_size(id, 3);
    H5Tset_strpad(id, H5T_STR_NULLPAD);
  });
  const hsize_t three = 3;
  const Handle array(H5Tarray_create2(H5T_STD_I16BE, 1, &three));
  const Handle inner = compound(4, {{"x", 0, H5T_IEEE_F32LE}});
  const Handle id = compound(13, {{"t", 0, text.id()}, {"v", 3, array.id()}, {"c", 9, inner.id()}});
  const Type type = describe(id.id());
  EXPECT_TRUE(type.verbatim);
  const DataType expected = DataType::structured(
      {{"t", DataType::bytes(3), {}, 0},
       {"v", DataType::integer(2, ByteOrder::big), {3}, 0},
       {"c", DataType::structured({{"x", DataType::floating(4), {}, 0}}), {}, 0}});
  EXPECT_EQ(type.number, expected);
}

TEST(DataTypeTest, EnumerationsKeepTheirNames) {
  const Locked locked;
  const Handle id = enumeration(H5T_STD_I16BE, {{"B", -2}, {"A", 300}});
  const Type type = describe(id.id());
  EXPECT_EQ(typestr(type.number), ">i2");
  using Names = std::vector<std::pair<std::string, std::int64_t>>;
  EXPECT_EQ(type.enumeration, (Names{{"B", -2}, {"A", 300}}));
}

TEST(DataTypeTest, InnerEnumerationsAreTold) {
  const Locked locked;
  const Handle names = enumeration(H5T_STD_I8LE, {{"UP", 1}, {"DOWN", 2}});
  const Handle truth = enumeration(H5T_STD_I8LE, {{"FALSE", 0}, {"TRUE", 1}});
  const hsize_t two = 2;
  const Handle in_array(H5Tarray_create2(names.id(), 1, &two));
  const Handle in_sequence(H5Tvlen_create(names.id()));
  const Handle in_field = compound(3, {{"a", 0, H5T_STD_I16LE}, {"e", 2, names.id()}});
  const Handle deep = compound(3, {{"c", 0, in_field.id()}});
  for (const Handle* type : {&in_array, &in_sequence, &in_field, &deep})
    EXPECT_TRUE(describe(type->id()).has_inner_enumeration);
  const Handle with_truth = compound(1, {{"b", 0, truth.id()}});
  EXPECT_FALSE(describe(with_truth.id()).has_inner_enumeration);
  EXPECT_FALSE(describe(names.id()).has_inner_enumeration);
}

TEST(DataTypeTest, WhatHasNoFixedSizeIsARecord) {
  const Locked locked;
  const Handle text = changed(H5T_C_S1, [](hid_t id) { H5Tset_size(id, H5T_VARIABLE); });
  const Handle id = compound(24, {{"n", 0, H5T_STD_I32LE}, {"s", 8, text.id()}});
  const Type type = describe(id.id());
  EXPECT_EQ(type.kind, Type::Kind::record);
  EXPECT_EQ(type.members.size(), 2U);
  EXPECT_EQ(type.memory_size, 12U);
  EXPECT_TRUE(has_pointers(type));
  EXPECT_FALSE(has_pointers(describe(H5T_STD_I32LE)));
}

struct UnknownCase {
  std::string name;
  std::function<Handle()> make;
  std::string reason;
  friend std::ostream& operator<<(std::ostream& out, const UnknownCase& c) { return out << c.name; }
};
class UnknownTypeTest : public ::testing::TestWithParam<UnknownCase> {};

TEST_P(UnknownTypeTest, SaysWhy) {
  const Locked locked;
  const Handle id = GetParam().make();
  const Type type = describe(id.id());
  EXPECT_EQ(type.kind, Type::Kind::unknown);
  EXPECT_NE(type.reason.find(GetParam().reason), std::string::npos) << type.reason;
}

INSTANTIATE_TEST_SUITE_P(
    Types, UnknownTypeTest,
    ::testing::Values(UnknownCase{"Time", [] { return Handle::share(H5T_UNIX_D64LE); }, "H5T_TIME"},
                      UnknownCase{"WideInteger",
                                  [] {
                                    return changed(H5T_STD_I64LE, [](hid_t id) {
                                      H5Tset_size(id, 16);
                                      H5Tset_precision(id, 128);
                                    });
                                  },
                                  "128 bits"},
                      UnknownCase{"TimeInACompound",
                                  [] {
                                    return compound(4, {{"t", 0, H5T_UNIX_D32LE}});
                                  },
                                  "H5T_TIME"}),
    [](const auto& c) { return c.param.name; });

TEST(DataTypeTest, RefusesEndlessNesting) {
  const Locked locked;
  Handle type = Handle::share(H5T_STD_I8LE);
  for (int i = 0; i < 40; ++i) type = Handle(H5Tvlen_create(type.id()));
  testing::expect_error(ErrorCode::limit_exceeded, "nested", [&] { describe(type.id()); });
}

TEST(DataTypeTest, OddNumbersAreConverted) {
  MadeFile file;
  const Handle brain = changed(H5T_IEEE_F32LE, [](hid_t id) {
    H5Tset_fields(id, 15, 7, 8, 0, 7);
    H5Tset_size(id, 2);
  });
  const std::vector<float> floats{1.5F, -2, 0, INFINITY};
  file.write("bfloat16", brain.id(), {4}, H5T_NATIVE_FLOAT, floats);
  file.write("vax", H5T_VAX_F64, {2}, H5T_NATIVE_DOUBLE, std::vector<double>{1.5, -1e-30});
  const Handle small = changed(H5T_STD_I16BE, [](hid_t id) {
    H5Tset_precision(id, 5);
    H5Tset_offset(id, 3);
  });
  file.write("int5", small.id(), {3}, H5T_NATIVE_INT, std::vector<int>{-16, 0, 15});
  EXPECT_EQ(read<float>(*file.open("bfloat16")), floats);
  EXPECT_EQ(read<std::int16_t>(*file.open("int5")), (std::vector<std::int16_t>{-16, 0, 15}));
  const auto vax = file.open("vax");
  ASSERT_EQ(typestr(vax->type().number), "<f16");
  EXPECT_EQ(read<long double>(*vax)[0], 1.5L);
}

}  // namespace
}  // namespace engram::hdf5
