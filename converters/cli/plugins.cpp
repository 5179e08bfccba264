#include "converters/cli/plugins.hpp"

#include <boost/filesystem.hpp>
#include <cstdlib>
#include <string>
#include <string_view>

#include "converters/cli/terminal.hpp"
#include "engram/codec/registry.hpp"

namespace engram::cli {
namespace {

void load_from(const std::string& directory) {
  for (const std::string& warning : codec::load_plugins(directory).warnings)
    print_message("warning", warning);
}

}  // namespace

void load_plugins() {
  boost::system::error_code none;
  if (const std::string installed = codec::plugin_directory();
      boost::filesystem::is_directory(installed, none))
    load_from(installed);
  const char* const listed = std::getenv("ENGRAM_PLUGIN_PATH");
  std::string_view left = listed != nullptr ? listed : "";
  while (!left.empty()) {
    const std::size_t end = std::min(left.find(':'), left.size());
    if (end > 0) load_from(std::string(left.substr(0, end)));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
}

}  // namespace engram::cli
