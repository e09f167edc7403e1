#ifndef MILLRACE_TESTS_SUPPORT_REST_HPP
#define MILLRACE_TESTS_SUPPORT_REST_HPP

// What tests of connect/rest share: a model whose predictions are easy to tell, and calls of an API without a server.

#include <millrace/model/matrix_view.hpp>
#include <millrace/store/http.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rest_tests {

/// Adds the columns up; of two outputs the second is the negative sum.
struct sum_model {
  std::size_t columns = 2;
  std::size_t results = 1;

  std::size_t inputs() const noexcept { return columns; }
  std::size_t outputs() const noexcept { return results; }
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    double sum = 0;
    for (const float each : row) sum += static_cast<double>(each);
    for (std::size_t i = 0; i < results; ++i) out[i] = i == 0 ? sum : -sum;
  }
  void predict(const millrace::model::matrix_view& rows, std::span<double> out) const noexcept {
    for (std::size_t i = 0; i < rows.rows(); ++i) predict(rows.row(i), out.subspan(i * results, results));
  }
};

/// A response with its body read as JSON; of a body that is none, null.
struct answer {
  millrace::store::http_response response;
  nlohmann::json json = nullptr;

  int status() const { return response.status; }
  std::string header(std::string_view name) const {
    const std::string* const found = millrace::store::find_header(response.headers, name);
    return found == nullptr ? std::string() : *found;
  }
};

template <class Api>
answer ask(const Api& api, std::string method, std::string target, std::string body = {},
           std::vector<millrace::store::http_header> headers = {}) {
  if (!body.empty() && millrace::store::find_header(headers, "Content-Type") == nullptr)
    headers.push_back({"Content-Type", "application/json"});
  answer made{api.handle({std::move(method), std::move(target), std::move(headers), std::move(body)})};
  made.json = nlohmann::json::parse(made.response.body, nullptr, false);
  return made;
}

}  // namespace rest_tests

#endif  // MILLRACE_TESTS_SUPPORT_REST_HPP
