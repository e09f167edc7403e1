#ifndef MILLRACE_CONNECT_REST_DASHBOARD_PANEL_HPP
#define MILLRACE_CONNECT_REST_DASHBOARD_PANEL_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// How well something is, for who looks at a board; the page says it by a sign and a word, never by a colour alone.
enum class panel_level : std::uint8_t { plain, good, warning, bad };

constexpr std::string_view to_string(panel_level level) noexcept {
  constexpr std::string_view names[] = {"plain", "good", "warning", "bad"};
  const auto at = static_cast<std::size_t>(level);
  return at < 4 ? names[at] : names[0];
}

/// How much one panel may show, so that a snapshot stays small whatever its sources have.
struct panel_bounds {
  std::size_t figures = 16;
  std::size_t states = 16;
  std::size_t tables = 4;
  std::size_t rows = 50;          // of a table
  std::size_t columns = 12;       // of a table
  std::size_t text = 160;         // bytes of one text
  std::size_t bytes = 32 * 1024;  // of all tables; rows beyond it are left out, and counted
};

namespace detail {

/// The beginning of a text, cut where a character ends, with an ellipsis if it was longer.
inline std::string clipped(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  std::size_t end = most;
  // A character of UTF-8 has at most four bytes, of which the first is no continuation.
  while (end > 0 && most - end < 3 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) --end;
  return std::string(text.substr(0, end)) + "\xe2\x80\xa6";
}

/// A number with five digits, which is what a chart needs; `null` for one that is not finite.
inline void append_rounded(std::string& out, double value) {
  if (millrace::detail::non_finite_name(value) != nullptr) {
    out += "null";
    return;
  }
  char digits[32];
  const auto made = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, 5);
  out.append(digits, static_cast<std::size_t>(made.ptr - digits));
}

}  // namespace detail

/// A cell of a table: a text, or a number, which pages align and group. A number that is not finite is shown as none.
class panel_cell {
 public:
  panel_cell(std::string_view text) noexcept : text_(text) {}
  panel_cell(const std::string& text) noexcept : text_(text) {}
  panel_cell(const char* text) noexcept : text_(text) {}
  template <class T>
  requires(std::integral<T> || std::floating_point<T>)
  panel_cell(T number) noexcept : number_(static_cast<double>(number)), is_number_(true) {}

  void append_to(std::string& out, std::size_t most) const {
    if (!is_number_)
      append_json(out, detail::clipped(text_, most));
    else if (millrace::detail::non_finite_name(number_) != nullptr)
      out += "null";
    else
      append_json(out, number_);
  }

 private:
  std::string_view text_;
  double number_ = 0;
  bool is_number_ = false;
};

/// A number of a panel, of which a board keeps the last values for a chart.
struct panel_figure {
  std::string name;
  std::string unit;
  double value = 0;
};

/// Takes what a panel shows: figures, states, and tables with their rows, in the order in which they are given.
///
///     to.figure("Requests", 12.5, "/s").state("Phase", "running", panel_level::good);
///     to.table("Models", {"Name", "Version"}).row({"fraud", 3}).row({"churn", 1});
///
/// Texts may be any bytes: they become JSON, and the page shows them as text, so nothing in them becomes markup.
/// What is beyond the bounds is left out; of rows, the page says how many.
class panel_writer {
 public:
  explicit panel_writer(const panel_bounds& bounds = {}) : bounds_(bounds) {}
  panel_writer(const panel_writer&) = delete;
  panel_writer& operator=(const panel_writer&) = delete;

  /// A number now, with its unit: `s` for lengths of time, `%` for parts of 100, `/s` for rates, or a word. NaN: there
  /// is none at the moment.
  panel_writer& figure(std::string_view name, double value, std::string_view unit = {}) {
    if (figures_.size() < bounds_.figures)
      figures_.push_back({detail::clipped(name, bounds_.text), detail::clipped(unit, bounds_.text), value});
    return *this;
  }
  /// What something is at the moment, in words. The page tells who listens to it when the words change.
  panel_writer& state(std::string_view name, std::string_view value, panel_level level = panel_level::plain) {
    if (state_count_++ >= bounds_.states) return *this;
    states_ += states_.empty() ? "{\"name\":" : ",{\"name\":";
    append_json(states_, detail::clipped(name, bounds_.text));
    states_ += ",\"value\":";
    append_json(states_, detail::clipped(value, bounds_.text));
    ((states_ += ",\"level\":\"") += to_string(level)) += "\"}";
    return *this;
  }
  /// Begins a table, to which the rows that follow belong.
  panel_writer& table(std::string_view caption, std::initializer_list<std::string_view> columns) {
    end_table();
    if (table_count_++ >= bounds_.tables) return *this;
    is_in_table_ = true;
    row_count_ = left_out_ = 0;
    tables_ += tables_.empty() ? "{\"caption\":" : ",{\"caption\":";
    append_json(tables_, detail::clipped(caption, bounds_.text));
    tables_ += ",\"columns\":";
    append_list(columns, [&](std::string_view each) { append_json(tables_, detail::clipped(each, bounds_.text)); });
    tables_ += ",\"rows\":[";
    return *this;
  }
  panel_writer& row(std::initializer_list<panel_cell> cells) {
    if (!is_in_table_) return *this;
    if (row_count_ >= bounds_.rows || tables_.size() >= bounds_.bytes) {
      ++left_out_;
      return *this;
    }
    if (row_count_++ != 0) tables_ += ',';
    append_list(cells, [&](const panel_cell& each) { each.append_to(tables_, bounds_.text); });
    return *this;
  }
  /// Says that the table had more rows, which whoever fills it did not even look at.
  panel_writer& left_out(std::size_t rows) {
    left_out_ += rows;
    return *this;
  }

  // What was given, for a board.
  const std::vector<panel_figure>& figures() const noexcept { return figures_; }
  /// The states and the tables as members of a JSON object, without its braces.
  std::string members() {
    end_table();
    return "\"states\":[" + states_ + "],\"tables\":[" + tables_ + "]";
  }

 private:
  template <class List, class Append>
  void append_list(const List& items, const Append& append) {
    tables_ += '[';
    std::size_t count = 0;
    for (const auto& each : items) {
      if (count == bounds_.columns) break;
      if (count++ != 0) tables_ += ',';
      append(each);
    }
    tables_ += ']';
  }
  void end_table() {
    if (!is_in_table_) return;
    is_in_table_ = false;
    tables_ += "],\"left_out\":";
    append_json(tables_, left_out_);
    tables_ += '}';
  }

  panel_bounds bounds_;
  std::vector<panel_figure> figures_;
  std::string states_;
  std::string tables_;
  std::size_t state_count_ = 0;
  std::size_t table_count_ = 0;
  std::size_t row_count_ = 0;
  std::size_t left_out_ = 0;
  bool is_in_table_ = false;
};

/// A panel of a board: `title()` names it, `show(to)` says what there is to see now. One thread at a time calls it, at
/// an interval, and may be kept waiting; others than the board's are not. An error is shown in the panel's place. A
/// panel whose source is slow says by `period()`, a duration, how seldom to ask it.
template <class P>
concept board_panel = requires(P& panel, panel_writer& to) {
  { panel.title() } -> std::convertible_to<std::string_view>;
  { panel.show(to) } -> std::same_as<result<void>>;
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DASHBOARD_PANEL_HPP
