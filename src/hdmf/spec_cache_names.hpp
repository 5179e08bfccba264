#pragma once

#include <string_view>

namespace engram::hdmf {

/// The root's attribute that refers to the group of cached schemas, where it usually lies, and its
/// document that is the namespace's own.
inline constexpr std::string_view kSpecLocation = ".specloc";
inline constexpr std::string_view kUsualSpecPlace = "/specifications";
inline constexpr std::string_view kNamespaceDocument = "namespace";

}  // namespace engram::hdmf
