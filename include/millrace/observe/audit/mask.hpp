#ifndef MILLRACE_OBSERVE_AUDIT_MASK_HPP
#define MILLRACE_OBSERVE_AUDIT_MASK_HPP

#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/detail/pii_detectors.hpp>
#include <millrace/observe/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

namespace detail {

/// What stands for a value of which nothing is shown. A value that itself ends in such stars gets no more than these.
inline constexpr std::string_view mask_stars = "***";

/// The last `count` letters and digits of a text that has at least `least` and, besides them, only what stands between
/// groups; nothing of any other text.
inline std::string last_of(std::string_view text, std::size_t count, std::size_t least, bool letters) {
  std::string kept;
  for (const char c : text) {
    if (is_digit(c) || (letters && is_letter(c)))
      kept += c;
    else if (std::string_view(" -./()+").find(c) == std::string_view::npos)
      return std::string();
  }
  return kept.size() >= least ? kept.substr(kept.size() - count) : std::string();
}

/// The first letter of a name of at least three characters, if it has one and the name is UTF-8 without a star.
inline std::string_view initial_of(std::string_view name) noexcept {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < name.size(); ++characters) {
    const std::size_t length = utf8_sequence(name.substr(i));
    if (length == 0 || name[i] == '*') return {};
    i += length;
  }
  return characters >= 3 && is_word(name[0]) && !is_digit(name[0]) ? name.substr(0, utf8_sequence(name))
                                                                   : std::string_view();
}

inline std::string mask_ip(std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string made;
  if (const parsed_ip four = parse_ipv4(text); four.size != 0) {
    for (std::size_t i = 0; i < 3; ++i) append_number(made, unsigned{four.bytes[i]}), made += '.';
  } else if (const parsed_ip six = parse_ipv6(text); six.size != 0) {
    for (std::size_t i = 0; i < 6; i += 2) {
      const unsigned group = six.bytes[i] * 256U + six.bytes[i + 1];
      for (unsigned shift = 16; shift > 0; shift -= 4)
        if (shift == 4 || group >> (shift - 4) != 0) made += hex[group >> (shift - 4) & 15U];
      made += ':';
    }
  } else {
    return std::string(mask_stars);
  }
  return made += '*';
}

}  // namespace detail

/// What stands for a personal value in an output. No result has the value in it, nor tells how long it was:
///
/// | type | is shown as | of a value that |
/// |---|---|---|
/// | person_name | its first letter: `A***` | has at least three letters |
/// | email | its domain: `***@example.org` | ends in an `@` and a domain |
/// | phone | the last two digits: `***42` | has at least eight digits |
/// | card | the last four digits: `***1111` | has 13 to 19 digits |
/// | account | the last four letters or digits: `***3000` | has at least twelve |
/// | ip_address | the network: `192.0.2.*` (/24), `2001:db8:1:*` (/48) | is an IPv4 or IPv6 address |
///
/// A value that is not what its type says, or has anything beside it, and one of any other type is shown as `***`.
/// Source of the card's digits: PCI DSS v4.0.1, requirement 3.4.1, allows at most the bank's number in front, of six or
/// eight digits, and the last four.
inline std::string mask_value(pii_type type, std::string_view value) {
  const std::string hidden(detail::mask_stars);
  switch (type) {
    case pii_type::none: return std::string(value);
    case pii_type::person_name: return std::string(detail::initial_of(value)) + hidden;
    case pii_type::email: {
      const std::size_t sign = value.rfind('@');
      if (sign == value.npos || !detail::is_domain(value.substr(sign + 1))) return hidden;
      if (value.substr(0, sign).find_first_not_of('*') == value.npos) return hidden;  // nothing, or masked before
      return hidden + std::string(value.substr(sign));
    }
    case pii_type::phone: return hidden + detail::last_of(value, 2, 8, false);
    case pii_type::card: {
      std::size_t digits = 0;
      for (const char c : value) digits += detail::is_digit(c);
      return digits <= 19 ? hidden + detail::last_of(value, 4, 13, false) : hidden;
    }
    case pii_type::account: return hidden + detail::last_of(value, 4, 12, true);
    case pii_type::ip_address: return detail::mask_ip(value);
    case pii_type::address:
    case pii_type::national_id:
    case pii_type::birth_date:
    case pii_type::secret:
    case pii_type::other: break;
  }
  return hidden;
}

/// Where personal data stands in a text.
struct found_pii {
  std::size_t begin = 0;
  std::size_t size = 0;
  pii_type type = pii_type::none;

  friend bool operator==(const found_pii&, const found_pii&) = default;
};

/// The personal data in a text that has a form which can be recognized, as the type by which it is masked:
///
/// | type | what is found |
/// |---|---|
/// | email | addresses of e-mail whose domain has a dot |
/// | phone | `+` and 9 to 15 digits, ITU-T E.164 |
/// | card | 13 to 19 digits, as many as an issuer's numbers have, of which Luhn's sum holds |
/// | account | IBANs, by their remainder modulo 97 |
/// | ip_address | IPv4 and IPv6 |
/// | national_id | social security numbers of the United States, 3-2-4 digits between hyphens, with an area that exists
/// | | other | addresses of network devices, six pairs of hexadecimal digits |
///
/// Numbers may stand in groups; one that touches a letter or a digit is part of something else, and so is a card's
/// behind a decimal point.
///
/// It does not find names, addresses, dates of birth, telephone numbers without a `+`, other countries' numbers of
/// persons, nor what is written in another way: mark those as fields with their type. It also finds what only looks the
/// same: one in ten numbers of 16 digits passes for a card, one in 2,000 hexadecimal numbers of 32 digits for an IBAN,
/// a version 1.2.3.4 for an IP address. The guide has rates.
/// Complexity: O(text.size()), whatever the text. Allocates: the result.
inline std::vector<found_pii> find_pii(std::string_view text) {
  std::vector<found_pii> found;
  std::size_t end = 0;  // of what was found last
  detail::mail_run run;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const char before = at == 0 ? ' ' : text[at - 1];
    found_pii longest{at, 0, pii_type::none};
    const auto consider = [&](pii_type type, std::size_t size) {
      if (size > longest.size) longest = {at, size, type};
    };
    if (detail::is_mail_local(c) && (!detail::is_mail_local(before) || at == end)) {
      if (at >= run.end) run = detail::mail_run_at(text, at);
      consider(pii_type::email, run.email_at(text, at));
    }
    if (!detail::is_alphanumeric(before)) {
      if (detail::is_digit(c)) {
        consider(pii_type::card, detail::card_at(text, at));
        consider(pii_type::national_id, detail::ssn_at(text, at));
        if (before != '.' || at < 2 || !detail::is_digit(text[at - 2]))
          consider(pii_type::ip_address, detail::ipv4_at(text, at));
      }
      if (detail::is_letter(c)) consider(pii_type::account, detail::iban_at(text, at));
      if ((detail::hex_value(c) < 16 || c == ':') && before != ':')
        consider(pii_type::ip_address, detail::ipv6_at(text, at));
      if (detail::hex_value(c) < 16) consider(pii_type::other, detail::mac_at(text, at));
      if (c == '+' && before != '+') consider(pii_type::phone, detail::phone_at(text, at));
    }
    if (longest.size == 0) {
      ++at;
      continue;
    }
    if (!found.empty() && at < end) found.back().size = at - found.back().begin;
    found.push_back(longest);
    end = at + longest.size;
    // A domain may end where a word in another script begins, so what looks like more of it may be something else.
    at = longest.type == pii_type::email ? run.end + 1 : end;
  }
  return found;
}

/// The text with what `find_pii` finds in it masked by its type.
inline std::string mask_text(std::string_view text) {
  std::string made;
  std::size_t done = 0;
  for (const found_pii& each : find_pii(text)) {
    made.append(text.substr(done, each.begin - done));
    made += mask_value(each.type, text.substr(each.begin, each.size));
    done = each.begin + each.size;
  }
  return made.append(text.substr(done));
}

/// How an output shows what people wrote: a value of a type, and a free text such as a reason.
template <class M>
concept mask_policy = requires(const M& mask, const audit_text& value, std::string_view text) {
  { mask.value(value) } -> std::convertible_to<std::string>;
  { mask.text(text) } -> std::convertible_to<std::string>;
};

/// The policy of every output that is given no other: personal values masked by `mask_value`, reasons by `mask_text`.
/// Kinds, objects, names of fields and values without a type are shown as they are.
struct masked {
  std::string value(const audit_text& value) const {
    return value.erased ? std::string("[erased]") : mask_value(value.pii, value.text);
  }
  std::string text(std::string_view text) const { return mask_text(text); }
};

/// Shows everything, also personal data.
struct unmasked {
  std::string value(const audit_text& value) const { return value.erased ? std::string("[erased]") : value.text; }
  std::string text(std::string_view text) const { return std::string(text); }
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_MASK_HPP
