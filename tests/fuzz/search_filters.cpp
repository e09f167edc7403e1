// Any text is a filter and an order that print to a text which reads as the same, or an error; a filter asks any row
// without a fault, and no row that it takes lies outside the ranges that it requires. What MLflow's grammar takes, the
// full one reads back. Any text is the part of a key that writes to the same, or of none; and no token is read that
// was not made.
#include <millrace/store/key_part.hpp>
#include <millrace/store/search.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace ms = millrace::store;

void require_that(bool holds) {
  if (!holds) std::abort();
}

/// Has what the input says: nothing, a number, or a piece of the input itself.
struct input_row {
  std::string_view input;
  ms::search_value find(const ms::search_field& field) const {
    const std::size_t at = field.key.size() + static_cast<std::size_t>(field.kind);
    if (input.size() < 8 || at % 5 == 0) return {};
    double number = 0;
    std::memcpy(&number, input.data() + at % (input.size() - 7), sizeof number);
    if (field.type != ms::search_type::text) return at % 2 == 0 ? ms::search_value(number) : ms::search_value(at);
    return input.substr(at % input.size(), at);
  }
  template <class Use>
  void for_each(const ms::search_field& field, Use&& use) const {
    use(find(field));
    use(find(field));
  }
};

void filter(std::string_view text, const ms::search_schema& schema, ms::search_grammar grammar) {
  const auto read = ms::search_filter::make(text, schema, grammar);
  if (!read) return;
  const std::string printed = to_text(*read);
  const auto again = ms::search_filter::make(printed, schema);
  // A filter at the bound of a size may print to a longer text.
  if (!again) {
    require_that(printed.size() > text.size());
    return;
  }
  require_that(*again == *read && to_text(*again) == printed);
  const input_row row{text};
  const bool found = read->matches(row);
  require_that(again->matches(row) == found);
  for (const ms::search_range& range : ms::required_ranges(*read)) {
    const ms::search_field& field = read->fields()[range.field];
    if (!found || field.repeated) continue;
    const ms::search_value value = row.find(field);
    require_that(!value.is_absent());
    if (range.prefix.empty() || !value.is_text()) continue;
    require_that(value.text().starts_with(range.prefix));
  }
}

void order(std::string_view text, ms::search_grammar grammar) {
  const auto read = ms::search_order::make(std::vector<std::string>{std::string(text)}, ms::run_schema, grammar);
  if (!read) return;
  const auto again = ms::search_order::make(std::vector<std::string>{to_text(*read)}, ms::run_schema);
  require_that(!again || *again == *read);  // with the last words, it may have too many
  require_that(!read->sort_key(input_row{text}).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto* schema :
       {&ms::run_schema, &ms::experiment_schema, &ms::registered_model_schema, &ms::model_version_schema})
    for (const auto grammar : {ms::search_grammar::full, ms::search_grammar::mlflow}) filter(text, *schema, grammar);
  order(text, ms::search_grammar::full);
  order(text, ms::search_grammar::mlflow);

  const std::string part = ms::text_key_part(text);
  require_that(ms::check_storage_key(part).has_value());
  const auto whole = ms::read_key_part_text(part);
  require_that(whole.has_value() && (whole->whole ? whole->text == text : text.starts_with(whole->text)));
  if (const auto read = ms::read_key_part_text(text); read && read->whole)
    require_that(ms::text_key_part(read->text) == text);
  if (const auto number = ms::read_key_part_number<double>(text)) require_that(ms::number_key_part(*number) == text);

  static const ms::page_tokens tokens{ms::search_filter(), *ms::search_order::make({}, ms::run_schema), "fuzz"};
  require_that(tokens.position(tokens.token(text)).value() == text);
  if (const auto position = tokens.position(text); position && !text.empty())
    require_that(tokens.token(*position) == text);
  return 0;
}
