#pragma once

#include <string>

#include "converters/compare_context.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::converter {

/// Compares the attributes of one group or dataset. `dataset` is that of A, where it is one.
class AttributeComparison {
 public:
  AttributeComparison(CompareContext& context, CompareReport& report);

  void compare(const std::string& path, const hdmf::Attributes& a, const hdmf::Attributes& b,
               const hdmf::DatasetBuilder* dataset);

 private:
  void compare_one(const std::string& path, const std::string& name, const hdmf::Value& a,
                   const hdmf::Value& b);
  void without(DifferenceKind kind, const std::string& at, const hdmf::Value& value);
  bool is_left_out(const std::string& path, const std::string& name, const hdmf::Value& value);
  bool is_added_by_format(const std::string& name, const hdmf::Value& value, bool in_a,
                          const hdmf::DatasetBuilder* dataset);
  void count_references(const hdmf::Value& value);

  CompareContext& context_;
  CompareReport& report_;
  ValueRules rules_;
};

}  // namespace engram::converter
