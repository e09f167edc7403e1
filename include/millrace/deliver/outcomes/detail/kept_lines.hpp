#ifndef MILLRACE_DELIVER_OUTCOMES_DETAIL_KEPT_LINES_HPP
#define MILLRACE_DELIVER_OUTCOMES_DETAIL_KEPT_LINES_HPP

#include <millrace/core/detail/crc32.hpp>
#include <millrace/core/detail/json_reader.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/deliver/outcomes/prediction.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

// The lines of both logs. Each is a JSON object whose first member is the id and whose last is the CRC-32 of the bytes
// before it, so that a line which somebody or a disk has changed is not taken for another:
//
//   {"id":"a17","time":...,"model":"fraud","version":"7","arm":"candidate","propensity":0.2,"unit":31,"step":2,
//    "rollout":3,"outputs":[0.93],"features":[1,2.5],"crc":"1f0c9a3e"}
//   {"id":"a17","label":1,"time":...,"crc":"..."}
//   {"dropped":12,"crc":"..."}
namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

inline constexpr std::string_view id_prefix = "{\"id\":\"";
inline constexpr std::string_view dropped_prefix = "{\"dropped\":";
inline constexpr std::string_view crc_member = ",\"crc\":\"";
/// `,"crc":"` and what is behind it.
inline constexpr std::size_t crc_bytes = crc_member.size() + 8 + 2;

inline std::uint32_t crc_of(std::string_view text) noexcept {
  return ~crc32_step(~std::uint32_t{0}, reinterpret_cast<const unsigned char*>(text.data()), text.size());
}
/// Ends the object that begins at `begin`: its CRC, the bracket and a line feed.
inline void end_line(std::string& out, std::size_t begin) {
  const std::uint32_t crc = crc_of(std::string_view(out).substr(begin));
  out += crc_member;
  for (unsigned shift = 32; shift > 0; shift -= 4) out += "0123456789abcdef"[crc >> (shift - 4) & 15U];
  out += "\"}\n";
}
/// Whether a line without its line feed is whole and what was written.
inline bool is_sound_line(std::string_view line) noexcept {
  if (line.size() < crc_bytes || line.substr(line.size() - 2) != "\"}") return false;
  const std::string_view body = line.substr(0, line.size() - crc_bytes);
  const std::string_view end = line.substr(body.size());
  if (end.substr(0, crc_member.size()) != crc_member) return false;
  std::uint32_t crc = 0;
  const char* const from = end.data() + crc_member.size();
  const auto read = std::from_chars(from, from + 8, crc, 16);
  return read.ec == std::errc() && read.ptr == from + 8 && crc == crc_of(body);
}
/// Whether a text can be one of the lines, or the torn beginning of one.
inline bool may_be_line(std::string_view text) noexcept {
  const auto begins = [&](std::string_view prefix) {
    const std::size_t n = text.size() < prefix.size() ? text.size() : prefix.size();
    return text.substr(0, n) == prefix.substr(0, n);
  };
  return begins(id_prefix) || begins(dropped_prefix);
}
/// The id of a line, as it is spelled between its quotes; empty if there is none.
inline std::string_view spelled_id(std::string_view line) noexcept {
  if (line.substr(0, id_prefix.size()) != id_prefix) return {};
  std::size_t end = id_prefix.size();
  while (end < line.size() && line[end] != '"') end += line[end] == '\\' ? 2U : 1U;
  return end < line.size() ? line.substr(id_prefix.size(), end - id_prefix.size()) : std::string_view();
}
/// How lines spell an id, to look it up: the text of `into`.
inline std::string_view spell_id(std::string_view id, std::string& into) {
  into.clear();
  append_json(into, id);
  return std::string_view(into).substr(1, into.size() - 2);
}

/// A prediction as a line has it, with memory of its own.
struct kept_prediction {
  std::string id, model, version;
  std::uint64_t time = 0;
  deliver::arm arm = deliver::arm::stable;
  double propensity = 1;
  std::uint64_t unit = 0;
  std::uint64_t step = 0;
  std::uint64_t rollout = 0;
  std::vector<double> outputs;
  std::vector<float> features;

  prediction view() const noexcept {
    return {id,
            time,
            model,
            version,
            arm,
            propensity,
            unit,
            static_cast<std::uint32_t>(step),
            static_cast<std::uint32_t>(rollout),
            outputs,
            features};
  }
};

class line_values {
 public:
  explicit line_values(std::string_view line) noexcept : reader_(line) {}

  /// Goes on to the next member. False: there is none, or it is no JSON.
  bool next() noexcept {
    token_ = reader_.next();
    if (token_ == json_token::object && !began_) {
      began_ = true;
      token_ = reader_.next();
    }
    if (token_ != json_token::key) return false;
    key_ = reader_.raw();
    token_ = reader_.next();
    return true;
  }
  bool ended() noexcept { return began_ && token_ == json_token::close && reader_.next() == json_token::end; }
  std::string_view key() const noexcept { return key_; }

  bool get(std::string& to) {
    if (token_ != json_token::text) return false;
    if (reader_.raw().find('\\') == std::string_view::npos)
      to = reader_.raw();
    else
      to = json_unescaped(reader_.raw());
    return true;
  }
  template <class Number>
  bool get(Number& to) noexcept {
    return number(token_, to);
  }
  template <class Number>
  bool get(std::vector<Number>& to) {
    to.clear();
    if (token_ != json_token::array) return false;
    for (;;) {
      const json_token token = reader_.next();
      if (token == json_token::close) return true;
      Number one{};
      if (!number(token, one)) return false;
      to.push_back(one);
    }
  }
  bool is(std::string_view text) const noexcept { return token_ == json_token::text && reader_.raw() == text; }
  /// Passes a value of another version's over, unless it is an array or an object.
  bool pass() const noexcept { return token_ >= json_token::text; }

 private:
  bool number(json_token token, std::uint64_t& to) const noexcept {
    const std::string_view raw = reader_.raw();
    const auto read = std::from_chars(raw.data(), raw.data() + raw.size(), to);
    return token == json_token::number && read.ec == std::errc() && read.ptr == raw.data() + raw.size();
  }
  template <class Real>
  bool number(json_token token, Real& to) const noexcept {
    const std::string_view raw = reader_.raw();
    if (token == json_token::number) return read_real(raw, to);
    const bool negative = raw == "-Infinity";
    if (token != json_token::text || !(raw == "NaN" || raw == "Infinity" || negative)) return false;
    to = static_cast<Real>(raw == "NaN" ? __builtin_nan("") : negative ? -__builtin_inf() : __builtin_inf());
    return true;
  }

  json_reader reader_;
  json_token token_ = json_token::wrong;
  std::string_view key_;
  bool began_ = false;
};

/// Reads a line of a prediction. False: it is none.
inline bool read_prediction(std::string_view line, kept_prediction& to) {
  line_values values(line);
  to.features.clear();
  to.unit = to.step = to.rollout = 0;
  bool sound = true;
  unsigned found = 0;
  while (sound && values.next()) {
    const std::string_view key = values.key();
    ++found;
    if (key == "id")
      sound = values.get(to.id);
    else if (key == "time")
      sound = values.get(to.time);
    else if (key == "model")
      sound = values.get(to.model);
    else if (key == "version")
      sound = values.get(to.version);
    else if (key == "arm")
      to.arm = values.is("candidate") ? arm::candidate : arm::stable;
    else if (key == "propensity")
      sound = values.get(to.propensity);
    else if (key == "unit")
      sound = values.get(to.unit);
    else if (key == "step")
      sound = values.get(to.step);
    else if (key == "rollout")
      sound = values.get(to.rollout);
    else if (key == "outputs")
      sound = values.get(to.outputs);
    else if (key == "features")
      sound = values.get(to.features);
    else {
      sound = values.pass();
      --found;
    }
  }
  return sound && values.ended() && found >= 7;
}

/// What is known of an outcome, beside its id.
struct kept_outcome {
  double label = 0;
  std::uint64_t time = 0;
};
inline bool read_outcome(std::string_view line, kept_outcome& to) {
  line_values values(line);
  bool sound = true;
  unsigned found = 0;
  while (sound && values.next()) {
    if (values.key() == "label")
      sound = values.get(to.label), ++found;
    else if (values.key() == "time")
      sound = values.get(to.time), ++found;
    else
      sound = values.pass();
  }
  return sound && values.ended() && found == 2;
}
/// How many records a line says were dropped before it; 0 if it says nothing of the kind.
inline std::uint64_t read_dropped(std::string_view line) noexcept {
  if (line.substr(0, dropped_prefix.size()) != dropped_prefix) return 0;
  std::uint64_t count = 0;
  std::from_chars(line.data() + dropped_prefix.size(), line.data() + line.size(), count);
  return count;
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_OUTCOMES_DETAIL_KEPT_LINES_HPP
