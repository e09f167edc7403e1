#ifndef MILLRACE_TESTS_SUPPORT_DATABRICKS_FAKE_HPP
#define MILLRACE_TESTS_SUPPORT_DATABRICKS_FAKE_HPP

#include <millrace/store/http.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace support {

/// Stands in for a workspace of Databricks: checks each request against the shapes of the published REST API (methods,
/// paths, parameters, members of bodies and their types), and does what the API says in memory. What is wrong with a
/// request's shape is noted in `faults`, and refused. It is no Databricks: what the service does beyond its published
/// shapes is not here.
/// Source: docs.databricks.com/api/workspace (files, statementexecution, registeredmodels, modelversions,
/// modelregistry), and for the making of versions MLflow 3.17's databricks_uc_registry_service.proto; databricks-sdk
/// 0.162 sends requests of the same shapes (tests/interop/databricks_sdk.py).
class databricks_fake {
 public:
  using json = nlohmann::json;
  using request = millrace::store::http_request;
  using response = millrace::store::http_response;

  static constexpr const char* token = "dapi0123456789abcdef-canary";

  // How it behaves; set before requests come.
  std::size_t page = 2;  // entries of a page
  std::size_t rows_per_chunk = 2;
  int polls = 0;  // how often a statement is asked for before it has ended
  bool knows_ranges = true;
  std::function<response(const request&)> others;  // for what is under /api/2.0/mlflow/ and not here

  /// The next requests get these responses, whatever they ask for; one of status 0 is none.
  void script(std::vector<response> responses) {
    const std::lock_guard<std::mutex> held(mutex_);
    script_.insert(script_.end(), responses.begin(), responses.end());
  }
  std::vector<request> requests() const {
    const std::lock_guard<std::mutex> held(mutex_);
    return requests_;
  }
  void forget() {
    const std::lock_guard<std::mutex> held(mutex_);
    requests_.clear();
  }
  /// `GET /path?query` of all requests, one a line.
  std::string journal() const {
    std::string made;
    for (const request& each : requests()) made += each.method + ' ' + each.target + '\n';
    return made;
  }
  std::vector<std::string> faults() const {
    const std::lock_guard<std::mutex> held(mutex_);
    return faults_;
  }
  /// The content of a file, by its whole path.
  std::string& file(const std::string& path) { return files_[path]; }
  bool has_file(const std::string& path) const { return files_.count(path) != 0; }
  std::size_t statements_canceled() const { return canceled_; }

  response handle(const request& in) const { return const_cast<databricks_fake*>(this)->serve(in); }

 private:
  struct call {
    const request& in;
    std::vector<std::string> parts;  // what stood in the place of {}
    std::map<std::string, std::string> query;
    json body;
  };
  struct shape {
    const char* method;
    const char* path;   // `{}` is one part, a last `{*}` all the rest
    const char* query;  // names; `!` behind one that has to be there
    const char* body;   // null: none; otherwise members, each with its type: s i b a o, `!` if it has to be there
    response (databricks_fake::*serve)(const call&);
  };
  struct version {
    json record;
    bool is_ready = false;
  };
  struct model {
    json record;
    std::map<std::uint64_t, version> versions;
    std::map<std::string, std::uint64_t> aliases;
    std::uint64_t last = 0;
  };
  struct run_statement {
    json rows = json::array();
    json columns = json::array();
    std::string state = "PENDING";
    json error;
    bool truncated = false;
    int polls = 0;
  };

  static response ok(const json& body) { return {200, {{"Content-Type", "application/json"}}, body.dump()}; }
  static response empty(int status) { return {status, {}, {}}; }
  static response refuse(int status, const std::string& code, const std::string& message) {
    return {status, {{"Content-Type", "application/json"}}, json{{"error_code", code}, {"message", message}}.dump()};
  }
  static response missing(const std::string& what) {
    return refuse(404, "RESOURCE_DOES_NOT_EXIST", what + " does not exist.");
  }

  static std::vector<std::string> words(const char* text) {
    std::vector<std::string> made(1);
    for (const char* c = text; *c != '\0'; ++c)
      if (*c == ' ')
        made.emplace_back();
      else
        made.back() += *c;
    if (made.back().empty()) made.pop_back();
    return made;
  }
  static bool matches(const std::string& pattern, const std::string& path, std::vector<std::string>& parts) {
    parts.clear();
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < pattern.size()) {
      if (pattern.compare(i, 3, "{*}") == 0) {
        parts.push_back(path.substr(j));
        return j < path.size();
      }
      if (pattern.compare(i, 2, "{}") == 0) {
        const std::size_t end = std::min(path.find('/', j), path.size());
        if (end == j) return false;
        parts.push_back(path.substr(j, end - j));
        j = end;
        i += 2;
      } else if (j < path.size() && pattern[i] == path[j]) {
        ++i, ++j;
      } else {
        return false;
      }
    }
    return j == path.size();
  }
  static bool has_type(const json& value, char type) {
    switch (type) {
      case 's': return value.is_string();
      case 'i': return value.is_number_integer();
      case 'b': return value.is_boolean();
      case 'a': return value.is_array();
      default: return value.is_object();
    }
  }
  /// What is wrong with the parameters or the members, by a list of names such as `name:s! comment:s`.
  template <class Has, class Each>
  static std::string wrong_with(const char* list, const Has& has, const std::vector<std::string>& names,
                                const Each& fits) {
    std::map<std::string, std::string> known;
    for (std::string word : words(list)) {
      const bool is_required = word.back() == '!';
      if (is_required) word.pop_back();
      const std::size_t colon = word.find(':');
      const std::string name = word.substr(0, colon);
      known[name] = colon == word.npos ? std::string() : word.substr(colon + 1);
      if (is_required && !has(name)) return name + " is missing";
    }
    for (const std::string& name : names) {
      if (known.count(name) == 0) return name + " is not of this request";
      if (!fits(name, known[name])) return name + " has another type";
    }
    return {};
  }
  response malformed(const request& in, const std::string& why) {
    faults_.push_back(in.method + ' ' + in.target + ": " + why);
    return refuse(400, "MALFORMED_REQUEST", why);
  }

  static const std::vector<shape>& shapes();

  response serve(const request& in) {
    const std::lock_guard<std::mutex> held(mutex_);
    requests_.push_back(in);
    if (!script_.empty()) {
      response next = script_.front();
      script_.erase(script_.begin());
      if (next.status != 0) return next;
    }
    const std::string* const who = millrace::store::find_header(in.headers, "Authorization");
    if (who == nullptr || *who != std::string("Bearer ") + token)
      return refuse(401, "UNAUTHENTICATED", "Credential was not sent or was of an unsupported type for this API.");
    const auto target = millrace::store::http_target::parse(in.target);
    if (!target) return malformed(in, target.error().message());
    call asked{in, {}, {}, json::object()};
    for (const auto& each : target->query)
      if (!asked.query.emplace(each.key, each.value).second) return malformed(in, each.key + " comes twice");
    bool is_there = false;
    for (const shape& each : shapes()) {
      if (!matches(each.path, target->path, asked.parts)) continue;
      is_there = true;
      if (in.method != each.method) continue;
      return check(each, asked);
    }
    if (!is_there && others && target->path.rfind("/api/2.0/mlflow/", 0) == 0) return others(in);
    if (is_there) return malformed(in, "no such method");
    faults_.push_back("no such path: " + in.method + ' ' + in.target);
    return refuse(404, "ENDPOINT_NOT_FOUND", "No API found for '" + in.method + ' ' + target->path + "'");
  }
  response check(const shape& of, call& asked) {
    std::vector<std::string> names;
    for (const auto& [name, value] : asked.query) names.push_back(name);
    std::string why = wrong_with(
        of.query, [&](const std::string& name) { return asked.query.count(name) != 0; }, names,
        [&](const std::string& name, const std::string& type) {
          const std::string& value = asked.query.at(name);
          return type != "b" || value == "true" || value == "false";
        });
    if (!why.empty()) return malformed(asked.in, why);
    const std::string path = of.path;
    if (of.body == nullptr) {
      if (!asked.in.body.empty() && path.find("/fs/files") == path.npos) return malformed(asked.in, "it has a body");
      return (this->*of.serve)(asked);
    }
    const std::string* const type = millrace::store::find_header(asked.in.headers, "Content-Type");
    if (type == nullptr || type->rfind("application/json", 0) != 0) return malformed(asked.in, "no application/json");
    asked.body = json::parse(asked.in.body, nullptr, false);
    if (!asked.body.is_object()) return malformed(asked.in, "the body is no JSON object");
    names.clear();
    for (const auto& [name, value] : asked.body.items()) names.push_back(name);
    why = wrong_with(
        of.body, [&](const std::string& name) { return asked.body.contains(name); }, names,
        [&](const std::string& name, const std::string& kind) { return has_type(asked.body.at(name), kind[0]); });
    return why.empty() ? (this->*of.serve)(asked) : malformed(asked.in, why);
  }

  // Files.

  static bool is_root(const std::string& path) {  // /Volumes/a/b/c and /Models/a/b/c/1, which are there
    const auto depth = std::count(path.begin(), path.end(), '/');
    return (path.rfind("/Volumes/", 0) == 0 && depth == 4) || (path.rfind("/Models/", 0) == 0 && depth == 5);
  }
  bool has_directory(const std::string& path) const {
    if (is_root(path) || directories_.count(path) != 0) return true;
    const auto next = files_.lower_bound(path + '/');
    return next != files_.end() && next->first.rfind(path + '/', 0) == 0;
  }
  static std::string path_of(const call& of) { return '/' + of.parts[0]; }

  response put_file(const call& of) {
    const std::string* const type = millrace::store::find_header(of.in.headers, "Content-Type");
    if (type == nullptr || *type != "application/octet-stream") return malformed(of.in, "no octet stream");
    const std::string path = path_of(of);
    const auto overwrite = of.query.find("overwrite");
    if (overwrite != of.query.end() && overwrite->second == "false" && files_.count(path) != 0)
      return refuse(409, "ALREADY_EXISTS", "The file being created already exists.");
    if (has_directory(path)) return refuse(409, "ALREADY_EXISTS", "There is a directory.");
    files_[path] = of.in.body;
    return empty(204);
  }
  response get_file(const call& of) {
    const auto found = files_.find(path_of(of));
    if (found == files_.end()) return refuse(404, "NOT_FOUND", "The file does not exist.");
    response made{200,
                  {{"Content-Type", "application/octet-stream"}, {"Last-Modified", "Tue, 01 Dec 2026 00:00:00 GMT"}},
                  found->second};
    if (of.in.method == "HEAD") {
      made.headers.push_back({"Content-Length", std::to_string(made.body.size())});
      made.body.clear();
      return made;
    }
    const std::string* const range = millrace::store::find_header(of.in.headers, "Range");
    if (range != nullptr && knows_ranges) {
      std::size_t used = 0;
      const std::size_t from = std::stoul(range->substr(6), &used);
      const std::size_t last = std::stoul(range->substr(6 + used + 1));
      made.status = 206;
      made.headers.push_back({"Content-Range", "bytes " + range->substr(6) + '/' + std::to_string(made.body.size())});
      made.body = made.body.substr(from, last - from + 1);
    }
    return made;
  }
  response delete_file(const call& of) {
    return files_.erase(path_of(of)) != 0 ? empty(204) : refuse(404, "NOT_FOUND", "The file does not exist.");
  }
  response put_directory(const call& of) {
    for (std::string path = path_of(of); !has_directory(path); path = path.substr(0, path.rfind('/')))
      directories_.insert(path);
    return empty(204);
  }
  response head_directory(const call& of) { return empty(has_directory(path_of(of)) ? 200 : 404); }
  response delete_directory(const call& of) {
    const std::string path = path_of(of);
    if (!has_directory(path)) return refuse(404, "NOT_FOUND", "The directory does not exist.");
    if (!listed(path).empty()) return refuse(400, "DIRECTORY_NOT_EMPTY", "The directory is not empty.");
    directories_.erase(path);
    return empty(204);
  }
  std::map<std::string, json> listed(const std::string& path) const {
    std::map<std::string, json> made;
    const auto note = [&](const std::string& each, const std::string* content) {
      if (each.rfind(path + '/', 0) != 0) return;
      const std::string rest = each.substr(path.size() + 1);
      const std::size_t slash = rest.find('/');
      const std::string name = rest.substr(0, slash);
      json entry = {
          {"path", path + '/' + name}, {"name", name}, {"is_directory", content == nullptr || slash != rest.npos}};
      if (content != nullptr && slash == rest.npos) entry["file_size"] = content->size();
      if (content != nullptr && slash == rest.npos) entry["last_modified"] = 1'700'000'000'000;
      made[name] = entry;
    };
    for (const std::string& each : directories_) note(each, nullptr);
    for (const auto& [each, content] : files_) note(each, &content);
    return made;
  }
  /// Pages whose tokens have what an opaque token may have.
  template <class Items>
  json paged(const call& of, const char* member, const Items& items) {
    std::size_t at = 0;
    if (const auto found = of.query.find("page_token"); found != of.query.end())
      at = std::stoul(found->second.substr(2));
    json made = json::object();
    for (std::size_t i = at; i < items.size() && i < at + page; ++i) made[member].push_back(items[i]);
    if (at + page < items.size()) made["next_page_token"] = "+/" + std::to_string(at + page) + "=&?";
    return made;
  }
  response get_directory(const call& of) {
    const std::string path = path_of(of);
    if (!has_directory(path)) return refuse(404, "NOT_FOUND", "The directory does not exist.");
    std::vector<json> entries;
    for (const auto& [name, entry] : listed(path)) entries.push_back(entry);
    return ok(paged(of, "contents", entries));
  }

  // Statements: the result has a row for each parameter, its name, type and value.

  response post_statement(const call& of) {
    const json& body = of.body;
    const std::string wait = body.value("wait_timeout", "10s");
    const int seconds = wait.empty() || wait.back() != 's' ? -1 : std::stoi(wait);
    if (seconds != 0 && (seconds < 5 || seconds > 50)) return malformed(of.in, "wait_timeout is 0s, or 5s to 50s");
    for (const auto& [name, allowed] :
         std::map<std::string, std::vector<json>>{{"on_wait_timeout", {"CONTINUE", "CANCEL"}},
                                                  {"disposition", {"INLINE", "EXTERNAL_LINKS"}},
                                                  {"format", {"JSON_ARRAY", "ARROW_STREAM", "CSV"}}})
      if (body.contains(name) && std::find(allowed.begin(), allowed.end(), body[name]) == allowed.end())
        return malformed(of.in, name + " has another name");
    run_statement made;
    made.columns = {{{"name", "name"}, {"position", 0}, {"type_name", "STRING"}, {"type_text", "STRING"}},
                    {{"name", "type"}, {"position", 1}, {"type_name", "STRING"}, {"type_text", "STRING"}},
                    {{"name", "value"}, {"position", 2}, {"type_name", "STRING"}, {"type_text", "STRING"}}};
    for (const json& each : body.value("parameters", json::array())) {
      const std::string why = wrong_with(
          "name:s! type:s value:s", [&](const std::string& name) { return each.contains(name); }, keys_of(each),
          [&](const std::string& name, const std::string& kind) { return has_type(each.at(name), kind[0]); });
      if (!why.empty()) return malformed(of.in, "a parameter: " + why);
      made.rows.push_back(
          {each["name"], each.value("type", "STRING"), each.contains("value") ? each["value"] : json()});
    }
    if (const auto limit = body.value("row_limit", std::size_t{0}); limit != 0 && made.rows.size() > limit) {
      made.rows.erase(made.rows.begin() + static_cast<std::ptrdiff_t>(limit), made.rows.end());
      made.truncated = true;
    }
    if (const std::string text = body["statement"]; text.rfind("FAIL ", 0) == 0)
      made.error = {{"error_code", "BAD_REQUEST"}, {"message", "[TABLE_OR_VIEW_NOT_FOUND] " + text.substr(5)}};
    made.polls = seconds == 0 && polls == 0 ? 1 : polls;
    const std::string id = "01ef-" + std::to_string(statements_.size());
    statements_[id] = made;
    return ok(status_of(id));
  }
  static std::vector<std::string> keys_of(const json& of) {
    std::vector<std::string> made;
    for (const auto& [name, value] : of.items()) made.push_back(name);
    return made;
  }
  json chunk_of(const run_statement& of, std::size_t index) const {
    json made = {{"chunk_index", index}, {"row_offset", index * rows_per_chunk}};
    for (std::size_t i = index * rows_per_chunk; i < of.rows.size() && i < (index + 1) * rows_per_chunk; ++i)
      made["data_array"].push_back(of.rows[i]);
    made["row_count"] = made.contains("data_array") ? made["data_array"].size() : 0;
    if ((index + 1) * rows_per_chunk < of.rows.size()) {
      made["next_chunk_index"] = index + 1;
      made["next_chunk_internal_link"] = "/api/2.0/sql/statements/x/result/chunks/" + std::to_string(index + 1);
    }
    return made;
  }
  json status_of(const std::string& id) {
    run_statement& of = statements_.at(id);
    json made = {{"statement_id", id}};
    if (of.state == "PENDING" || of.state == "RUNNING") {
      if (of.polls-- > 0)
        of.state = of.state == "PENDING" && of.polls == 0 ? "RUNNING" : of.state;
      else
        of.state = of.error.is_null() ? "SUCCEEDED" : "FAILED";
    }
    made["status"]["state"] = of.state;
    if (of.state == "FAILED") {
      made["status"]["error"] = of.error;
      made["status"]["sql_state"] = "42P01";
    }
    if (of.state == "SUCCEEDED") {
      made["manifest"] = {{"format", "JSON_ARRAY"},
                          {"schema", {{"column_count", of.columns.size()}, {"columns", of.columns}}},
                          {"total_row_count", of.rows.size()},
                          {"truncated", of.truncated}};
      made["result"] = chunk_of(of, 0);
    }
    return made;
  }
  response get_statement(const call& of) {
    if (statements_.count(of.parts[0]) == 0)
      return refuse(404, "NOT_FOUND", "The statement " + of.parts[0] + " was not found.");
    return ok(status_of(of.parts[0]));
  }
  response get_chunk(const call& of) {
    const auto found = statements_.find(of.parts[0]);
    const std::size_t index = std::stoul(of.parts[1]);
    if (found == statements_.end() || index * rows_per_chunk >= found->second.rows.size())
      return refuse(404, "NOT_FOUND", "no such chunk");
    return ok(chunk_of(found->second, index));
  }
  response cancel_statement(const call& of) {
    const auto found = statements_.find(of.parts[0]);
    if (found == statements_.end()) return refuse(404, "NOT_FOUND", "no such statement");
    found->second.state = "CANCELED";
    ++canceled_;
    return ok(json::object());
  }

  // Unity Catalog's models.

  static json aliases_of(const model& of, std::uint64_t of_version) {
    json made = json::array();
    for (const auto& [alias, number] : of.aliases)
      if (of_version == 0 || of_version == number) made.push_back({{"alias_name", alias}, {"version_num", number}});
    return made;
  }
  json model_json(const call& of, const model& one) const {
    json made = one.record;
    const auto wanted = of.query.find("include_aliases");
    if (wanted != of.query.end() && wanted->second == "true") made["aliases"] = aliases_of(one, 0);
    return made;
  }
  json version_json(const call& of, const model& one, std::uint64_t number) const {
    const version& each = one.versions.at(number);
    json made = each.record;
    made["status"] = each.is_ready ? "READY" : "PENDING_REGISTRATION";
    const auto wanted = of.query.find("include_aliases");
    if (wanted != of.query.end() && wanted->second == "true") made["aliases"] = aliases_of(one, number);
    return made;
  }
  response create_model(const call& of) {
    const std::string catalog = of.body["catalog_name"], schema = of.body["schema_name"], name = of.body["name"];
    const std::string full = catalog + '.' + schema + '.' + name;
    if (models_.count(full) != 0)
      return refuse(409, "RESOURCE_ALREADY_EXISTS", "Function '" + full + "' already exists");
    model made;
    made.record = {{"name", name},
                   {"catalog_name", catalog},
                   {"schema_name", schema},
                   {"full_name", full},
                   {"owner", "me@x"},
                   {"created_at", 1'700'000'000'000},
                   {"created_by", "me@x"},
                   {"updated_at", 1'700'000'000'001},
                   {"storage_location", "s3://bucket/models/" + full}};
    if (of.body.contains("comment")) made.record["comment"] = of.body["comment"];
    models_[full] = made;
    return ok(made.record);
  }
  response list_models(const call& of) {
    if (of.query.count("catalog_name") != of.query.count("schema_name"))
      return malformed(of.in, "catalog_name and schema_name go together");
    std::vector<json> found;
    for (const auto& [full, one] : models_)
      if (of.query.count("catalog_name") == 0 || (one.record["catalog_name"] == of.query.at("catalog_name") &&
                                                  one.record["schema_name"] == of.query.at("schema_name")))
        found.push_back(one.record);
    return ok(paged(of, "registered_models", found));
  }
  model* find_model(const std::string& full) {
    const auto found = models_.find(full);
    return found == models_.end() ? nullptr : &found->second;
  }
  template <class Use>
  response with_model(const std::string& full, const Use& use) {
    model* const found = find_model(full);
    return found == nullptr ? missing("Registered model '" + full + "'") : use(*found);
  }
  template <class Use>
  response with_version(const std::string& full, const std::string& number, const Use& use) {
    return with_model(full, [&](model& one) {
      const bool is_number = !number.empty() && number.find_first_not_of("0123456789") == number.npos;
      const std::uint64_t which = is_number ? std::stoull(number) : 0;
      return one.versions.count(which) == 0 ? missing("Model version '" + full + "' version '" + number + "'")
                                            : use(one, which);
    });
  }
  response get_model(const call& of) {
    return with_model(of.parts[0], [&](const model& one) { return ok(model_json(of, one)); });
  }
  response patch_model(const call& of) {
    return with_model(of.parts[0], [&](model& one) {
      one.record.update(of.body);
      return ok(one.record);
    });
  }
  response delete_model(const call& of) {
    return with_model(of.parts[0], [&](const model&) {
      models_.erase(of.parts[0]);
      return ok(json::object());
    });
  }
  response put_alias(const call& of) {
    return with_version(of.parts[0], std::to_string(of.body["version_num"].get<std::uint64_t>()),
                        [&](model& one, std::uint64_t number) {
                          one.aliases[of.parts[1]] = number;
                          return ok({{"alias_name", of.parts[1]}, {"version_num", number}});
                        });
  }
  response delete_alias(const call& of) {
    return with_model(of.parts[0], [&](model& one) {
      return one.aliases.erase(of.parts[1]) != 0 ? ok(json::object()) : missing("Alias '" + of.parts[1] + "'");
    });
  }
  response get_by_alias(const call& of) {
    return with_model(of.parts[0], [&](const model& one) {
      const auto found = one.aliases.find(of.parts[1]);
      return found == one.aliases.end() ? missing("Alias '" + of.parts[1] + "'")
                                        : ok(version_json(of, one, found->second));
    });
  }
  response list_versions(const call& of) {
    return with_model(of.parts[0], [&](const model& one) {
      std::vector<json> found;
      for (const auto& [number, each] : one.versions) found.push_back(version_json(of, one, number));
      return ok(paged(of, "model_versions", found));
    });
  }
  response get_version(const call& of) {
    return with_version(of.parts[0], of.parts[1],
                        [&](const model& one, std::uint64_t number) { return ok(version_json(of, one, number)); });
  }
  response patch_version(const call& of) {
    return with_version(of.parts[0], of.parts[1], [&](model& one, std::uint64_t number) {
      one.versions[number].record.update(of.body);
      return ok(version_json(of, one, number));
    });
  }
  response delete_version(const call& of) {
    return with_version(of.parts[0], of.parts[1], [&](model& one, std::uint64_t number) {
      one.versions.erase(number);
      return ok(json::object());
    });
  }
  response create_version(const call& of) {
    const std::string full = of.body["name"];
    return with_model(full, [&](model& one) {
      const std::uint64_t number = ++one.last;  // a deleted number never comes back
      version made;
      made.record = {{"catalog_name", one.record["catalog_name"]},
                     {"schema_name", one.record["schema_name"]},
                     {"model_name", one.record["name"]},
                     {"version", number},
                     {"source", of.body["source"]},
                     {"created_at", 1'700'000'000'002},
                     {"updated_at", 1'700'000'000'003},
                     {"storage_location", "s3://bucket/" + std::to_string(number)}};
      if (of.body.contains("run_id")) made.record["run_id"] = of.body["run_id"];
      if (of.body.contains("description")) made.record["comment"] = of.body["description"];
      one.versions[number] = made;
      return ok({{"model_version",
                  {{"name", full}, {"version", std::to_string(number)}, {"status", "PENDING_REGISTRATION"}}}});
    });
  }
  response finalize_version(const call& of) {
    return with_version(of.body["name"], of.body["version"], [&](model& one, std::uint64_t number) {
      one.versions[number].is_ready = true;
      return ok(
          {{"model_version", {{"name", of.body["name"]}, {"version", std::to_string(number)}, {"status", "READY"}}}});
    });
  }

  // The workspace's registry: one open request at a time for each version and stage.

  static bool is_stage(const json& name) {
    return name == "None" || name == "Staging" || name == "Production" || name == "Archived";
  }
  static std::string request_key(const std::string& model, const std::string& version, const std::string& stage) {
    return model + '\n' + version + '\n' + stage;
  }
  response create_request(const call& of) {
    if (!is_stage(of.body["stage"])) return malformed(of.in, "stage has another name");
    const std::string key = request_key(of.body["name"], of.body["version"], of.body["stage"]);
    if (requests_open_.count(key) != 0) return refuse(400, "RESOURCE_ALREADY_EXISTS", "There is such a request.");
    requests_open_[key] = {{"to_stage", of.body["stage"]},
                           {"user_id", "me@x"},
                           {"comment", of.body.value("comment", "")},
                           {"creation_timestamp", 1'700'000'000'000},
                           {"available_actions", {"APPROVE_TRANSITION_REQUEST", "REJECT_TRANSITION_REQUEST"}}};
    return ok({{"request", requests_open_[key]}});
  }
  response close_request(const call& of, const char* type) {
    if (!is_stage(of.body["stage"])) return malformed(of.in, "stage has another name");
    const std::string key = request_key(of.body["name"], of.body["version"], of.body["stage"]);
    if (requests_open_.erase(key) == 0) return missing("Transition request");
    return ok({{"activity",
                {{"id", "7"},
                 {"activity_type", type},
                 {"user_id", "boss@x"},
                 {"from_stage", "None"},
                 {"to_stage", of.body["stage"]},
                 {"comment", of.body.value("comment", "")},
                 {"creation_timestamp", 1'700'000'000'005}}}});
  }
  response approve_request(const call& of) { return close_request(of, "APPROVED_REQUEST"); }
  response reject_request(const call& of) { return close_request(of, "REJECTED_REQUEST"); }
  response delete_request(const call& of) {
    const std::string key = request_key(of.query.at("name"), of.query.at("version"), of.query.at("stage"));
    const auto found = requests_open_.find(key);
    if (found == requests_open_.end() || found->second["user_id"] != of.query.at("creator"))
      return missing("Transition request");
    requests_open_.erase(found);
    return ok({{"activity", {{"activity_type", "CANCELLED_REQUEST"}}}});
  }
  response list_requests(const call& of) {
    json made = json::object();
    for (const auto& [key, each] : requests_open_)
      if (key.rfind(of.query.at("name") + '\n' + of.query.at("version") + '\n', 0) == 0)
        made["requests"].push_back(each);
    return ok(made);
  }
  response transition_stage(const call& of) {
    if (!is_stage(of.body["stage"])) return malformed(of.in, "stage has another name");
    return ok({{"model_version_databricks",
                {{"name", of.body["name"]}, {"version", of.body["version"]}, {"current_stage", of.body["stage"]}}}});
  }
  response create_comment(const call& of) {
    const std::string id = "c" + std::to_string(comments_.size() + 1);
    comments_[id] = {
        {"id", id}, {"user_id", "me@x"}, {"comment", of.body["comment"]}, {"creation_timestamp", 1'700'000'000'000}};
    return ok({{"comment", comments_[id]}});
  }
  response update_comment(const call& of) {
    const auto found = comments_.find(of.body["id"]);
    if (found == comments_.end()) return missing("Comment");
    found->second["comment"] = of.body["comment"];
    return ok({{"comment", found->second}});
  }
  response delete_comment(const call& of) {
    return comments_.erase(of.query.at("id")) != 0 ? ok(json::object()) : missing("Comment");
  }

  mutable std::mutex mutex_;
  std::vector<request> requests_;
  std::vector<std::string> faults_;
  std::vector<response> script_;
  std::map<std::string, std::string> files_;
  std::set<std::string> directories_;
  std::map<std::string, run_statement> statements_;
  std::map<std::string, model> models_;
  std::map<std::string, json> requests_open_;
  std::map<std::string, json> comments_;
  std::size_t canceled_ = 0;
};

inline const std::vector<databricks_fake::shape>& databricks_fake::shapes() {
  using fake = databricks_fake;
  static const std::vector<shape> all = {
      {"PUT", "/api/2.0/fs/files/{*}", "overwrite:b", nullptr, &fake::put_file},
      {"GET", "/api/2.0/fs/files/{*}", "", nullptr, &fake::get_file},
      {"HEAD", "/api/2.0/fs/files/{*}", "", nullptr, &fake::get_file},
      {"DELETE", "/api/2.0/fs/files/{*}", "", nullptr, &fake::delete_file},
      {"PUT", "/api/2.0/fs/directories/{*}", "", nullptr, &fake::put_directory},
      {"HEAD", "/api/2.0/fs/directories/{*}", "", nullptr, &fake::head_directory},
      {"GET", "/api/2.0/fs/directories/{*}", "page_size page_token", nullptr, &fake::get_directory},
      {"DELETE", "/api/2.0/fs/directories/{*}", "", nullptr, &fake::delete_directory},
      {"POST", "/api/2.0/sql/statements", "",
       "statement:s! warehouse_id:s! catalog:s schema:s row_limit:i byte_limit:i disposition:s format:s wait_timeout:s "
       "on_wait_timeout:s parameters:a query_tags:a",
       &fake::post_statement},
      {"GET", "/api/2.0/sql/statements/{}", "", nullptr, &fake::get_statement},
      {"GET", "/api/2.0/sql/statements/{}/result/chunks/{}", "", nullptr, &fake::get_chunk},
      {"POST", "/api/2.0/sql/statements/{}/cancel", "", "", &fake::cancel_statement},
      {"POST", "/api/2.1/unity-catalog/models", "",
       "catalog_name:s! schema_name:s! name:s! comment:s storage_location:s", &fake::create_model},
      {"GET", "/api/2.1/unity-catalog/models", "catalog_name schema_name include_browse:b max_results page_token",
       nullptr, &fake::list_models},
      {"GET", "/api/2.1/unity-catalog/models/{}", "include_aliases:b include_browse:b", nullptr, &fake::get_model},
      {"PATCH", "/api/2.1/unity-catalog/models/{}", "", "comment:s new_name:s owner:s", &fake::patch_model},
      {"DELETE", "/api/2.1/unity-catalog/models/{}", "", nullptr, &fake::delete_model},
      {"PUT", "/api/2.1/unity-catalog/models/{}/aliases/{}", "", "version_num:i!", &fake::put_alias},
      {"DELETE", "/api/2.1/unity-catalog/models/{}/aliases/{}", "", nullptr, &fake::delete_alias},
      {"GET", "/api/2.1/unity-catalog/models/{}/aliases/{}", "include_aliases:b", nullptr, &fake::get_by_alias},
      {"GET", "/api/2.1/unity-catalog/models/{}/versions", "include_browse:b max_results page_token", nullptr,
       &fake::list_versions},
      {"GET", "/api/2.1/unity-catalog/models/{}/versions/{}", "include_aliases:b include_browse:b", nullptr,
       &fake::get_version},
      {"PATCH", "/api/2.1/unity-catalog/models/{}/versions/{}", "", "comment:s", &fake::patch_version},
      {"DELETE", "/api/2.1/unity-catalog/models/{}/versions/{}", "", nullptr, &fake::delete_version},
      {"POST", "/api/2.0/mlflow/unity-catalog/model-versions/create", "",
       "name:s! source:s! run_id:s description:s run_tracking_server_id:s feature_deps:s tags:a "
       "model_version_dependencies:a model_id:s",
       &fake::create_version},
      {"POST", "/api/2.0/mlflow/unity-catalog/model-versions/finalize", "", "name:s! version:s!",
       &fake::finalize_version},
      {"POST", "/api/2.0/mlflow/transition-requests/create", "", "name:s! version:s! stage:s! comment:s",
       &fake::create_request},
      {"POST", "/api/2.0/mlflow/transition-requests/approve", "",
       "name:s! version:s! stage:s! archive_existing_versions:b! comment:s", &fake::approve_request},
      {"POST", "/api/2.0/mlflow/transition-requests/reject", "", "name:s! version:s! stage:s! comment:s",
       &fake::reject_request},
      {"DELETE", "/api/2.0/mlflow/transition-requests/delete", "name! version! stage! creator! comment", nullptr,
       &fake::delete_request},
      {"GET", "/api/2.0/mlflow/transition-requests/list", "name! version!", nullptr, &fake::list_requests},
      {"POST", "/api/2.0/mlflow/databricks/model-versions/transition-stage", "",
       "name:s! version:s! stage:s! archive_existing_versions:b! comment:s", &fake::transition_stage},
      {"POST", "/api/2.0/mlflow/comments/create", "", "name:s! version:s! comment:s!", &fake::create_comment},
      {"PATCH", "/api/2.0/mlflow/comments/update", "", "id:s! comment:s!", &fake::update_comment},
      {"DELETE", "/api/2.0/mlflow/comments/delete", "id!", nullptr, &fake::delete_comment},
  };
  return all;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_DATABRICKS_FAKE_HPP
