#include <millrace/connect/rest/job_queue.hpp>

#include <support/catch.hpp>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace rest = millrace::connect::rest;
using rest::job_state;

namespace {

rest::job_record wait_for(const rest::job_queue& jobs, const std::string& id, job_state state) {
  for (int i = 0; i < 5000; ++i) {
    const auto found = jobs.find(id);
    if (found && found->state == state) return *found;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  FAIL("job " << id << " is not " << to_string(state));
  return {};
}
auto returns(std::string text) {
  return [text](const rest::job_control&) -> mr::result<std::string> { return text; };
}

}  // namespace

TEST_CASE("jobs run one after the other, and say how far they are") {
  rest::job_queue jobs({.max_waiting = 2});
  std::atomic<bool> is_open = false;
  std::vector<int> order;
  const auto first = jobs.submit("wait", "ada", [&](const rest::job_control&) -> mr::result<std::string> {
    while (!is_open) std::this_thread::yield();
    order.push_back(1);
    return std::string("1");
  });
  REQUIRE(first);
  CHECK(first->size() == 16);
  CHECK(wait_for(jobs, *first, job_state::running).user == "ada");
  const auto second = jobs.submit("x", "", [&](const rest::job_control&) -> mr::result<std::string> {
    order.push_back(2);
    return mr::error(mr::errc::invalid_data, "no rows");
  });
  const auto third = jobs.submit("x", "", [&](const rest::job_control&) -> mr::result<std::string> {
    order.push_back(3);
    throw std::runtime_error("thrown");
  });
  REQUIRE(third);
  CHECK(jobs.waiting() == 2);
  CHECK(jobs.submit("x", "", returns("")).error().code() == mr::errc::unavailable);
  CHECK(jobs.find(*second)->state == job_state::queued);
  is_open = true;
  CHECK(wait_for(jobs, *first, job_state::succeeded).outcome == "1");
  CHECK(wait_for(jobs, *second, job_state::failed).outcome == "no rows");
  const auto thrown = wait_for(jobs, *third, job_state::failed);
  CHECK(thrown.outcome.find("thrown") != std::string::npos);
  CHECK(thrown.created <= thrown.started);
  CHECK(thrown.started <= thrown.ended);
  CHECK(order == std::vector<int>{1, 2, 3});
  const auto all = jobs.list();
  REQUIRE(all.size() == 3);
  CHECK(all[0].id == *third);
  CHECK(jobs.find("none").error().code() == mr::errc::not_found);
}

TEST_CASE("a job is cancelled while it waits and while it runs, and not when it is over") {
  rest::job_queue jobs;
  const auto running = jobs.submit("x", "", [](const rest::job_control& control) -> mr::result<std::string> {
    while (!control.is_cancelled()) std::this_thread::yield();
    return mr::error(mr::errc::cancelled, "asked to");
  });
  wait_for(jobs, *running, job_state::running);
  const auto waiting = jobs.submit("x", "", returns("1"));
  CHECK(jobs.cancel(*waiting)->state == job_state::cancelled);
  CHECK(jobs.waiting() == 0);
  CHECK(jobs.cancel(*running)->state == job_state::running);
  wait_for(jobs, *running, job_state::cancelled);
  CHECK(jobs.cancel(*running).error().code() == mr::errc::conflict);
  CHECK(jobs.cancel("none").error().code() == mr::errc::not_found);
}

TEST_CASE("a queue that is closed asks its jobs to stop, and takes no more") {
  rest::job_queue jobs({.threads = 3});
  std::atomic<int> stopped = 0;
  for (int i = 0; i < 3; ++i)
    REQUIRE(jobs.submit("x", "", [&](const rest::job_control& control) -> mr::result<std::string> {
      while (!control.is_cancelled()) std::this_thread::yield();
      ++stopped;
      return std::string();
    }));
  while (jobs.waiting() != 0) std::this_thread::yield();
  const auto late = jobs.submit("x", "", returns("1"));
  jobs.close();
  CHECK(stopped == 3);
  CHECK(jobs.find(*late)->state == job_state::cancelled);
  CHECK(jobs.submit("x", "", returns("1")).error().code() == mr::errc::closed);
}

TEST_CASE("a queue remembers the last jobs that are over") {
  rest::job_queue jobs({.max_waiting = 100, .max_ended = 3});
  std::string last;
  for (int i = 0; i < 10; ++i) last = *jobs.submit("x", "", returns(std::to_string(i)));
  wait_for(jobs, last, job_state::succeeded);
  CHECK(jobs.list().size() == 3);
  CHECK(jobs.list()[0].outcome == "9");
  CHECK(jobs.list(2).size() == 2);
}
