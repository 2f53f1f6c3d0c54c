// Base64: every text that encode_base64() returns is read back, and no other text is accepted.
#include "guest_agent/base64.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using coqmp::detail::decode_base64;
using coqmp::detail::encode_base64;
using namespace std::string_literals;

namespace {

bool is_rejected(std::string_view text)
{
    return !decode_base64(text).has_value();
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_examples_of_the_specification_are_encoded_and_decoded)
{
    std::vector<std::pair<std::string, std::string>> const examples = {{"", ""},
                                                                       {"f", "Zg=="},
                                                                       {"fo", "Zm8="},
                                                                       {"foo", "Zm9v"},
                                                                       {"foob", "Zm9vYg=="},
                                                                       {"fooba", "Zm9vYmE="},
                                                                       {"foobar", "Zm9vYmFy"},
                                                                       {"\xfb\xff\xbf"s, "+/+/"},
                                                                       {"\0\0\0"s, "AAAA"}};
    for (auto const& [bytes, text] : examples) {
        BOOST_TEST(encode_base64(bytes) == text);
        BOOST_TEST(decode_base64(text).value() == bytes);
    }
}

BOOST_AUTO_TEST_CASE(every_byte_at_every_place_of_a_group_survives)
{
    for (std::size_t length = 1; length <= 4; ++length)
        for (std::size_t place = 0; place < length; ++place)
            for (int value = 0; value < 256; ++value) {
                std::string bytes(length, 'x');
                bytes[place] = static_cast<char>(value);
                BOOST_REQUIRE(decode_base64(encode_base64(bytes)) == bytes);
            }
}

BOOST_AUTO_TEST_CASE(a_text_whose_length_is_no_multiple_of_four_is_rejected)
{
    for (std::string_view const text : {"Z", "Zg", "Zg=", "Zm9vY", "Zm9vYg", "Zm9vYg="})
        BOOST_TEST(is_rejected(text), text);
}

BOOST_AUTO_TEST_CASE(each_character_outside_the_alphabet_is_rejected_at_each_place)
{
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int value = 0; value < 256; ++value) {
        auto const character = static_cast<char>(value);
        bool const is_valid = alphabet.find(character) != std::string_view::npos;
        for (std::size_t place = 0; place < 4; ++place) {
            std::string text = "AAAAAAAA";
            text[place] = character;
            BOOST_REQUIRE_MESSAGE(is_rejected(text) != is_valid, "character " << value << " at " << place);
        }
    }
}

BOOST_AUTO_TEST_CASE(misplaced_padding_is_rejected)
{
    for (std::string_view const text : {"====", "A===", "=AAA", "A=AA", "AA=A", "AA==AAAA", "AAA=AAAA", "AAAA===="})
        BOOST_TEST(is_rejected(text), text);
}

BOOST_AUTO_TEST_CASE(stray_bits_in_the_last_character_are_rejected)
{
    for (std::string_view const text : {"Zh==", "Zn==", "Zm9=", "Zm+="})
        BOOST_TEST(is_rejected(text), text);
    BOOST_TEST(decode_base64("Zg==").value() == "f");
    BOOST_TEST(decode_base64("Zm8=").value() == "fo");
}

BOOST_AUTO_TEST_CASE(line_ends_and_spaces_are_rejected)
{
    for (std::string_view const text : {"Zm9v\n", "Zm9v\r\n\r\n", " Zm9v   ", "Zm\n9", "Zm9v\nYmFy"})
        BOOST_TEST(is_rejected(text), text);
}
