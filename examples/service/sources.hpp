#ifndef MILLRACE_EXAMPLES_SERVICE_SOURCES_HPP
#define MILLRACE_EXAMPLES_SERVICE_SOURCES_HPP

#include "events.hpp"
#include "log.hpp"

#include <millrace/core/seed.hpp>

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace service {

/// Sends a message once there is room for it, for which the queue waits a second each time.
template <class Producer>
void send_when_possible(Producer& producer, const ms::message& one, const std::atomic<bool>& stops) {
  mr::result<void> sent = producer.send(one);
  for (int more = 30; !sent && sent.error().code() == mr::errc::unavailable && (!stops || more > 0); --more)
    sent = producer.send(one);
  if (!sent) say("an event is not accepted: " + sent.error().describe());
}

/// Payments from standard input, a JSON object a line, until it ends. A line is accepted once the queue has it: those
/// that were read when it is time to stop still go there.
template <class Producer>
class line_source {
 public:
  explicit line_source(Producer& producer) : producer_(&producer), thread_([this] { run(); }) {}
  line_source(const line_source&) = delete;
  line_source& operator=(const line_source&) = delete;
  ~line_source() { stop(); }

  bool has_ended() const { return has_ended_; }
  void stop() {
    stops_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    std::string rest;
    char piece[65536];
    while (!stops_) {
      ::pollfd waiting{STDIN_FILENO, POLLIN, 0};
      if (::poll(&waiting, 1, 100) <= 0) continue;
      const ::ssize_t got = ::read(STDIN_FILENO, piece, sizeof piece);
      if (got <= 0) break;
      rest.append(piece, static_cast<std::size_t>(got));
      const std::size_t end = rest.rfind('\n');
      if (end == rest.npos && rest.size() < (std::size_t{1} << 20)) continue;
      send_lines(std::string_view(rest).substr(0, end));
      rest.erase(0, end == rest.npos ? end : end + 1);
    }
    send_lines(rest);
    if (auto done = producer_->flush(mr::seconds(60)); !done) say("standard input: " + done.error().describe());
    has_ended_ = true;
  }
  void send_lines(std::string_view lines) {
    while (!lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find('\n'));
      lines.remove_prefix(line.size() < lines.size() ? line.size() + 1 : line.size());
      if (line.empty()) continue;
      ms::message one{.topic = std::string(payments::name), .value = std::string(line)};
      if (const auto read = ms::json_members::decode<payment>(line)) one.key = read->user;
      send_when_possible(*producer_, one, stops_);
    }
  }

  Producer* producer_;
  std::atomic<bool> stops_ = false;
  std::atomic<bool> has_ended_ = false;
  std::thread thread_;
};

/// Payments that are made up, so many a second: large ones from FR are fraud.
template <class Producer>
class traffic {
 public:
  traffic(Producer& producer, double a_second) : producer_(&producer), thread_([this, a_second] { run(a_second); }) {}
  traffic(const traffic&) = delete;
  traffic& operator=(const traffic&) = delete;
  ~traffic() { stop(); }
  void stop() {
    stops_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run(double a_second) {
    mr::random_engine random(mr::entropy_seed());
    const std::string series = std::to_string(random.below(1'000'000)) + '-';
    const auto began = std::chrono::steady_clock::now();
    for (std::uint64_t sent = 0; !stops_;) {
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
      for (; static_cast<double>(sent) < seconds * a_second && !stops_; ++sent) {
        const auto made = payments::make(made_up(random, series + std::to_string(sent)));
        if (made) send_when_possible(*producer_, *made, stops_);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    static_cast<void>(producer_->flush(mr::seconds(10)));
  }
  static payment made_up(mr::random_engine& random, std::string id) {
    constexpr std::string_view countries[] = {"DE", "FR", "US", "NL"};
    payment one{std::move(id), "user-" + std::to_string(random.below(5'000)), std::string(countries[random.below(4)]),
                static_cast<double>(random.below(100'000)) / 100};
    const bool is_fraud = (one.country == "FR" && one.amount > 500) != (random.below(50) == 0);
    if (random.below(2) == 0) one.outcome = is_fraud ? "fraud" : "fine";
    return one;
  }

  Producer* producer_;
  std::atomic<bool> stops_ = false;
  std::thread thread_;
};

}  // namespace service

#endif  // MILLRACE_EXAMPLES_SERVICE_SOURCES_HPP
