// Any bytes either are no Parquet file, with an error, or are columns that can be read, and what was read of them can
// be written and read again.
#include <millrace/store/parquet.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

namespace ms = millrace::store;

namespace {

template <class T>
void write_and_read(const ms::parquet_column& column) {
  const auto values = column.values<T>().value();
  ms::parquet_options how;
  how.codec = values.size() % 2 == 0 ? ms::parquet_codec::gzip : ms::parquet_codec::uncompressed;
  how.group_rows = 1 + values.size();
  auto writer = ms::basic_parquet_writer<ms::byte_sink>::make({}, {column.field()}, how);
  if (!writer) return;                                     // a type that is read and not written
  if (!writer->write({{values, column.valid()}})) return;  // texts that are no UTF-8
  if (!writer->finish()) std::abort();
  auto reader = ms::open_parquet(std::span<const std::byte>(writer->sink().bytes));
  if (!reader || reader->rows() != values.size()) std::abort();
  if (values.empty()) return;
  const auto again = reader->read(0, std::size_t{0});
  if (!again || again->missing_count() != column.missing_count()) std::abort();
  const auto same = again->template values<T>().value();
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (again->missing(row) != column.missing(row)) std::abort();
    if constexpr (std::is_same_v<T, std::string_view>) {
      if (same[row] != values[row]) std::abort();
    } else {
      if (std::memcmp(&same[row], &values[row], sizeof(T)) != 0) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto reader = ms::basic_parquet_reader<ms::byte_source>::make(
      ms::byte_source(std::as_bytes(std::span(data, size))), {.page_bytes = 1 << 20, .column_bytes = 1 << 20});
  if (!reader) return 0;
  for (std::size_t group = 0; group < reader->groups() && group < 4; ++group)
    for (std::size_t i = 0; i < reader->fields().size() && i < 20; ++i) {
      const ms::parquet_statistics said = reader->statistics(group, i);
      (void)said.lower<double>();
      const auto column = reader->read(group, i);
      if (!column) continue;
      if (column->rows() != reader->rows(group)) std::abort();
      switch (ms::cell_of(column->field().type)) {
        case ms::parquet_cell::boolean: write_and_read<bool>(*column); break;
        case ms::parquet_cell::int32: write_and_read<std::int32_t>(*column); break;
        case ms::parquet_cell::uint32: write_and_read<std::uint32_t>(*column); break;
        case ms::parquet_cell::int64: write_and_read<std::int64_t>(*column); break;
        case ms::parquet_cell::uint64: write_and_read<std::uint64_t>(*column); break;
        case ms::parquet_cell::float32: write_and_read<float>(*column); break;
        case ms::parquet_cell::float64: write_and_read<double>(*column); break;
        case ms::parquet_cell::text: write_and_read<std::string_view>(*column); break;
        case ms::parquet_cell::none: std::abort();
      }
    }
  return 0;
}
