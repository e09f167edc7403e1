#ifndef MILLRACE_EXAMPLES_LIFECYCLE_PAGE_SVG_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_PAGE_SVG_HPP

#include "../format.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Pictures for the report: plain SVG whose colours are the page's, by class name.
namespace lifecycle {

/// Text as it may stand in HTML: markup escaped, control bytes and broken UTF-8 replaced.
inline std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const std::size_t length = character_length(text, i);
    const bool control = length == 1 && static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n';
    if (length == 0 || control || c == 0x7f)
      out += "\xef\xbf\xbd";
    else if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out.append(text, i, length);
    i += length == 0 ? 1 : length;
  }
  return out;
}

struct point {
  double x;
  double y;
};

/// From the data's range to the picture's.
struct scale {
  double from_low;
  double from_high;
  double to_low;
  double to_high;
  bool logarithmic = false;

  double operator()(double value) const {
    const auto shape = [&](double v) { return logarithmic ? std::log10((std::max)(v, 1e-300)) : v; };
    const double low = shape(from_low);
    const double span = shape(from_high) - low;
    const double at = span == 0 ? 0.5 : (shape(value) - low) / span;
    return to_low + at * (to_high - to_low);
  }
};

/// Round values that cover a range in about `count` steps.
inline std::vector<double> round_ticks(double low, double high, int count) {
  if (!(high > low)) return {low};
  const double rough = (high - low) / count;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = power;
  for (const double factor : {1.0, 2.0, 2.5, 5.0, 10.0})
    if (factor * power >= rough * 0.999) {
      step = factor * power;
      break;
    }
  std::vector<double> ticks;
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i) ticks.push_back(i * step);
  return ticks;
}

inline std::string coordinate(double value) { return fixed(std::isfinite(value) ? value : 0, 1); }

/// A chart with two axes, drawn into by data coordinates.
class chart {
 public:
  static constexpr double width = 420;

  chart(std::string_view what, double height, point low, point high)
      : height_(height), x_{low.x, high.x, 46, width - 14}, y_{low.y, high.y, height - 38, 12}, low_(low), high_(high) {
    body_ = "<svg viewBox=\"0 0 " + coordinate(width) + ' ' + coordinate(height) + "\" role=\"img\" aria-label=\"" +
            escaped(what) + "\">";
  }

  template <class Label>
  chart& x_axis(std::string_view title, const std::vector<double>& ticks, Label label) {
    for (const double tick : ticks) body_ += text("tick", x_(tick), height_ - 22, "middle", label(tick));
    body_ += text("axis-title", (x_.to_low + x_.to_high) / 2, height_ - 5, "middle", title);
    return *this;
  }
  template <class Label>
  chart& y_axis(const std::vector<double>& ticks, Label label) {
    for (const double tick : ticks) {
      body_ += segment("grid", x_.to_low, y_(tick), x_.to_high, y_(tick));
      body_ += text("tick", x_.to_low - 6, y_(tick) + 4, "end", label(tick));
    }
    return *this;
  }

  chart& line(std::string_view style, const std::vector<point>& points) {
    body_ += "<path class=\"line " + std::string(style) + "\" d=\"" + path(points) + "\"/>";
    return *this;
  }
  /// What lies between a line and the x axis.
  chart& area(std::string_view style, const std::vector<point>& points) {
    if (points.empty()) return *this;
    body_ += "<path class=\"area " + std::string(style) + "\" d=\"" + path(points) + 'L' +
             coordinate(x_(points.back().x)) + ' ' + coordinate(y_.to_low) + 'L' + coordinate(x_(points.front().x)) +
             ' ' + coordinate(y_.to_low) + "Z\"/>";
    return *this;
  }
  chart& straight(std::string_view style, point from, point to) {
    body_ += segment(style, x_(from.x), y_(from.y), x_(to.x), y_(to.y));
    return *this;
  }
  chart& dot(std::string_view style, point at, double radius, std::string_view says) {
    body_ += "<circle class=\"dot " + std::string(style) + "\" cx=\"" + coordinate(x_(at.x)) + "\" cy=\"" +
             coordinate(y_(at.y)) + "\" r=\"" + coordinate(radius) + "\"><title>" + escaped(says) + "</title></circle>";
    return *this;
  }
  chart& bar(std::string_view style, point from, point to, std::string_view says) {
    const double left = x_(from.x);
    const double top = y_(to.y);
    body_ += "<rect class=\"bar " + std::string(style) + "\" x=\"" + coordinate(left) + "\" y=\"" + coordinate(top) +
             "\" width=\"" + coordinate((std::max)(0.5, x_(to.x) - left)) + "\" height=\"" +
             coordinate((std::max)(0.0, y_(from.y) - top)) + "\"><title>" + escaped(says) + "</title></rect>";
    return *this;
  }
  /// A note in data coordinates; `anchor` is start, middle or end.
  chart& note(std::string_view style, point at, std::string_view anchor, std::string_view says) {
    body_ += text(style, x_(at.x), y_(at.y), anchor, says);
    return *this;
  }

  std::string str() const { return body_ + segment("axis", x_.to_low, y_.to_low, x_.to_high, y_.to_low) + "</svg>"; }

 private:
  static std::string segment(std::string_view style, double x1, double y1, double x2, double y2) {
    return "<line class=\"" + std::string(style) + "\" x1=\"" + coordinate(x1) + "\" y1=\"" + coordinate(y1) +
           "\" x2=\"" + coordinate(x2) + "\" y2=\"" + coordinate(y2) + "\"/>";
  }
  static std::string text(std::string_view style, double x, double y, std::string_view anchor, std::string_view says) {
    return "<text class=\"" + std::string(style) + "\" x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) +
           "\" text-anchor=\"" + std::string(anchor) + "\">" + escaped(says) + "</text>";
  }
  std::string path(const std::vector<point>& points) const {
    std::string out;
    point last{-9, -9};
    for (const point& at : points) {
      const point next{x_(std::clamp(at.x, low_.x, high_.x)), y_(std::clamp(at.y, low_.y, high_.y))};
      // A curve of a point a row has more of them than the picture has places.
      if (&at != &points.back() && std::fabs(next.x - last.x) + std::fabs(next.y - last.y) < 0.4) continue;
      out += out.empty() ? 'M' : 'L';
      out += coordinate(next.x) + ' ' + coordinate(next.y);
      last = next;
    }
    return out;
  }

  double height_;
  scale x_;
  scale y_;
  point low_;
  point high_;
  std::string body_;
};

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_PAGE_SVG_HPP
