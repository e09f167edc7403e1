#ifndef MILLRACE_TRACK_DETAIL_COMPARISON_TEXT_HPP
#define MILLRACE_TRACK_DETAIL_COMPARISON_TEXT_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/sort.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/track/records.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {
namespace detail {

/// Puts a name into a sorted list, once.
inline void insert_name(std::vector<std::string>& names, const std::string& name) {
  std::size_t at = names.size();
  while (at > 0 && name < names[at - 1]) --at;
  if (at > 0 && names[at - 1] == name) return;
  names.insert(names.begin() + static_cast<std::ptrdiff_t>(at), name);
}

inline std::string time_text(std::int64_t milliseconds) {
  if (milliseconds < 0) return std::to_string(milliseconds);
  std::string text = to_iso8601(static_cast<std::uint64_t>(milliseconds) * 1'000'000U);
  return text.substr(0, 19) + 'Z';
}

/// Every n-th point and the last one, so that there are at most `most`, in the order of their steps.
inline std::vector<metric_point> thinned(std::vector<metric_point> points, std::size_t most) {
  millrace::detail::sort_by(points, [](const metric_point& a, const metric_point& b) { return a.step < b.step; });
  if (points.size() <= most) return points;
  std::vector<metric_point> made;
  for (std::size_t i = 0; i + 1 < most; ++i) made.push_back(points[i * (points.size() - 1) / (most - 1)]);
  made.push_back(points.back());
  return made;
}

/// How many columns a text takes: its code points.
inline std::size_t width_of(std::string_view text) noexcept {
  std::size_t width = 0;
  for (const char c : text) width += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  return width;
}
/// Rows with their columns under each other. Line ends in cells become spaces; long cells are cut.
inline std::string aligned(std::vector<std::vector<std::string>> rows) {
  constexpr std::size_t most = 40;
  std::vector<std::size_t> widths;
  for (std::vector<std::string>& row : rows) {
    widths.resize(widths.size() < row.size() ? row.size() : widths.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::string& cell = row[i];
      for (char& c : cell)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
      if (width_of(cell) > most) {
        std::size_t end = 0;
        for (std::size_t width = 0; width < most - 3; ++width) end += utf8_sequence(std::string_view(cell).substr(end));
        cell = cell.substr(0, end) + "...";
      }
      const std::size_t width = width_of(cell);
      if (width > widths[i]) widths[i] = width;
    }
  }
  std::string text;
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      line.append(widths[i] - width_of(row[i]) + 2, ' ');
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    (text += line) += '\n';
  }
  return text;
}

inline void append_csv_cell(std::string& out, std::string_view cell) {
  double ignored = 0;
  const bool formula = !cell.empty() && std::string_view("=+-@\t\r").find(cell[0]) != std::string_view::npos &&
                       !read_real(cell, ignored) && cell != "-Infinity";
  if (!formula && cell.find_first_of(",\"\r\n") == cell.npos) {
    out += cell;
    return;
  }
  out += '"';
  if (formula) out += '\'';
  for (const char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

/// Text in HTML and SVG, in content or in a quoted attribute.
inline void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
    }
}

inline constexpr std::string_view page_begin =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Runs</title>\n<style>\n"
    "body{font:14px sans-serif;margin:2em}table{border-collapse:collapse;margin-bottom:2em}\n"
    "th,td{border:1px solid #ccc;padding:.2em .6em;text-align:left;max-width:24em;overflow-wrap:anywhere}\n"
    "svg{margin:0 1em 1em 0}.swatch{display:inline-block;width:.8em;height:.8em;margin-right:.4em}\n"
    "</style>\n</head>\n<body>\n";

// Okabe and Ito's colours, which people tell apart who do not see all colours.
inline constexpr std::string_view curve_colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                     "#e69f00", "#56b4e9", "#000000", "#f0e442"};
inline std::string_view colour_of(std::size_t run) noexcept { return curve_colours[run % std::size(curve_colours)]; }
inline void append_swatch(std::string& out, std::size_t run) {
  ((out += "<span class=\"swatch\" style=\"background:") += colour_of(run)) += "\"></span>";
}

/// The curves of one metric as SVG, 420 by 260.
class curve_picture {
 public:
  explicit curve_picture(std::string_view title) noexcept : title_(title) {}

  /// Makes room for the points of a curve that are finite.
  void extend(const std::vector<metric_point>& points) noexcept {
    for (const metric_point& each : points) {
      if (!__builtin_isfinite(each.value)) continue;
      const double step = static_cast<double>(each.step);
      if (!(left_ <= step)) left_ = step;
      if (!(right_ >= step)) right_ = step;
      if (!(low_ <= each.value)) low_ = each.value;
      if (!(high_ >= each.value)) high_ = each.value;
    }
  }
  void begin(std::string& out) const {
    out += "<svg width=\"420\" height=\"260\" viewBox=\"0 0 420 260\" role=\"img\" aria-label=\"";
    append_escaped(out, title_);
    out += "\">\n<text x=\"60\" y=\"16\" font-weight=\"bold\">";
    append_escaped(out, title_);
    out += "</text>\n<rect x=\"60\" y=\"24\" width=\"350\" height=\"200\" fill=\"none\" stroke=\"#999\"/>\n";
    if (__builtin_isnan(low_)) return;
    label(out, 56, 34, "end", high_);
    label(out, 56, 224, "end", low_);
    label(out, 60, 242, "start", left_);
    label(out, 410, 242, "end", right_);
  }
  /// Values that are not finite leave a gap.
  void append(std::string& out, const std::vector<metric_point>& points, std::size_t run) const {
    std::string path;
    bool gap = true;
    for (const metric_point& each : points) {
      if (!__builtin_isfinite(each.value)) {
        gap = true;
        continue;
      }
      path += gap ? 'M' : 'L';
      append_place(path, 60 + 350 * share(static_cast<double>(each.step), left_, right_));
      path += ' ';
      append_place(path, 224 - 200 * share(each.value, low_, high_));
      if (gap) path += "h.01";  // so that a point alone is seen
      gap = false;
    }
    if (path.empty()) return;
    ((out += "<path d=\"") += path) += "\" fill=\"none\" stroke-width=\"1.5\" stroke-linecap=\"round\" stroke=\"";
    (out += colour_of(run)) += "\"/>\n";
  }
  void end(std::string& out) const { out += "</svg>\n"; }

 private:
  /// Where a value lies between two others, by halves, so that their difference does not overflow.
  static double share(double value, double from, double to) noexcept {
    const double all = to / 2 - from / 2;
    return all > 0 ? (value / 2 - from / 2) / all : 0.5;
  }
  static void append_place(std::string& out, double place) {
    append_number(out, static_cast<double>(static_cast<std::int64_t>(place * 10)) / 10);
  }
  static void label(std::string& out, int x, int y, std::string_view anchor, double value) {
    out += "<text font-size=\"11\" x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" text-anchor=\"";
    ((out += anchor) += "\">") += number_text(static_cast<float>(value));
    out += "</text>\n";
  }

  std::string_view title_;
  double left_ = __builtin_nan(""), right_ = __builtin_nan(""), low_ = __builtin_nan(""), high_ = __builtin_nan("");
};

}  // namespace detail
}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_DETAIL_COMPARISON_TEXT_HPP
