#ifndef MILLRACE_OBSERVE_AUDIT_DETAIL_PAGE_WRITERS_HPP
#define MILLRACE_OBSERVE_AUDIT_DETAIL_PAGE_WRITERS_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/text_formats.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/observe/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

// A page is a list of sections. A section is one row of named cells (`facts`) or any number of them with the same names
// (`list`). Each writer below puts that into one format; the names of sections and cells are the caller's constants, so
// they need no escape.
//
//     begin(title); begin_facts(name); text(cell, value)...; end_facts();
//     begin_list(name); for each row: begin_row(); number(cell, value)...; end_row(); end_list(); end();

/// `{"facts":{"cell":"x"},"list":[{"cell":1},...]}`
class json_page {
 public:
  explicit json_page(std::string& out) noexcept : out_(out) {}

  void begin(std::string_view title) {
    out_.begin_object();
    text("title", title);
  }
  void end() { out_.end_object(); }
  void begin_facts(std::string_view name) { out_.key(name).begin_object(); }
  void end_facts() { out_.end_object(); }
  void begin_list(std::string_view name) { out_.key(name).begin_array(); }
  void end_list() { out_.end_array(); }
  void begin_row() { out_.begin_object(); }
  void end_row() { out_.end_object(); }
  void text(std::string_view name, std::string_view value) {
    std::string json;
    append_json_text(json, value);
    out_.key(name).raw(json);
  }
  void number(std::string_view name, std::uint64_t value) { out_.member(name, value); }
  void truth(std::string_view name, bool value) { out_.member(name, value); }

 private:
  json_writer out_;
};

/// A mapping of mappings and of lists of mappings, in blocks; texts are quoted always.
class yaml_page {
 public:
  explicit yaml_page(std::string& out) noexcept : out_(&out) {}

  void begin(std::string_view title) { text("title", title); }
  void end() {}
  void begin_facts(std::string_view name) {
    ((*out_ += name) += ":\n");
    before_ = "  ";
  }
  void end_facts() { before_ = ""; }
  void begin_list(std::string_view name) {
    ((*out_ += name) += ':');
    rows_ = 0;
  }
  void end_list() {
    if (rows_ == 0) *out_ += " []\n";
    before_ = "";
  }
  void begin_row() {
    if (rows_++ == 0) *out_ += '\n';
    before_ = "- ";
  }
  void end_row() {}
  void text(std::string_view name, std::string_view value) {
    key(name);
    append_yaml(*out_, value);
    *out_ += '\n';
  }
  void number(std::string_view name, std::uint64_t value) {
    key(name);
    append_number(*out_, value);
    *out_ += '\n';
  }
  void truth(std::string_view name, bool value) {
    key(name);
    *out_ += value ? "true\n" : "false\n";
  }

 private:
  void key(std::string_view name) {
    ((*out_ += before_) += name) += ": ";
    if (before_ == "- ") before_ = "  ";
  }

  std::string* out_;
  std::string_view before_;
  std::size_t rows_ = 0;
};

/// One table of all cells: section, row (0 for facts), name, value.
class csv_page {
 public:
  explicit csv_page(std::string& out) noexcept : out_(&out) {}

  void begin(std::string_view title) {
    *out_ += "section,row,name,value\r\n";
    section_ = "report";
    text("title", title);
  }
  void end() {}
  void begin_facts(std::string_view name) {
    section_ = name;
    row_ = 0;
  }
  void end_facts() {}
  void begin_list(std::string_view name) { begin_facts(name); }
  void end_list() {}
  void begin_row() { ++row_; }
  void end_row() {}
  void text(std::string_view name, std::string_view value) {
    key(name);
    append_csv(*out_, value);
    *out_ += "\r\n";
  }
  void number(std::string_view name, std::uint64_t value) {
    key(name);
    append_number(*out_, value);
    *out_ += "\r\n";
  }
  void truth(std::string_view name, bool value) {
    key(name);
    *out_ += value ? "true\r\n" : "false\r\n";
  }

 private:
  void key(std::string_view name) {
    (*out_ += section_) += ',';
    append_number(*out_, row_);
    ((*out_ += ',') += name) += ',';
  }

  std::string* out_;
  std::string_view section_;
  std::uint64_t row_ = 0;
};

/// A page that needs nothing else: no script, no picture, no other file; a policy forbids browsers to load any.
class html_page {
 public:
  explicit html_page(std::string& out) noexcept : out_(&out) {}

  void begin(std::string_view title) {
    *out_ +=
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<title>";
    append_html(*out_, title);
    *out_ +=
        "</title>\n<style>\nbody { font: 14px/1.5 sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; }\n"
        "table { border-collapse: collapse; }\n"
        "th, td { border: 1px solid #bbb; padding: .2em .6em; text-align: left; vertical-align: top; }\n"
        "th { background: #eee; }\ntd { white-space: pre-wrap; overflow-wrap: anywhere; "
        "}\n</style>\n</head>\n<body>\n<h1>";
    append_html(*out_, title);
    *out_ += "</h1>\n";
  }
  void end() { *out_ += "</body>\n</html>\n"; }
  void begin_facts(std::string_view name) {
    heading(name);
    *out_ += "<table>\n";
    facts_ = true;
  }
  void end_facts() {
    *out_ += "</table>\n";
    facts_ = false;
  }
  void begin_list(std::string_view name) {
    heading(name);
    rows_ = 0;
  }
  void end_list() { *out_ += rows_ == 0 ? "<p>none</p>\n" : "</table>\n"; }
  void begin_row() {
    names_.clear();
    cells_.clear();
  }
  /// The first row's names are the table's head.
  void end_row() {
    if (rows_++ == 0) ((*out_ += "<table>\n<tr>") += names_) += "</tr>\n";
    ((*out_ += "<tr>") += cells_) += "</tr>\n";
  }
  void text(std::string_view name, std::string_view value) {
    std::string shown;
    append_html(shown, value);
    cell(name, shown);
  }
  void number(std::string_view name, std::uint64_t value) { cell(name, std::to_string(value)); }
  void truth(std::string_view name, bool value) { cell(name, value ? "yes" : "no"); }

 private:
  void heading(std::string_view name) {
    *out_ += "<h2>";
    words(*out_, name);
    *out_ += "</h2>\n";
  }
  /// `by_kind` as people write it.
  static void words(std::string& out, std::string_view name) {
    for (const char c : name) out += c == '_' ? ' ' : c;
  }
  void cell(std::string_view name, std::string_view shown) {
    if (facts_) {
      *out_ += "<tr><th>";
      words(*out_, name);
      ((*out_ += "</th><td>") += shown) += "</td></tr>\n";
      return;
    }
    names_ += "<th>";
    words(names_, name);
    names_ += "</th>";
    ((cells_ += "<td>") += shown) += "</td>";
  }

  std::string* out_;
  bool facts_ = false;
  std::size_t rows_ = 0;
  std::string names_;
  std::string cells_;
};

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_DETAIL_PAGE_WRITERS_HPP
