#ifndef MILLRACE_TESTS_SUPPORT_SERVING_HPP
#define MILLRACE_TESTS_SUPPORT_SERVING_HPP

#include <millrace/model/matrix_view.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace support {

/// Time that passes only when somebody waits, or a model runs. What is planned happens when its moment comes.
struct virtual_time {
  std::uint64_t now = 1'000'000;
  std::vector<std::pair<std::uint64_t, std::function<void()>>> planned{};  // by time

  void pass_to(std::uint64_t moment) {
    while (!planned.empty() && planned.front().first <= moment) {
      const auto next = planned.front();
      planned.erase(planned.begin());
      if (next.first > now) now = next.first;
      next.second();
    }
    if (moment > now) now = moment;
  }
};

/// The clock of such a time: who waits makes it pass, up to the next thing that is planned.
struct virtual_clock {
  virtual_time* time;
  std::uint64_t ticks() const noexcept { return time->now; }
  static std::uint64_t nanoseconds(std::uint64_t ticks) noexcept { return ticks; }
  void wait_until(std::uint64_t moment) const noexcept {
    const bool is_interrupted = !time->planned.empty() && time->planned.front().first < moment;
    time->pass_to(is_interrupted ? time->planned.front().first : moment);
  }
};

/// Predicts the sum of a row's two numbers, times a factor; notes what it was given, and takes its time.
struct adder {
  double factor = 1;
  virtual_time* time = nullptr;
  std::uint64_t nanoseconds_a_batch = 0;
  std::uint64_t nanoseconds_a_row = 0;
  mutable std::atomic<std::size_t> batches{0};
  mutable std::atomic<std::size_t> most{0};
  mutable std::vector<std::vector<float>> seen{};  // the first column of each batch, if there is a time

  std::size_t inputs() const noexcept { return 2; }
  std::size_t outputs() const noexcept { return 1; }
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    predict(millrace::model::matrix_view(row.data(), 1, row.size()), out);
  }
  void predict(const millrace::model::matrix_view& rows, std::span<double> out) const noexcept {
    ++batches;
    for (std::size_t before = most; before < rows.rows() && !most.compare_exchange_weak(before, rows.rows());) {
    }
    if (time != nullptr) {
      std::vector<float> firsts;
      for (std::size_t i = 0; i < rows.rows(); ++i) firsts.push_back(rows(i, 0));
      seen.push_back(firsts);
      time->pass_to(time->now + nanoseconds_a_batch + nanoseconds_a_row * rows.rows());
    }
    for (std::size_t i = 0; i < rows.rows(); ++i)
      out[i] = factor * (static_cast<double>(rows(i, 0)) + static_cast<double>(rows(i, 1)));
  }
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_SERVING_HPP
