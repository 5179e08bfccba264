#include "zarr/document_sizes.hpp"

#include <gtest/gtest.h>

#include <string>

#include "testing/expect_error.hpp"

namespace engram::zarr {
namespace {

using testing::expect_error;

Limits small() {
  Limits limits;
  limits.max_json_bytes = 40;
  return limits;
}

std::string consolidated(const std::string& members) {
  return "{\"zarr_consolidated_format\": 1, \"metadata\": {" + members + "}}";
}

TEST(DocumentSizesTest, ManySmallDocumentsPass) {
  std::string members;
  for (int i = 0; i < 100; ++i)
    members += (i == 0 ? "" : ", ") + std::string("\"a/.zgroup\": {\"b\": [1, 2]}");
  EXPECT_NO_THROW(check_documents(consolidated(members), small()));
}

TEST(DocumentSizesTest, ALongOneIsNamed) {
  const std::string x(50, 'x');
  for (const std::string& document :
       {"\"" + x + "\"", "{\"a\": \"" + x + "\"}", "[" + std::string(50, '[') + "]",
        std::string(50, ' '), "\"" + std::string(50, '\\'), "{\"a\": \"\\\"" + x + "\"}"}) {
    SCOPED_TRACE(document);
    for (const char* after : {"", ", \"b/.zgroup\": 1"})
      expect_error(ErrorCode::limit_exceeded, "\"a/.zattrs\"", [&] {
        check_documents(consolidated("\"b/.zarray\": 0, \"a/.zattrs\": " + document + after),
                        small());
      });
  }
}

TEST(DocumentSizesTest, WhatIsInAStringIsNoStructure) {
  EXPECT_NO_THROW(check_documents(
      consolidated(R"("a": "{[,", "b": "\\", "c": "\"{{{{", "d": 1, "e": 2, "f": 3, "g": 4)"),
      small()));
}

TEST(DocumentSizesTest, WhatIsNoJsonIsTheParsersConcern) {
  for (const char* text : {"", "}}}}", "]]{[", "\"", "{\"a\\", "{{"})
    EXPECT_NO_THROW(check_documents(text, small())) << text;
}

}  // namespace
}  // namespace engram::zarr
