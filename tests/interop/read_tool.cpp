// Reads HDMF files through engram's public headers only, for the interop tests and bench/hdmf.
// Prints JSON.
//
// engram_read_tool list PATH: [[path, "group"|"dataset", type, object_id, shape], ...] of all
//   groups and datasets of the file.
// engram_read_tool follow PATH [STRICT]: what File::follow_all() counts, and the problems.
// engram_read_tool links PATH: {path of the link: [location, path of the target] or null}.
// engram_read_tool references PATH: {place: path of the target or null}; a place is "/a@name" or
//   "/a[3]", of a field "/a[3].name".
// engram_read_tool regions PATH: {place: [shape, values]}; or null where it can't be resolved.
// engram_read_tool time PATH TIMES: the seconds that it takes, each time, to open the file and list
//   it, to find a type, and to resolve all its references; and the peak of memory in bytes.

#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>

#include "engram/backend/open_file.hpp"
#include "engram/base/error.hpp"
#include "engram/base/json.hpp"
#include "engram/hdmf/file.hpp"

namespace {

using engram::Json;
namespace hdmf = engram::hdmf;

Json optional_text(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

void each_object(const hdmf::Object& object,
                 const std::function<void(const hdmf::Object&)>& visit) {
  visit(object);
  for (const hdmf::Object& child : object.children())
    if (!child.is_link()) each_object(child, visit);
}

Json list(const hdmf::File& file) {
  Json all = Json::array();
  each_object(file.root(), [&](const hdmf::Object& object) {
    all.push_back({object.path(), object.is_group() ? "group" : "dataset",
                   optional_text(object.neurodata_type()), optional_text(object.object_id()),
                   object.is_group() ? Json(nullptr) : Json(object.shape())});
  });
  return all;
}

Json follow(const hdmf::File& file) {
  const hdmf::Followed all = file.follow_all();
  Json problems = Json::array();
  for (const hdmf::Problem& problem : file.problems())
    problems.push_back({to_string(problem.kind), problem.path, problem.text});
  return {{"links", all.links},
          {"references", all.references},
          {"region_references", all.region_references},
          {"null_references", all.null_references},
          {"lost_links", all.lost_links},
          {"lost_references", all.lost_references},
          {"problems", problems}};
}

Json links(const hdmf::File& file) {
  Json all = Json::object();
  each_object(file.root(), [&](const hdmf::Object& object) {
    for (const hdmf::Link& link : object.links()) {
      const std::string place = hdmf::join_path(object.path(), link.name);
      const auto target = file.find(place);
      all[place] = target ? Json::array({target->file().location(), target->path()}) : Json();
    }
  });
  return all;
}

Json plain(const hdmf::Value& value) {
  struct Plain {
    Json operator()(const hdmf::Null&) const { return nullptr; }
    Json operator()(const std::complex<double>& c) const { return {c.real(), c.imag()}; }
    Json operator()(const engram::Bytes& bytes) const { return engram::to_base64(bytes); }
    Json operator()(const hdmf::Reference& reference) const { return reference.path; }
    Json operator()(const hdmf::RegionReference& region) const { return region.target.path; }
    Json operator()(const hdmf::List& list) const {
      Json json = Json::array();
      for (const hdmf::Value& one : list) json.push_back(plain(one));
      return json;
    }
    Json operator()(const hdmf::Record& record) const {
      Json json = Json::object();
      for (const auto& [name, one] : record) json[name] = plain(one);
      return json;
    }
    Json operator()(const bool& flag) const { return flag; }
    Json operator()(const std::int64_t& number) const { return number; }
    Json operator()(const std::uint64_t& number) const { return number; }
    Json operator()(const double& number) const { return number; }
    Json operator()(const std::string& text) const { return text; }
  };
  return std::visit(Plain(), value.data);
}

using OnValue = std::function<void(const std::string& place, const hdmf::Value& value)>;

void each_leaf(const std::string& place, const hdmf::Value& value, const OnValue& visit) {
  if (value.is<hdmf::Record>()) {
    for (const auto& [name, one] : value.as<hdmf::Record>())
      each_leaf(place + "." + name, one, visit);
  } else if (value.is<hdmf::List>()) {
    std::size_t at = 0;
    for (const hdmf::Value& one : value.as<hdmf::List>())
      each_leaf(place + "[" + std::to_string(at++) + "]", one, visit);
  } else {
    visit(place, value);
  }
}

// The values of all attributes, and of all datasets that hold something else than numbers and text.
void each_value(const hdmf::File& file, const OnValue& visit) {
  using Kind = hdmf::ObjectType::Kind;
  each_object(file.root(), [&](const hdmf::Object& object) {
    for (const auto& [name, value] : object.attributes())
      each_leaf(object.path() + "@" + name, value, visit);
    if (object.is_group() || object.is_null()) return;
    const Kind kind = object.element_type().kind;
    if (kind == Kind::number || kind == Kind::text) return;
    each_leaf(object.path(), hdmf::Value(hdmf::List(object.values())), visit);
  });
}

Json references(const hdmf::File& file) {
  Json all = Json::object();
  each_value(file, [&](const std::string& place, const hdmf::Value& value) {
    if (!value.is<hdmf::Reference>()) return;
    const auto target = file.resolve(value.as<hdmf::Reference>());
    all[place] = target ? Json(target->path()) : Json(nullptr);
  });
  return all;
}

Json regions(const hdmf::File& file) {
  Json all = Json::object();
  each_value(file, [&](const std::string& place, const hdmf::Value& value) {
    if (!value.is<hdmf::RegionReference>()) return;
    const auto selection = file.resolve(value.as<hdmf::RegionReference>());
    if (selection) {
      all[place] = {selection->shape(), plain(hdmf::Value(hdmf::List(selection->values())))};
    } else {
      all[place] = nullptr;
    }
  });
  return all;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// What this process held at most. Not getrusage's ru_maxrss: that counts what the parent held when
// it made this process.
std::int64_t peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return 1024 * std::stoll(line.substr(6));
  return 0;
}

Json time(const std::string& path, int times) {
  Json open_and_list = Json::array(), find = Json::array(), resolve = Json::array();
  std::size_t objects = 0, found = 0, resolved = 0;
  for (int i = 0; i < times; ++i) {
    auto start = std::chrono::steady_clock::now();
    const hdmf::File file = hdmf::open(path);
    objects = list(file).size();
    open_and_list.push_back(seconds_since(start));
    start = std::chrono::steady_clock::now();
    found = file.find_by_type("NWBDataInterface").size();
    find.push_back(seconds_since(start));
    start = std::chrono::steady_clock::now();
    const Json all = references(file);
    resolved = 0;
    for (const auto& [place, target] : all.items()) resolved += target.is_null() ? 0U : 1U;
    resolve.push_back(seconds_since(start));
  }
  return {{"open_and_list", open_and_list},
          {"find", find},
          {"resolve", resolve},
          {"objects", objects},
          {"found", found},
          {"resolved", resolved},
          {"peak_bytes", peak_bytes()}};
}

Json run(const std::string& command, const std::string& path, const std::string& more) {
  if (command == "time") return time(path, std::stoi(more));
  hdmf::OpenOptions options;
  options.strict = more == "STRICT";
  const hdmf::File file = hdmf::open(path, options);
  if (command == "list") return list(file);
  if (command == "follow") return follow(file);
  if (command == "links") return links(file);
  if (command == "references") return references(file);
  if (command == "regions") return regions(file);
  throw engram::Error(engram::ErrorCode::invalid_argument, "there is no command " + command);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) {
    std::cerr << "usage: engram_read_tool list|follow|links|references|regions|time PATH [...]\n";
    return 2;
  }
  const Json result = run(argv[1], argv[2], argc > 3 ? argv[3] : "1");
  std::cout << engram::dump_json(result, engram::JsonStyle::line) << '\n';
  return 0;
} catch (const engram::Error& error) {
  std::cerr << error.what() << '\n';
  return static_cast<int>(error.code());
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 70;
}
