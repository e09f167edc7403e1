#ifndef MILLRACE_CONNECT_S3_DETAIL_XML_DOCUMENT_HPP
#define MILLRACE_CONNECT_S3_DETAIL_XML_DOCUMENT_HPP

#include <millrace/connect/s3/fwd.hpp>
#include <millrace/core/detail/letter_case.hpp>
#include <millrace/core/detail/utf8.hpp>
#include <millrace/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace s3 {
namespace detail {

/// Text as an element's content.
inline void append_xml(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\r': out += "&#13;"; break;
      default: out += c;
    }
  }
}

/// The elements of a response, with their texts.
///
/// It takes the part of XML 1.0 that S3s send: one root, elements with either text or elements in them, attributes
/// (which are passed over), comments, the five named entities and numbers of characters, CDATA. It refuses all else:
/// document types and with them entities of one's own, processing instructions, bytes that are not UTF-8, and
/// characters that XML has not. At most 16 MiB, 16 levels, 100,000 elements.
/// Complexity: linear. Allocates: what it keeps.
class xml_document {
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  struct node {
    std::string_view name;
    std::size_t text_from = 0;
    std::size_t text_size = 0;
    std::uint32_t child = none;
    std::uint32_t last = none;
    std::uint32_t next = none;
  };

 public:
  static constexpr std::size_t max_size = std::size_t{16} << 20;
  static constexpr std::size_t max_depth = 16;
  static constexpr std::size_t max_elements = 100'000;

  /// An element, or none.
  class element {
   public:
    explicit operator bool() const noexcept { return of_ != nullptr; }
    std::string_view name() const noexcept { return of_ == nullptr ? std::string_view() : self().name; }
    /// Its text; empty where there are elements in it, or it is none.
    std::string_view text() const noexcept {
      return of_ == nullptr ? std::string_view()
                            : std::string_view(of_->texts_).substr(self().text_from, self().text_size);
    }
    /// The first element in it of this name, or none.
    element child(std::string_view name) const noexcept {
      if (of_ != nullptr)
        for (std::uint32_t at = self().child; at != none; at = of_->nodes_[at].next)
          if (of_->nodes_[at].name == name) return element(of_, at);
      return element();
    }
    std::string_view text_of(std::string_view name) const noexcept { return child(name).text(); }
    /// Calls `use(element)` for all in it of this name. A result<void> that failed ends it.
    template <class Use>
    result<void> for_each(std::string_view name, Use&& use) const {
      if (of_ == nullptr) return {};
      for (std::uint32_t at = self().child; at != none; at = of_->nodes_[at].next)
        if (of_->nodes_[at].name == name)
          if (auto done = use(element(of_, at)); !done) return done;
      return {};
    }

   private:
    friend class xml_document;
    element() = default;
    element(const xml_document* of, std::uint32_t at) noexcept : of_(of), at_(at) {}
    const node& self() const noexcept { return of_->nodes_[at_]; }

    const xml_document* of_ = nullptr;
    std::uint32_t at_ = 0;
  };

  /// The document refers to `text`. Errors: corrupt: it is no such XML, with `called`, the place and why.
  static result<xml_document> parse(std::string_view text, std::string_view called) {
    xml_document made;
    parser reads{made, text, 0, nullptr, {}};
    reads.run();
    if (reads.fault == nullptr) return made;
    return error(errc::corrupt, std::string(called) + " is no XML that is understood, at byte " +
                                    std::to_string(reads.at) + ": " + reads.fault);
  }
  element root() const noexcept { return element(this, 0); }

 private:
  struct parser {
    xml_document& made;
    std::string_view text;
    std::size_t at;
    const char* fault;
    std::vector<std::uint32_t> open;

    bool failed(const char* why) noexcept {
      if (fault == nullptr) fault = why;
      return false;
    }
    bool sees(std::string_view what) const noexcept { return text.substr(at).starts_with(what); }
    bool skip(std::string_view what) noexcept {
      if (!sees(what)) return false;
      at += what.size();
      return true;
    }
    static constexpr bool is_white(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
    void skip_white() noexcept {
      while (at < text.size() && is_white(text[at])) ++at;
    }
    static constexpr bool begins_name(char c) noexcept {
      const char low = lower_case(c);
      return (low >= 'a' && low <= 'z') || c == '_' || c == ':';
    }
    std::string_view name() noexcept {
      const std::size_t from = at;
      while (at < text.size() && at - from < 128 &&
             (begins_name(text[at]) ||
              (at != from && ((text[at] >= '0' && text[at] <= '9') || text[at] == '-' || text[at] == '.'))))
        ++at;
      return text.substr(from, at - from);
    }

    void run() {
      if (text.size() > max_size) {
        failed("it has more than 16 MiB");
        return;
      }
      skip("\xef\xbb\xbf");
      if (declaration() && misc() && begin_element()) {
        while (!open.empty() && content()) {
        }
        if (fault == nullptr) misc();
        if (fault == nullptr && at != text.size()) failed("something stands behind its end");
      }
    }
    bool declaration() {
      if (!sees("<?xml")) return true;
      const std::size_t end = text.find("?>", at);
      if (end == text.npos) return failed("its declaration has no end");
      const std::string_view said = text.substr(at, end - at);
      if (const std::size_t mark = said.find("encoding"); mark != said.npos) {
        const std::size_t from = said.find_first_of("'\"", mark);
        const std::string_view name = from == said.npos ? std::string_view() : said.substr(from + 1, 5);
        if (!same_but_case(name, "UTF-8")) return failed("it is not in UTF-8");
      }
      at = end + 2;
      return true;
    }
    bool comment() {
      const std::size_t end = text.find("-->", at + 4);
      if (end == text.npos) return failed("a comment has no end");
      at = end + 3;
      return true;
    }
    /// White space and comments around the root.
    bool misc() {
      for (;;) {
        skip_white();
        if (!sees("<!--")) return true;
        if (!comment()) return false;
      }
    }

    bool content() {
      if (at == text.size()) return failed("an element has no end");
      if (text[at] != '<') return characters();
      if (sees("</")) return end_element();
      if (sees("<!--")) return comment();
      if (skip("<![CDATA[")) return character_data();
      if (sees("<!")) return failed("a document type is refused");
      if (sees("<?")) return failed("a processing instruction is refused");
      return begin_element();
    }

    bool begin_element() {
      if (!skip("<")) return failed("an element is expected");
      const std::string_view called = name();
      if (called.empty()) return failed("an element has no name");
      if (open.size() == max_depth) return failed("its elements are nested more than 16 deep");
      if (made.nodes_.size() == max_elements) return failed("it has more than 100,000 elements");
      const auto here = static_cast<std::uint32_t>(made.nodes_.size());
      if (!open.empty()) {
        node& above = made.nodes_[open.back()];
        if (!drop_white(above)) return failed("an element has both text and elements");
        (above.last == none ? above.child : made.nodes_[above.last].next) = here;
        above.last = here;
      }
      made.nodes_.push_back({called, made.texts_.size(), 0, none, none, none});
      for (;;) {
        const std::size_t before = at;
        skip_white();
        if (skip("/>")) return true;
        if (skip(">")) {
          open.push_back(here);
          return true;
        }
        if (before == at) return failed("an element's begin has no end");
        if (!attribute()) return false;
      }
    }
    bool attribute() {
      if (name().empty()) return failed("an attribute has no name");
      skip_white();
      if (!skip("=")) return failed("an attribute has no value");
      skip_white();
      const char quote = at < text.size() ? text[at] : '\0';
      if (quote != '"' && quote != '\'') return failed("an attribute's value has no quotes");
      const std::size_t end = text.find(quote, at + 1);
      if (end == text.npos) return failed("an attribute's value has no end");
      if (text.substr(at, end - at).find('<') != text.npos) return failed("an attribute's value has a `<`");
      at = end + 1;
      return true;
    }
    /// Forgets the white space of an element that has elements in it; false: it has other text.
    bool drop_white(node& above) {
      if (above.child == none)
        for (const char c : std::string_view(made.texts_).substr(above.text_from))
          if (!is_white(c)) return false;
      if (above.child == none) made.texts_.resize(above.text_from);
      above.text_size = 0;
      return true;
    }
    bool end_element() {
      at += 2;
      node& here = made.nodes_[open.back()];
      if (name() != here.name) return failed("an element ends that is not the last to have begun");
      skip_white();
      if (!skip(">")) return failed("an element's end has no end");
      if (here.child == none) here.text_size = made.texts_.size() - here.text_from;
      open.pop_back();
      return true;
    }

    /// One character of the text that an element has; where elements are in it, white space alone.
    bool keep(std::string_view character) {
      if (made.nodes_[open.back()].child == none) {
        made.texts_ += character;
        return true;
      }
      return is_white(character.front()) || failed("an element has both text and elements");
    }
    /// One character as it stands, with line ends as XML has them.
    bool literal() {
      const auto c = static_cast<unsigned char>(text[at]);
      if (c == '\r') {
        if (text.substr(at + 1).starts_with('\n')) ++at;
        ++at;
        return keep("\n");
      }
      const std::size_t length = utf8_sequence(text.substr(at));
      if (length == 0) return failed("it is not UTF-8");
      const std::string_view character = text.substr(at, length);
      if ((c < 0x20 && !is_white(text[at])) || character == "\xef\xbf\xbe" || character == "\xef\xbf\xbf")
        return failed("it has a character that XML has not");
      at += length;
      return keep(character);
    }
    bool characters() {
      while (at < text.size() && text[at] != '<') {
        if (sees("]]>")) return failed("`]]>` stands in a text");
        if (!(text[at] == '&' ? reference() : literal())) return false;
      }
      return true;
    }
    bool character_data() {
      while (at < text.size() && !sees("]]>"))
        if (!literal()) return false;
      return skip("]]>") || failed("a CDATA has no end");
    }
    bool reference() {
      const std::size_t end = text.find(';', at);
      if (end == text.npos || end - at > 12) return failed("an entity has no end");
      const std::string_view named = text.substr(at + 1, end - at - 1);
      static constexpr std::string_view known[][2] = {
          {"lt", "<"}, {"gt", ">"}, {"amp", "&"}, {"quot", "\""}, {"apos", "'"}};
      for (const auto& each : known)
        if (each[0] == named) {
          at = end + 1;
          return keep(each[1]);
        }
      if (!named.starts_with('#')) return failed("an entity is unknown");
      return number(named.substr(1)) && (at = end + 1, true);
    }
    bool number(std::string_view digits) {
      const bool is_hex = digits.starts_with('x');
      if (is_hex) digits.remove_prefix(1);
      std::uint32_t code = 0;
      for (const char c : digits) {
        const char low = lower_case(c);
        const int digit = c >= '0' && c <= '9' ? c - '0' : is_hex && low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
        if (digit < 0) return failed("a character's number is none");
        code = code * (is_hex ? 16U : 10U) + static_cast<std::uint32_t>(digit);
        if (code > 0x10ffff) return failed("a character's number is too large");
      }
      if (digits.empty() || (code < 0x20 && code != 9 && code != 10 && code != 13) ||
          (code >= 0xd800 && code < 0xe000) || code == 0xfffe || code == 0xffff)
        return failed("it has a character that XML has not");
      char bytes[4];
      std::size_t size = 0;
      const auto put = [&](std::uint32_t byte) { bytes[size++] = static_cast<char>(static_cast<unsigned char>(byte)); };
      if (code < 0x80) {
        put(code);
      } else {
        const unsigned more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        put((more == 1 ? 0xc0U : more == 2 ? 0xe0U : 0xf0U) | (code >> (6 * more)));
        for (unsigned i = more; i-- > 0;) put(0x80U | ((code >> (6 * i)) & 0x3fU));
      }
      return keep(std::string_view(bytes, size));
    }
  };

  std::vector<node> nodes_;
  std::string texts_;
};

}  // namespace detail
}  // namespace s3
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_S3_DETAIL_XML_DOCUMENT_HPP
