#ifndef MILLRACE_CONNECT_REST_DASHBOARD_LIVE_BOARD_HPP
#define MILLRACE_CONNECT_REST_DASHBOARD_LIVE_BOARD_HPP

#include <millrace/connect/rest/dashboard/panel.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/detail/worker_thread.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/error.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/store/event_feed.hpp>
#include <millrace/store/http.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// What a board is called, how often it looks at its sources, and for how many.
struct board_options {
  std::string title = "millrace";
  /// From snapshot to snapshot; 0: `refresh` is called by somebody else.
  duration interval = duration(1'000'000'000);
  /// Of how many snapshots charts show a figure.
  std::size_t points = 60;
  /// How many may listen at a time; one more gets status 503, and may ask for single snapshots.
  std::size_t max_listeners = 16;
  panel_bounds bounds = {};
};

namespace detail {

/// The last values of one figure.
struct figure_history {
  std::string name;
  std::vector<double> values;  // once it is full, the oldest is at `next`
  std::size_t next = 0;

  void update(double value, std::size_t most) {
    if (values.size() < most) {
      values.push_back(value);
      return;
    }
    values[next] = value;
    next = next + 1 == most ? 0 : next + 1;
  }
};

/// What a board keeps of one panel.
struct shown_panel {
  std::string title;
  std::vector<figure_history> histories;
  std::string figures;  // JSON, without brackets
  std::string members = R"("states":[],"tables":[])";
  std::string error;
  std::uint64_t due = 0;

  /// Keeps what the panel has shown now. A figure that is not among it has no value now.
  template <class = void>
  void update(panel_writer& of, std::size_t points) {
    for (const panel_figure& each : of.figures())
      if (find(each.name) == nullptr) histories.push_back({each.name, std::vector<double>(), 0});
    figures.clear();
    for (std::size_t i = 0; i < histories.size(); ++i) {
      const panel_figure* now = nullptr;
      for (const panel_figure& each : of.figures())
        if (each.name == histories[i].name) now = &each;
      if (now == nullptr) {
        histories.erase(histories.begin() + static_cast<std::ptrdiff_t>(i--));
        continue;
      }
      histories[i].update(now->value, points);
    }
    for (const panel_figure& each : of.figures()) append(each);
    members = of.members();
  }

 private:
  figure_history* find(std::string_view name) noexcept {
    for (figure_history& each : histories)
      if (each.name == name) return &each;
    return nullptr;
  }
  void append(const panel_figure& figure) {
    figures += figures.empty() ? "{\"name\":" : ",{\"name\":";
    append_json(figures, figure.name);
    figures += ",\"unit\":";
    append_json(figures, figure.unit);
    figures += ",\"value\":";
    append_rounded(figures, figure.value);
    figures += ",\"points\":[";
    const figure_history& of = *find(figure.name);
    for (std::size_t i = 0; i < of.values.size(); ++i) {
      if (i != 0) figures += ',';
      append_rounded(figures, of.values[(of.next + i) % of.values.size()]);
    }
    figures += "]}";
  }
};

template <class Panel>
std::uint64_t period_of(Panel& panel) {
  if constexpr (requires { panel.period().nanoseconds; })
    return panel.period().nanoseconds > 0 ? static_cast<std::uint64_t>(panel.period().nanoseconds) : 0;
  else
    return 0;
}

}  // namespace detail

/// What people who run a service look at: panels, of which it takes a snapshot at an interval, one for all who look.
///
///     mr::connect::rest::live_board board({.title = "scoring"}, mr::connect::rest::traffic_panel(metrics),
///                                         mr::connect::rest::models_panel(models));
///     const mr::connect::rest::api inner({}, mr::connect::rest::dashboard(board));
///
/// A thread of its own asks the panels, one after the other, so that neither requests nor listeners wait for a source.
/// What a panel throws, or the error that it returns, is shown in its place, beside what it has shown last; the others
/// are as they are.
/// Guarantee: a snapshot is bounded: by `panel_bounds` for each panel, and `points` for each figure.
/// Allocates: the snapshot's text, and what panels do.
/// Threads: all members but the destructor, any number at once. What panels refer to outlives the board.
template <class... Panels>
class live_board {
  static_assert((board_panel<Panels> && ...),
                "millrace[REST-11]: a board is made of panels, which have `title()` and `result<void> "
                "show(panel_writer&)`");

 public:
  explicit live_board(board_options options, Panels... panels)
      : options_(std::move(options)),
        panels_(std::move(panels)...),
        feed_({.max_clients = options_.max_listeners, .max_events = 4}) {
    if (options_.points == 0) options_.points = 1;
    if (options_.interval.nanoseconds > 0) is_live_ = thread_.start(*this) == 0;
  }
  live_board(const live_board&) = delete;
  live_board& operator=(const live_board&) = delete;
  ~live_board() { close(); }

  /// Whether it takes snapshots by itself: not with an interval of 0, nor where no thread could be started, and not
  /// once it is closed.
  bool is_live() const noexcept {
    const millrace::detail::lock_guard locked(mutex_);
    return is_live_ && !is_closing_;
  }
  /// Takes a snapshot now and publishes it. Returns its number: 1, 2, 3, ...
  std::uint64_t refresh() {
    const millrace::detail::lock_guard alone(refreshing_);
    const std::uint64_t now = moment();
    look(now, std::index_sequence_for<Panels...>());
    std::string text = written();
    static_cast<void>(feed_.publish("snapshot", text));
    const millrace::detail::lock_guard locked(mutex_);
    latest_ = std::move(text);
    return taken_;
  }
  /// The last snapshot, as JSON. Before the first one, it is taken; where no thread does it, one is taken each time.
  std::string snapshot() {
    mutex_.lock();
    const bool is_due = !is_closing_ && (!is_live_ || latest_.empty());
    mutex_.unlock();
    if (is_due) static_cast<void>(refresh());
    const millrace::detail::lock_guard locked(mutex_);
    return latest_;
  }
  /// The response to who wants to listen: server-sent events `snapshot`, from the last one on, unless the client says
  /// that it has that. 503 where as many listen as may, or the board is closed.
  store::http_response listen(const store::http_request& request) {
    store::http_request asked;
    if (const std::uint64_t last = numbered(); last != 0) {
      const std::string* const told = store::find_header(request.headers, "Last-Event-ID");
      const bool has_it = told != nullptr && *told == std::to_string(last);
      asked.headers.push_back({"Last-Event-ID", std::to_string(has_it ? last : last - 1)});
    }
    return feed_.respond(asked);
  }
  /// How many listen.
  std::size_t listeners() const noexcept { return feed_.clients(); }
  const board_options& options() const noexcept { return options_; }
  /// Takes no more snapshots, and lets all streams end. Waits for the panel that is being asked.
  void close() noexcept {
    mutex_.lock();
    is_closing_ = true;
    wakes_.notify_all();
    mutex_.unlock();
    const millrace::detail::lock_guard alone(joining_);
    thread_.join();
    feed_.close();
  }

  /// What the thread does.
  void run() noexcept {
    const auto interval = static_cast<std::uint64_t>(options_.interval.nanoseconds);
    std::uint64_t next = moment();
    for (;;) {
      static_cast<void>(millrace::detail::guarded([&] { static_cast<void>(refresh()); }, [] { return std::string(); }));
      next += interval;
      if (const std::uint64_t now = moment(); next < now) next = now;  // what was missed is not made up for
      const millrace::detail::lock_guard locked(mutex_);
      for (std::uint64_t now = moment(); !is_closing_ && now < next; now = moment())
        wakes_.wait_for(mutex_, next - now);
      if (is_closing_) return;
    }
  }

 private:
  static std::uint64_t moment() noexcept {
    const steady_clock clock;
    return clock.nanoseconds(clock.ticks());
  }
  std::uint64_t numbered() const noexcept {
    const millrace::detail::lock_guard locked(mutex_);
    return latest_.empty() ? 0 : taken_;
  }

  template <std::size_t... Index>
  void look(std::uint64_t now, std::index_sequence<Index...>) {
    (look_at(std::get<Index>(panels_), shown_[Index], now), ...);
  }
  template <class Panel>
  void look_at(Panel& panel, detail::shown_panel& shown, std::uint64_t now) {
    if (now < shown.due) return;
    const auto looked = millrace::detail::guarded(
        [&]() -> result<void> {
          shown.title = detail::clipped(std::string_view(panel.title()), options_.bounds.text);
          shown.due = now + detail::period_of(panel);
          panel_writer to(options_.bounds);
          if (auto done = panel.show(to); !done) return done;
          shown.update(to, options_.points);
          return {};
        },
        [] { return std::string("the panel"); });
    shown.error = looked ? std::string() : detail::clipped(looked.error().describe(), 4 * options_.bounds.text);
  }
  std::string written() {
    std::string text;
    json_writer out(text);
    const std::uint64_t number = [&] {
      const millrace::detail::lock_guard locked(mutex_);
      return ++taken_;
    }();
    out.begin_object().member("id", number).member("title", detail::clipped(options_.title, options_.bounds.text));
    out.member("time", to_iso8601(unix_nanoseconds()));
    out.member("interval", static_cast<double>(options_.interval.nanoseconds) / 1e9).key("panels").begin_array();
    for (const detail::shown_panel& each : shown_) {
      out.begin_object().member("title", each.title);
      if (!each.error.empty()) out.member("error", each.error);
      out.key("figures").raw("[" + each.figures + "]," + each.members).end_object();
    }
    out.end_array().end_object();
    return text;
  }

  board_options options_;
  std::tuple<Panels...> panels_;
  std::array<detail::shown_panel, sizeof...(Panels)> shown_;
  store::event_feed feed_;
  millrace::detail::mutex refreshing_;
  millrace::detail::mutex joining_;
  mutable millrace::detail::mutex mutex_;
  millrace::detail::condition wakes_;
  std::string latest_;
  std::uint64_t taken_ = 0;
  bool is_closing_ = false;
  bool is_live_ = false;
  millrace::detail::worker_thread thread_;
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DASHBOARD_LIVE_BOARD_HPP
