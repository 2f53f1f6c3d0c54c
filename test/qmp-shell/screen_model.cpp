#include "screen_model.hpp"

#include <algorithm>

namespace qmp_shell::test {

namespace {

std::string encoded(std::u32string const& text)
{
    std::string result;
    for (char32_t const each : text) {
        if (each < 0x80) {
            result += static_cast<char>(each);
        } else if (each < 0x800) {
            result += static_cast<char>(0xC0U | (each >> 6U));
            result += static_cast<char>(0x80U | (each & 0x3FU));
        } else {
            result += static_cast<char>(0xE0U | (each >> 12U));
            result += static_cast<char>(0x80U | ((each >> 6U) & 0x3FU));
            result += static_cast<char>(0x80U | (each & 0x3FU));
        }
    }
    std::size_t const end = result.find_last_not_of(' ');
    return result.substr(0, end + 1);  // npos + 1 is 0
}

std::size_t length_of(char lead)
{
    auto const byte = static_cast<unsigned char>(lead);
    return byte < 0x80U ? 1 : byte < 0xE0U ? 2 : byte < 0xF0U ? 3 : 4;
}

char32_t decoded(std::string const& bytes)
{
    if (bytes.size() == 1)
        return static_cast<unsigned char>(bytes[0]);
    char32_t result = static_cast<unsigned char>(bytes[0]) & (0xFFU >> (bytes.size() + 1));
    for (char const byte : bytes.substr(1))
        result = (result << 6U) | (static_cast<unsigned char>(byte) & 0x3FU);
    return result;
}

}  // namespace

void screen_model::write(std::string_view text)
{
    for (char const byte : text) {
        undecoded_ += byte;
        if (undecoded_.size() < length_of(undecoded_[0]))
            continue;
        take(decoded(undecoded_));
        undecoded_.clear();
    }
}

void screen_model::resize(std::size_t columns)
{
    columns_ = columns;
    while (rows_[row_].size() > columns_) {
        rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(row_) + 1, rows_[row_].substr(columns_));
        rows_[row_].resize(columns_);
        ++row_;
        column_ -= std::min(column_, columns_);
    }
}

void screen_model::take(char32_t character)
{
    if (sequence_) {
        bool const last = character >= 0x40 && character < 0x7F;
        if (last)
            obey(static_cast<char>(character));
        else
            parameters_ += static_cast<char>(character);
        sequence_ = !last;
    } else if (escape_) {
        escape_ = false;
        sequence_ = character == U'[';
        parameters_.clear();
    } else if (character == 0x1B) {
        escape_ = true;
    } else if (character == U'\r') {
        column_ = 0;
    } else if (character == U'\n') {
        move_to(row_ + 1);
    } else if (character == U'\b') {
        column_ -= column_ > 0 ? 1 : 0;
    } else if (character == U'\t') {
        column_ = std::min(columns_ - 1, (column_ / 8 + 1) * 8);
    } else if (character != U'\a') {
        put(character);
    }
}

void screen_model::put(char32_t character)
{
    if (column_ >= columns_) {
        move_to(row_ + 1);
        column_ = 0;
    }
    std::u32string& text = rows_[row_];
    if (text.size() <= column_)
        text.resize(column_ + 1, U' ');
    text[column_++] = character;
}

void screen_model::move_to(std::size_t where)
{
    row_ = where;
    if (row_ >= rows_.size())
        rows_.resize(row_ + 1);
}

std::size_t screen_model::number(std::size_t otherwise) const
{
    return parameters_.empty() || parameters_.find_first_not_of("0123456789") != std::string::npos ? otherwise
                                                                                                   : std::stoul(parameters_);
}

void screen_model::erase_in_line(std::size_t kind)
{
    std::u32string& text = rows_[row_];
    if (kind == 0) {
        text.resize(std::min(text.size(), column_));
    } else if (kind == 1) {
        std::fill_n(text.begin(), std::min(text.size(), column_ + 1), U' ');
    } else {
        text.clear();
    }
}

void screen_model::obey(char final)
{
    std::size_t const count = std::max<std::size_t>(1, number(1));
    std::u32string& text = rows_[row_];
    if (final == 'A')
        move_to(std::max(top(), row_ - std::min(row_, count)));
    else if (final == 'B')
        move_to(std::min(top() + height_ - 1, row_ + count));
    else if (final == 'C')
        column_ = std::min(columns_ - 1, column_ + count);
    else if (final == 'D')
        column_ -= std::min(column_, count);
    else if (final == 'G')
        column_ = count - 1;
    else if (final == 'K')
        erase_in_line(number(0));
    else if (final == 'J') {
        erase_in_line(0);
        rows_.resize(row_ + 1);
    } else if (final == 'P')
        text.erase(std::min(column_, text.size()), count);
    else if (final == '@')
        text.insert(std::min(column_, text.size()), count, U' ');
    else if (final == 'H') {
        move_to(top());
        column_ = 0;
    }
}

std::vector<std::string> screen_model::rows() const
{
    std::vector<std::string> result;
    for (std::u32string const& each : rows_)
        result.push_back(encoded(each));
    return result;
}

std::string screen_model::text() const
{
    std::string result;
    for (std::u32string const& each : rows_)
        result += encoded(each) + '\n';
    return result;
}

std::string screen_model::line_at_cursor() const
{
    std::size_t first = row_;
    while (first > 0 && rows_[first - 1].size() >= columns_)
        --first;
    std::u32string whole;
    for (std::size_t row = first; row <= row_; ++row)
        whole += rows_[row];
    return encoded(whole);
}

}  // namespace qmp_shell::test
