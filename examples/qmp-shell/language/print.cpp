// Writes JSON. Characters that a terminal would obey or hide are escaped.
#include "language/print.hpp"

#include "language/read/unicode.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <string_view>

namespace json = boost::json;

namespace qmp_shell {

namespace {

void append_escape(std::string& to, std::uint32_t value)
{
    constexpr std::string_view digits = "0123456789abcdef";
    if (value > 0xffff) {  // JSON writes it as UTF-16 does
        append_escape(to, 0xd800 + ((value - 0x10000) >> 10U));
        value = 0xdc00 + ((value - 0x10000) & 0x3ffU);
    }
    to += "\\u";
    for (unsigned shift = 16; shift != 0;) {
        shift -= 4;
        to += digits[value >> shift & 0xfU];
    }
}

void append_character(std::string& to, std::string_view bytes, std::uint32_t value)
{
    constexpr std::string_view named = "\"\\\b\f\n\r\t";
    constexpr std::string_view names = "\"\\bfnrt";
    std::size_t const found = value < 0x80 ? named.find(static_cast<char>(value)) : std::string_view::npos;
    if (found != std::string_view::npos)
        to.append(1, '\\').append(1, names[found]);
    else if (!may_be_shown(value))
        append_escape(to, value);
    else
        to.append(bytes);
}

void append_text(std::string& to, std::string_view text)
{
    to += '"';
    while (!text.empty()) {
        code_point const first = first_code_point(text);
        if (first.length == 0)
            append_escape(to, 0xfffd);
        else
            append_character(to, text.substr(0, first.length), first.value);
        text.remove_prefix(first.length == 0 ? 1 : first.length);
    }
    to += '"';
}

template <class Number>
void append_number(std::string& to, Number number)
{
    std::array<char, 32> buffer;
    auto const [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
    to.append(buffer.data(), end);
}

void append_real(std::string& to, double number)
{
    if (!std::isfinite(number)) {  // 1e400 was sent: JSON has no infinity, so print another number that is too large
        to += number < 0 ? "-1e999" : "1e999";
        return;
    }
    std::size_t const begin = to.size();
    append_number(to, number);
    // 1.0 is not an integer, and must not look like one.
    if (to.find_first_of(".e", begin) == std::string::npos)
        to += ".0";
}

class printer
{
public:
    printer(std::string& output, print_options options) : output_(output), options_(options) {}

    void value(json::value const& from)
    {
        switch (from.kind()) {
            case json::kind::object:
                object(from.get_object());
                break;
            case json::kind::array:
                array(from.get_array());
                break;
            case json::kind::string:
                coloured(green, [&] { append_text(output_, std::string_view(from.get_string())); });
                break;
            case json::kind::int64:
                coloured(cyan, [&] { append_number(output_, from.get_int64()); });
                break;
            case json::kind::uint64:
                coloured(cyan, [&] { append_number(output_, from.get_uint64()); });
                break;
            case json::kind::double_:
                coloured(cyan, [&] { append_real(output_, from.get_double()); });
                break;
            case json::kind::bool_:
                coloured(yellow, [&] { output_ += from.get_bool() ? "true" : "false"; });
                break;
            case json::kind::null:
                coloured(yellow, [&] { output_ += "null"; });
                break;
        }
    }

    template <class Write>
    void coloured(std::string_view colour, Write write)
    {
        if (options_.colour)
            output_ += colour;
        write();
        if (options_.colour)
            output_ += "\033[0m";
    }

    static constexpr std::string_view blue = "\033[34m";
    static constexpr std::string_view bold = "\033[1m";
    static constexpr std::string_view cyan = "\033[36m";
    static constexpr std::string_view faint = "\033[2m";
    static constexpr std::string_view green = "\033[32m";
    static constexpr std::string_view yellow = "\033[33m";

private:
    void object(json::object const& members)
    {
        output_ += '{';
        sequence(members, '}', [this](json::key_value_pair const& each) {
            coloured(blue, [&] { append_text(output_, std::string_view(each.key())); });
            output_ += ": ";
            value(each.value());
        });
    }

    void array(json::array const& items)
    {
        output_ += '[';
        sequence(items, ']', [this](json::value const& each) { value(each); });
    }

    template <class Items, class Write>
    void sequence(Items const& items, char end, Write write)
    {
        bool first = true;
        ++level_;
        for (auto const& item : items) {
            if (!first)
                output_ += options_.pretty ? "," : ", ";
            first = false;
            new_line();
            write(item);
        }
        --level_;
        if (!first)
            new_line();
        output_ += end;
    }

    void new_line()
    {
        if (options_.pretty)
            output_.append(1, '\n').append(2 * level_, ' ');
    }

    std::string& output_;
    print_options options_;
    std::size_t level_ = 0;
};

}  // namespace

std::string local_time(std::chrono::system_clock::time_point when, char const* format)
{
    using namespace std::chrono;
    auto const micros = duration_cast<microseconds>(when.time_since_epoch());
    auto const whole = floor<seconds>(micros);
    auto const since_epoch = static_cast<std::time_t>(whole.count());
    std::tm parts{};
    localtime_r(&since_epoch, &parts);
    std::array<char, 40> clock;
    std::size_t const length = std::strftime(clock.data(), clock.size(), format, &parts);
    std::string fraction = std::to_string((micros - whole).count());
    return std::string(clock.data(), length) + '.' + std::string(6 - fraction.size(), '0') + fraction;
}

std::string print(json::value const& value, print_options options)
{
    std::string result;
    printer(result, options).value(value);
    return result;
}

std::string print(coqmp::event const& received, print_options options)
{
    std::string result;
    printer out(result, options);
    if (received.timestamp)
        out.coloured(printer::faint, [&] { result += local_time(*received.timestamp, "%H:%M:%S"); });
    else
        result += "--:--:--";
    result += ' ';
    out.coloured(printer::bold, [&] {
        std::string name;
        append_text(name, received.name);
        result.append(name, 1, name.size() - 2);
    });
    if (!received.data.empty()) {
        result += ' ';
        out.value(json::value(received.data));
    }
    if (received.lost_before != 0)
        result +=
            " (" + std::to_string(received.lost_before) + (received.lost_before == 1 ? " event" : " events") + " lost before it)";
    return result;
}

json::object as_message(coqmp::event const& received)
{
    using namespace std::chrono;
    json::object result;
    result["event"] = received.name;
    if (!received.data.empty())
        result["data"] = received.data;
    json::object& when = result["timestamp"].emplace_object();
    std::int64_t const all =
        received.timestamp ? duration_cast<microseconds>(received.timestamp->time_since_epoch()).count() : std::int64_t{-1};
    when["seconds"] = received.timestamp ? all / 1'000'000 : all;
    when["microseconds"] = received.timestamp ? all % 1'000'000 : all;
    return result;
}

json::object as_message(coqmp::command const& request)
{
    json::object result;
    result[request.is_out_of_band() ? "exec-oob" : "execute"] = request.name();
    if (!request.arguments().empty())
        result["arguments"] = request.arguments();
    return result;
}

}  // namespace qmp_shell
