#ifndef MILLRACE_DELIVER_EXPERIMENT_DETAIL_PICTURE_HPP
#define MILLRACE_DELIVER_EXPERIMENT_DETAIL_PICTURE_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/text_formats.hpp>
#include <millrace/deliver/detail/figure_text.hpp>
#include <millrace/deliver/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

struct picture_point {
  double x = 0;
  double y = 0;
};

/// Okabe and Ito's colours, which people tell apart who do not see all colours.
inline constexpr std::string_view picture_colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                       "#e69f00", "#56b4e9", "#000000", "#f0e442"};
inline std::string_view picture_colour(std::size_t which) noexcept {
  return picture_colours[which % std::size(picture_colours)];
}

/// Lines and bands over two axes as SVG, 620 by 260. What lies outside the axes is cut off at them.
template <class = void>
class picture {
 public:
  picture(std::string_view title, std::string_view x_axis) noexcept : title_(title), x_axis_(x_axis) {}

  /// Makes room for a finite value.
  void extend_x(double value) noexcept { extend(value, left_, right_); }
  void extend_y(double value) noexcept { extend(value, low_, high_); }

  void begin(std::string& out) {
    if (!(right_ > left_)) right_ = left_ + 1;
    if (!(high_ > low_)) high_ = low_ + 1;
    const double margin = 0.05 * (high_ - low_);
    low_ -= margin;
    high_ += margin;
    out += "<svg width=\"620\" height=\"260\" viewBox=\"0 0 620 260\" role=\"img\" aria-label=\"";
    append_html(out, title_);
    out += "\">\n<text x=\"70\" y=\"16\" font-weight=\"bold\">";
    append_html(out, title_);
    out += "</text>\n<rect x=\"70\" y=\"24\" width=\"540\" height=\"200\" fill=\"none\" stroke=\"#999\"/>\n";
    label(out, 66, 34, "end", figure_text(high_));
    label(out, 66, 224, "end", figure_text(low_));
    label(out, 70, 240, "start", figure_text(left_));
    label(out, 610, 240, "end", figure_text(right_));
    label(out, 340, 254, "middle", x_axis_);
  }
  void level(std::string& out, double y, std::string_view colour) const {
    if (!(y >= low_ && y <= high_)) return;
    out += "<path d=\"M70 ";
    append_place(out, place_y(y));
    ((out += "H610\" fill=\"none\" stroke-dasharray=\"4 3\" stroke=\"") += colour) += "\"/>\n";
  }
  void line(std::string& out, const flat_vector<picture_point>& points, std::string_view colour) const {
    if (points.empty()) return;
    out += "<path d=\"";
    append_path(out, points, 'M');
    ((out += "\" fill=\"none\" stroke-width=\"1.5\" stroke=\"") += colour) += "\"/>\n";
  }
  /// Between two curves over the same places.
  void band(std::string& out, const flat_vector<picture_point>& lower, const flat_vector<picture_point>& upper,
            std::string_view colour) const {
    if (lower.empty()) return;
    flat_vector<picture_point> back;
    for (std::size_t i = upper.size(); i > 0; --i) back.push_back(upper[i - 1]);
    out += "<path d=\"";
    append_path(out, lower, 'M');
    append_path(out, back, 'L');
    ((out += "Z\" fill-opacity=\".2\" stroke=\"none\" fill=\"") += colour) += "\"/>\n";
  }
  void end(std::string& out) const { out += "</svg>\n"; }

 private:
  static void extend(double value, double& low, double& high) noexcept {
    if (!math::is_finite(value)) return;
    if (!(low <= value)) low = value;
    if (!(high >= value)) high = value;
  }
  static double between(double value, double low, double high) noexcept {
    return value < low ? low : value > high ? high : value;
  }
  double place_x(double x) const noexcept { return 70 + 540 * (between(x, left_, right_) - left_) / (right_ - left_); }
  double place_y(double y) const noexcept { return 224 - 200 * (between(y, low_, high_) - low_) / (high_ - low_); }
  void append_path(std::string& out, const flat_vector<picture_point>& points, char first) const {
    for (const picture_point& each : points) {
      out += first;
      first = 'L';
      append_place(out, place_x(each.x));
      out += ' ';
      append_place(out, place_y(each.y));
    }
  }
  static void append_place(std::string& out, double place) {
    append_number(out, static_cast<double>(static_cast<std::int64_t>(place * 10)) / 10);
  }
  static void label(std::string& out, int x, int y, std::string_view anchor, std::string_view text) {
    out += "<text font-size=\"11\" x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" text-anchor=\"";
    (out += anchor) += "\">";
    append_html(out, text);
    out += "</text>\n";
  }

  std::string_view title_;
  std::string_view x_axis_;
  double left_ = math::nan, right_ = math::nan, low_ = math::nan, high_ = math::nan;
};

/// Intervals under each other with a line at 0 as SVG: one row of each.
template <class = void>
class interval_rows {
 public:
  explicit interval_rows(std::string_view title) noexcept : title_(title) {}

  void update(std::string name, double effect, double lower, double upper, bool is_strong) {
    for (const double each : {effect, lower, upper, 0.0}) {
      if (!math::is_finite(each)) continue;
      if (!(low_ <= each)) low_ = each;
      if (!(high_ >= each)) high_ = each;
    }
    rows_.push_back({std::move(name), effect, lower, upper, is_strong});
  }
  void append(std::string& out) const {
    const double width = high_ > low_ ? high_ - low_ : 1;
    const std::string height = std::to_string(50 + 20 * rows_.size());
    out += "<svg width=\"620\" height=\"" + height + "\" viewBox=\"0 0 620 " + height + "\" role=\"img\" aria-label=\"";
    append_html(out, title_);
    out += "\">\n<text x=\"160\" y=\"16\" font-weight=\"bold\">";
    append_html(out, title_);
    out += "</text>\n";
    const auto place = [&](double value) {
      if (!(value > low_)) value = low_;
      if (value > high_) value = high_;
      std::string text;
      append_number(text,
                    static_cast<double>(static_cast<std::int64_t>(10 * (160 + 440 * (value - low_) / width))) / 10);
      return text;
    };
    out += "<path stroke=\"#999\" stroke-dasharray=\"4 3\" d=\"M" + place(0) + " 24V" +
           std::to_string(28 + 20 * rows_.size()) + "\"/>\n";
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const row& of = rows_[i];
      const std::string y = std::to_string(36 + 20 * i);
      const std::string colour(of.is_strong ? "#d55e00" : "#0072b2");
      out += "<text font-size=\"11\" text-anchor=\"end\" x=\"150\" y=\"" + std::to_string(40 + 20 * i) + "\">";
      append_html(out, of.name);
      out += "</text>\n";
      if (of.effect != of.effect) continue;
      out += "<path stroke-width=\"2\" stroke=\"" + colour + "\" d=\"M" + place(of.lower) + ' ' + y + 'H' +
             place(of.upper) + "\"/><circle r=\"4\" fill=\"" + colour + "\" cx=\"" + place(of.effect) + "\" cy=\"" + y +
             "\"/>\n";
    }
    const std::string bottom = std::to_string(44 + 20 * rows_.size());
    out += "<text font-size=\"11\" x=\"160\" y=\"" + bottom + "\">" + figure_text(low_) +
           "</text><text font-size=\"11\" text-anchor=\"end\" x=\"600\" y=\"" + bottom + "\">" + figure_text(high_) +
           "</text>\n</svg>\n";
  }

 private:
  struct row {
    std::string name;
    double effect;
    double lower;
    double upper;
    bool is_strong;
  };
  std::string_view title_;
  std::vector<row> rows_;
  double low_ = math::nan, high_ = math::nan;
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_EXPERIMENT_DETAIL_PICTURE_HPP
