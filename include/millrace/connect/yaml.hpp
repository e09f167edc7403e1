#ifndef MILLRACE_CONNECT_YAML_HPP
#define MILLRACE_CONNECT_YAML_HPP

/// connect/yaml: settings from files of YAML, by yaml-cpp. What settings are, and how they are read, is
/// store/settings.hpp's: here is the parser alone.
///
/// - `load`: a file, the environment and the program make settings, or an error with all that is wrong
/// - `load_text`: the same of a text; `parse`: the nodes alone; `parse_options`: how much it takes
///
/// Needs yaml-cpp: connect/yaml.hpp is in the component `millrace::yaml`.

#include <millrace/core/detail/utf8.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/settings/load.hpp>
#include <millrace/store/settings/problem.hpp>
#include <millrace/store/settings/settings_node.hpp>

#include <fcntl.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace yaml {

/// How much a file may be: it is checked before yaml-cpp sees the text.
struct parse_options {
  std::size_t max_bytes = std::size_t{1} << 20;
  std::size_t max_depth = 32;       ///< Lists and objects within each other.
  std::size_t max_nodes = 100'000;  ///< Scalars, lists and objects.
};

namespace detail {

/// What is wrong with a text, and where. It is thrown through yaml-cpp, which goes no further then.
struct refusal {
  std::size_t line = 0;    // from 0
  std::size_t column = 0;  // in bytes, from 0
  std::string what = {};
};

/// Where lines begin, and columns in characters.
class places {
 public:
  explicit places(std::string_view text) : text_(text) {
    starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') starts_.push_back(i + 1);
  }
  /// Both from 0, the column in bytes. Cheap for places in the order of the text.
  store::setting_place at(std::size_t line, std::size_t column) noexcept {
    if (line >= starts_.size()) line = starts_.size() - 1;
    const std::size_t start = starts_[line];
    const std::size_t end = column < text_.size() - start ? start + column : text_.size();
    if (line != line_ || end < end_) {
      line_ = line;
      end_ = start;
      characters_ = 0;
    }
    for (; end_ < end; ++end_)
      if ((static_cast<unsigned char>(text_[end_]) & 0xc0U) != 0x80) ++characters_;
    return {static_cast<std::uint32_t>(line + 1), static_cast<std::uint32_t>(characters_ + 1)};
  }
  store::setting_place at(const ::YAML::Mark& mark) noexcept {
    return mark.is_null() ? at(0, 0) : at(static_cast<std::size_t>(mark.line), static_cast<std::size_t>(mark.column));
  }

 private:
  std::string_view text_;
  std::vector<std::size_t> starts_;
  std::size_t line_ = 0;
  std::size_t end_ = 0;
  std::size_t characters_ = 0;
};

/// Refuses what is no text of YAML, and what yaml-cpp reads in ways of its own: other encodings and marks of byte
/// order, control characters (0x04 would end the file), a tab in an indentation.
inline void examine_text(std::string_view text) {
  std::size_t line = 0;
  std::size_t start = 0;
  bool is_indentation = true;
  const auto refuse = [&](std::size_t at, const char* what) { throw refusal{line, at - start, what}; };
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    refuse(0, "the file is UTF-16 or UTF-32: settings are UTF-8");
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const std::size_t length = millrace::detail::utf8_sequence(text.substr(i));
    if (length == 0) refuse(i, "a byte that is no UTF-8");
    if (text.substr(i).starts_with("\xef\xbb\xbf"))
      refuse(i, "a mark of byte order (U+FEFF): save the file as UTF-8 without it");
    if (c == '\n') {
      ++line;
      start = i + 1;
      is_indentation = true;
    } else if (c == '\t') {
      if (is_indentation) refuse(i, "a tab in an indentation, where YAML has spaces");
    } else if (c == '\r') {
      if (!text.substr(i + 1).starts_with('\n')) refuse(i, "a carriage return that ends no line");
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      refuse(i, "a control character");
    } else if (c != ' ') {
      is_indentation = false;
    }
    i += length;
  }
}

/// The type of a style, which is an enumeration within a struct in some versions and one of its own in others.
template <class>
struct style_of;
template <class Handler, class Style>
struct style_of<void (Handler::*)(const ::YAML::Mark&, const std::string&, ::YAML::anchor_t, Style)> {
  using type = Style;
};
using style = style_of<decltype(&::YAML::EventHandler::OnSequenceStart)>::type;

/// Makes nodes of what yaml-cpp finds.
class node_builder final : public ::YAML::EventHandler {
 public:
  node_builder(std::string_view text, const parse_options& options) : places_(text), options_(options) {}

  store::settings_node root = {};
  bool has_document = false;

  store::setting_place place_of(std::size_t line, std::size_t column) noexcept { return places_.at(line, column); }

  void OnDocumentStart(const ::YAML::Mark& mark) override {
    if (has_document) refuse(mark, "a second document begins: a file of settings has one");
    has_document = true;
  }
  void OnDocumentEnd() override {}
  void OnNull(const ::YAML::Mark& mark, ::YAML::anchor_t anchor) override {
    begin(mark, "?", anchor, store::settings_node::kinds::none);
    end();
  }
  void OnAlias(const ::YAML::Mark& mark, ::YAML::anchor_t) override { refuse(mark, no_anchors); }
  void OnAnchor(const ::YAML::Mark& mark, const std::string&) override { refuse(mark, no_anchors); }
  void OnScalar(const ::YAML::Mark& mark, const std::string& tag, ::YAML::anchor_t anchor,
                const std::string& value) override {
    if (is_key()) {
      refuse_marks(mark, tag, anchor);
      return begin_member(mark, value);
    }
    store::settings_node& made = begin(mark, tag, anchor, store::settings_node::kinds::scalar);
    made.text = value;
    made.is_quoted = tag == "!";
    end();
  }
  void OnSequenceStart(const ::YAML::Mark& mark, const std::string& tag, ::YAML::anchor_t anchor, style) override {
    begin(mark, tag, anchor, store::settings_node::kinds::list);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const ::YAML::Mark& mark, const std::string& tag, ::YAML::anchor_t anchor, style) override {
    begin(mark, tag, anchor, store::settings_node::kinds::names);
  }
  void OnMapEnd() override { end(); }

 private:
  static constexpr const char* no_anchors = "anchors and aliases are not read: write the value where it is meant";

  /// A list, an object, or a value of an object that is being made.
  struct open_node {
    store::settings_node* node;
    bool is_value = false;
  };

  [[noreturn]] static void refuse(const ::YAML::Mark& mark, const char* what) {
    const bool is_known = !mark.is_null();
    throw refusal{is_known ? static_cast<std::size_t>(mark.line) : 0,
                  is_known ? static_cast<std::size_t>(mark.column) : 0, what};
  }
  static void refuse_marks(const ::YAML::Mark& mark, const std::string& tag, ::YAML::anchor_t anchor) {
    if (anchor != 0) refuse(mark, no_anchors);
    if (!tag.empty() && tag != "?" && tag != "!") refuse(mark, "tags are not read: a setting knows its type");
  }
  bool is_key() const noexcept {
    return !open_.empty() && !open_.back().is_value && open_.back().node->kind == store::settings_node::kinds::names;
  }
  void count(const ::YAML::Mark& mark) {
    if (++nodes_ > options_.max_nodes) refuse(mark, "more nodes than a file of settings may have (max_nodes)");
  }
  void begin_member(const ::YAML::Mark& mark, const std::string& name) {
    count(mark);
    store::settings_node& made = open_.back().node->items.emplace_back();
    made.name = name;
    made.name_at = places_.at(mark);
    open_.push_back({&made, true});
  }
  store::settings_node& begin(const ::YAML::Mark& mark, const std::string& tag, ::YAML::anchor_t anchor,
                              store::settings_node::kinds kind) {
    refuse_marks(mark, tag, anchor);
    if (is_key()) refuse(mark, "a key that is no text");
    count(mark);
    if (open_.size() >= 2 * options_.max_depth) refuse(mark, "deeper than a file of settings may be (max_depth)");
    store::settings_node* made = &root;
    if (!open_.empty() && open_.back().is_value) {
      made = open_.back().node;
      open_.pop_back();
    } else if (!open_.empty()) {
      made = &open_.back().node->items.emplace_back();
    }
    made->kind = kind;
    made->at = places_.at(mark);
    open_.push_back({made, false});
    return *made;
  }
  void end() noexcept {
    if (!open_.empty()) open_.pop_back();
  }

  places places_;
  parse_options options_;
  std::vector<open_node> open_;
  std::size_t nodes_ = 0;
};

}  // namespace detail

/// Reads a text of YAML as nodes: one document of lists, objects with texts as keys, and scalars. A scalar in quotes,
/// or in a block, is marked as quoted. Errors: invalid_data: with the file's name, line and column, both from 1, the
/// column in characters. Complexity: as yaml-cpp's. Memory: some 200 bytes a node, of which there are at most
/// `max_nodes`.
inline result<store::settings_node> parse(std::string_view text, const std::string& name,
                                          const parse_options& options = {}) {
  const auto refused = [&](store::setting_place at, std::string what) {
    return error(errc::invalid_data, store::settings_problem{errc::invalid_data, name, at, "", std::move(what)}.text());
  };
  if (text.size() > options.max_bytes)
    return refused({}, "larger than a file of settings may be (max_bytes: " + std::to_string(options.max_bytes) + ')');
  detail::node_builder builder(text, options);
  try {
    detail::examine_text(text);
    // yaml-cpp takes quotes that are still open after a file's last line for closed. Behind it is a comment, which may
    // stand everywhere but in quotes: these then end within a line, which it refuses.
    std::istringstream stream(std::string(text).append("\n#"));
    ::YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const detail::refusal& found) {
    return refused(builder.place_of(found.line, found.column), found.what);
  } catch (const ::YAML::Exception& found) {
    const bool is_known = !found.mark.is_null();
    return refused(is_known ? builder.place_of(static_cast<std::size_t>(found.mark.line),
                                               static_cast<std::size_t>(found.mark.column))
                            : store::setting_place(),
                   "no YAML: " + found.msg);
  }
  return std::move(builder.root);
}

/// Makes settings of a text of YAML; see `store::load_settings`. Errors: those of `parse`, then those of it.
template <class T, store::variable_source Source = store::process_environment, class Adjust = store::no_adjustment>
result<store::loaded_settings<T>> load_text(std::string_view text, const std::string& name,
                                            const store::settings_sources& sources = {}, const Source& environment = {},
                                            Adjust&& adjust = {}, const parse_options& options = {}) {
  auto parsed = parse(text, name, options);
  if (!parsed) return std::move(parsed).error();
  return store::load_settings<T>(*parsed, name, sources, environment, std::forward<Adjust>(adjust));
}

/// Makes settings of a file of YAML:
///
///     auto made = mr::connect::yaml::load<service_settings>("service.yaml", {.prefix = "SERVICE"});
///     if (!made) return std::move(made).error();
///     serve(made->value);
///
/// Errors: those of the system, with the path; those of `load_text`.
template <class T, store::variable_source Source = store::process_environment, class Adjust = store::no_adjustment>
result<store::loaded_settings<T>> load(const std::string& path, const store::settings_sources& sources = {},
                                       const Source& environment = {}, Adjust&& adjust = {},
                                       const parse_options& options = {}) {
  auto opened = store::file::open(path, O_RDONLY | O_NONBLOCK);  // a pipe must not wait for its writer
  if (!opened) return std::move(opened).error();
  std::string text(options.max_bytes + 1, '\0');  // one more, to see whether it is larger
  const auto got = opened->read_at(0, text.data(), text.size());
  if (!got) return got.error();
  text.resize(*got);
  return load_text<T>(text, path, sources, environment, std::forward<Adjust>(adjust), options);
}

}  // namespace yaml
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_YAML_HPP
