#ifndef MILLRACE_REGISTRY_COMPARE_HPP
#define MILLRACE_REGISTRY_COMPARE_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/text_formats.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/registry/fwd.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/stage.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace registry {

/// One thing that versions have, side by side: `metrics`, `auc`, and a cell for each version, empty where it has none.
struct comparison_row {
  std::string group;
  std::string key;
  std::vector<std::string> cells;

  /// Whether the versions differ in it.
  bool differs() const noexcept {
    for (const std::string& each : cells)
      if (each != cells.front()) return true;
    return false;
  }
};

/// Versions side by side, as `compare` makes it.
struct version_comparison {
  std::vector<std::string> versions;  // fraud 3
  std::vector<comparison_row> rows;

  /// A table for people, in columns, with a `*` before what differs.
  std::string report() const;
};

namespace detail {

inline void add_rows(version_comparison& made, std::string_view group, std::size_t column, std::string_view key,
                     std::string value) {
  for (comparison_row& each : made.rows)
    if (each.group == group && each.key == key) return void(each.cells[column] = std::move(value));
  made.rows.push_back({std::string(group), std::string(key), std::vector<std::string>(made.versions.size())});
  made.rows.back().cells[column] = std::move(value);
}

/// How many characters a text of UTF-8 has.
inline std::size_t width_of(std::string_view text) noexcept {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  return count;
}

}  // namespace detail

/// Puts versions side by side: what they are, their metrics, hyperparameters, tags, data sets and artifacts; rows in
/// the order in which the versions have them.
/// Complexity: quadratic in the number of rows.
inline version_comparison compare(std::span<const model_version> versions) {
  version_comparison made;
  for (const model_version& each : versions) made.versions.push_back(each.model + ' ' + std::to_string(each.version));
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const model_version& of = versions[i];
    detail::add_rows(made, "version", i, "stage", std::string(to_string(of.stage)));
    detail::add_rows(made, "version", i, "semantic version", of.semantic);
    detail::add_rows(made, "version", i, "framework", of.framework);
    detail::add_rows(made, "version", i, "created", to_iso8601(of.created));
    detail::add_rows(made, "version", i, "created by", of.created_by);
    detail::add_rows(made, "version", i, "run", of.run_id);
    for (const metric& each : of.metrics)
      detail::add_rows(made, "metrics", i, each.key, detail::number_text(each.value));
    for (const tag& each : of.hyperparameters) detail::add_rows(made, "hyperparameters", i, each.key, each.value);
    for (const tag& each : of.tags) detail::add_rows(made, "tags", i, each.key, each.value);
    for (const data_set& each : of.data_sets)
      detail::add_rows(made, "data sets", i, each.name, each.digest.empty() ? each.role : each.digest);
    for (const artifact& each : of.artifacts) detail::add_rows(made, "artifacts", i, each.path, each.sha256);
  }
  // A group's rows stand together, also those that only a later version has.
  version_comparison sorted;
  sorted.versions = made.versions;
  for (const std::string_view group : {"version", "metrics", "hyperparameters", "tags", "data sets", "artifacts"})
    for (comparison_row& each : made.rows)
      if (each.group == group) sorted.rows.push_back(std::move(each));
  return sorted;
}

inline std::string version_comparison::report() const {
  std::vector<std::vector<std::string>> lines{{""}};
  for (const std::string& each : versions) lines[0].push_back(detail::printable(each));
  for (const comparison_row& row : rows) {
    lines.push_back({(row.differs() ? "* " : "  ") + row.group + ' ' + detail::printable(row.key)});
    for (const std::string& each : row.cells) {
      lines.back().push_back(detail::printable(each.substr(0, each.size() <= 60 ? each.size() : 12)));
      for (char& c : lines.back().back())
        if (c == '\n' || c == '\r' || c == '\t') c = ' ';
    }
  }
  std::string text;
  for (const auto& line : lines) {
    for (std::size_t column = 0; column < line.size(); ++column) {
      std::size_t width = 0;
      for (const auto& other : lines) {
        const std::size_t own = detail::width_of(other[column]);
        width = own > width ? own : width;
      }
      text += line[column];
      if (column + 1 < line.size()) text.append(width - detail::width_of(line[column]) + 2, ' ');
    }
    while (text.ends_with(' ')) text.pop_back();
    text += '\n';
  }
  return text;
}

/// The table as CSV: group, key, and a column for each version. No cell is a formula to a spreadsheet.
/// Source: RFC 4180.
inline std::string to_csv(const version_comparison& made) {
  std::string text = "group,key";
  for (const std::string& each : made.versions) detail::append_csv(text += ',', each);
  text += "\r\n";
  for (const comparison_row& row : made.rows) {
    detail::append_csv(text, row.group);
    detail::append_csv(text += ',', row.key);
    for (const std::string& each : row.cells) detail::append_csv(text += ',', each);
    text += "\r\n";
  }
  return text;
}

/// The table as an HTML fragment; rows in which versions differ have the class `differs`. All texts are escaped.
inline std::string to_html(const version_comparison& made) {
  std::string text = "<table class=\"comparison\">\n<thead><tr><th></th><th></th>";
  for (const std::string& each : made.versions) {
    detail::append_html(text += "<th>", each);
    text += "</th>";
  }
  text += "</tr></thead>\n<tbody>\n";
  for (const comparison_row& row : made.rows) {
    text += row.differs() ? "<tr class=\"differs\"><th>" : "<tr><th>";
    detail::append_html(text, row.group);
    detail::append_html(text += "</th><th>", row.key);
    text += "</th>";
    for (const std::string& each : row.cells) {
      detail::append_html(text += "<td>", each);
      text += "</td>";
    }
    text += "</tr>\n";
  }
  return text += "</tbody>\n</table>\n";
}

/// The table as JSON.
inline std::string to_json(const version_comparison& made) {
  std::string text;
  json_writer json(text);
  json.begin_object().key("versions").begin_array();
  for (const std::string& each : made.versions) json.value(each);
  json.end_array().key("rows").begin_array();
  for (const comparison_row& row : made.rows) {
    json.begin_object().member("group", row.group).member("key", row.key).member("differs", row.differs());
    json.key("cells").begin_array();
    for (const std::string& each : row.cells) json.value(each);
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return text;
}

}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_COMPARE_HPP
