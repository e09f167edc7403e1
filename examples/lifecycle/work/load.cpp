#include "load.hpp"

#include "../data/payments.hpp"
#include "../stop.hpp"
#include "terminal.hpp"

#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/store/file.hpp>

#include <span>
#include <string>
#include <utility>

namespace lifecycle {

/// The table: the one that was asked for, or made-up payments.
table load(const options& asked, const reading& how) {
  std::string name = asked.input;
  std::string text;
  if (asked.input.empty()) {
    name = "made-up payments (seed " + std::to_string(asked.seed) + ")";
    text = make_payments(asked.rows, asked.seed);
  } else {
    text = or_stop(mr::store::read_file(asked.input), exit_code::no_input);
  }
  std::string digest = to_string(mr::sha256_of(std::as_bytes(std::span(text))));
  mr::result<table> read = read_table(std::move(name), std::move(text), how);
  if (!read) throw stop{input_exit_code(read.error()), read.error().describe()};
  detail::stop_if_interrupted("reading the table");
  read->digest = std::move(digest);
  return *std::move(read);
}

}  // namespace lifecycle
