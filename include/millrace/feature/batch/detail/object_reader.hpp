#ifndef MILLRACE_FEATURE_BATCH_DETAIL_OBJECT_READER_HPP
#define MILLRACE_FEATURE_BATCH_DETAIL_OBJECT_READER_HPP

#include <millrace/core/detail/json_reader.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/findings.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

/// Goes through the members of one JSON object; the first thing that is wrong ends it.
class object_reader {
 public:
  /// `what`: stands before every message.
  object_reader(std::string_view text, std::string_view what) : in_(text), text_(text), what_(what) {
    if (in_.next() != json_token::object) refuse("is no JSON object");
  }

  /// Moves to the next member; false at the end, or once something is wrong.
  bool next() {
    if (!fault_.empty()) return false;
    const json_token token = in_.next();
    if (token == json_token::close) {
      if (in_.next() != json_token::end) refuse("has something behind its object");
      return false;
    }
    if (token != json_token::key) return refuse("is no JSON from byte " + std::to_string(in_.at()) + " on");
    key_ = json_unescaped(in_.raw());
    for (const std::string& before : seen_)
      if (before == key_) return refuse("has " + quoted_cell(key_) + " twice");
    seen_.push_back(key_);
    return true;
  }
  const std::string& key() const noexcept { return key_; }

  void take(std::string& into) {
    if (in_.next() == json_token::text)
      into = json_unescaped(in_.raw());
    else
      refuse(quoted_cell(key_) + " is no string");
  }
  void take(double& into) {
    if (in_.next() != json_token::number || !read_real(in_.raw(), into) || into - into != 0)
      refuse(quoted_cell(key_) + " is no number");
  }
  /// A string, or an array of strings.
  void take(std::vector<std::string>& into) {
    json_token token = in_.next();
    into.clear();
    if (token == json_token::text) {
      into.push_back(json_unescaped(in_.raw()));
      return;
    }
    if (token == json_token::array)
      while ((token = in_.next()) == json_token::text) into.push_back(json_unescaped(in_.raw()));
    if (token != json_token::close) refuse(quoted_cell(key_) + " is neither a string nor an array of strings");
  }
  /// A whole value, whatever it is, as it is spelled.
  void take_raw(std::string_view& into) {
    const std::size_t begin = in_.at();
    std::size_t depth = 0;
    do {
      switch (in_.next()) {
        case json_token::object:
        case json_token::array: ++depth; break;
        case json_token::close: --depth; break;
        case json_token::wrong:
        case json_token::end: refuse("is no JSON from byte " + std::to_string(in_.at()) + " on"); return;
        default: break;
      }
    } while (depth != 0);
    into = text_.substr(begin, in_.at() - begin);
    while (into[0] == ' ' || into[0] == '\t' || into[0] == '\n' || into[0] == '\r') into.remove_prefix(1);
  }

  bool refuse(std::string why) {
    if (fault_.empty()) fault_ = std::move(why);
    return false;
  }
  /// invalid_data with what was wrong, if anything was.
  result<void> finish() const {
    if (!fault_.empty()) return error(errc::invalid_data, std::string(what_) + ": " + fault_);
    return {};
  }

 private:
  json_reader in_;
  std::string_view text_;
  std::string_view what_;
  std::string key_;
  std::vector<std::string> seen_;
  std::string fault_;
};

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_BATCH_DETAIL_OBJECT_READER_HPP
