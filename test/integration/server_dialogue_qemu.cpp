// The server's dialogue and a real QEMU get the same bytes, and their answers mean the same.
#include "protocol/ascii_json.hpp"
#include "protocol/request_parser.hpp"
#include "protocol/server_message.hpp"

#include "support/client_bytes.hpp"
#include "support/model_monitor.hpp"
#include "support/real_qemu.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace json = boost::json;
using namespace coqmp::test;

namespace {

/// Ends every message that the sample left open. The answer to it is the last one.
constexpr std::string_view last_command = "\xff{\"execute\":\"end\",\"id\":\"end of the sample\"}";

/// A connection to QEMU's monitor.
class qemu_client
{
public:
    explicit qemu_client(real_qemu const& qemu)
    {
        ::sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::string const& path = qemu.monitor().path();
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        auto const* const generic = reinterpret_cast<::sockaddr const*>(&address);
        if (socket_.number() < 0 || ::connect(socket_.number(), generic, sizeof address) != 0)
            throw std::runtime_error("cannot connect to QEMU's monitor");
    }

    void send(std::string_view bytes) const
    {
        while (!bytes.empty()) {
            ::ssize_t const sent = ::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0)
                throw std::runtime_error("cannot send to QEMU's monitor");
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    /// The next line, without its end.
    std::string line()
    {
        std::size_t end = 0;
        while ((end = received_.find("\r\n")) == std::string::npos) {
            std::array<char, 4096> part{};
            ::ssize_t const size = ::recv(socket_.number(), part.data(), part.size(), 0);
            if (size <= 0)
                throw std::runtime_error("QEMU's monitor has ended");
            received_.append(part.data(), static_cast<std::size_t>(size));
        }
        std::string result = received_.substr(0, end);
        received_.erase(0, end + 2);
        return result;
    }

private:
    coqmp::descriptor socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::string received_;
};

/// QEMU's answers to a sample and to the last command, including the greeting.
std::vector<std::string> qemu_answers(real_qemu const& qemu, std::string_view sample)
{
    qemu_client client(qemu);
    client.send(std::string(sample).append(last_command));
    std::vector<std::string> result;
    do {
        result.push_back(client.line());
    } while (result.back().find("\"end of the sample\"") == std::string::npos);
    return result;
}

coqmp::greeting greeting_of(real_qemu const& qemu)
{
    json::value const all = json::parse(qemu_client(qemu).line());
    json::value const& version = all.at("QMP").at("version");
    auto const number = [&version](char const* which) { return static_cast<int>(version.at("qemu").at(which).as_int64()); };
    coqmp::greeting result;
    result.version = {number("major"), number("minor"), number("micro"), std::string(version.at("package").as_string()), {}};
    for (json::value const& each : all.at("QMP").at("capabilities").as_array())
        result.capabilities.emplace_back(each.as_string());
    return result;
}

/// An answer as a value. QEMU writes infinity as `inf`, which is not JSON; Boost.JSON rejects an exponent of 2^31.
json::value parsed(std::string text)
{
    boost::system::error_code error;
    json::parse_options options;
    options.max_depth = 2000;
    json::value result = json::parse(text, error, {}, options);
    if (!error)
        return result;
    for (std::size_t at = 0; (at = text.find("inf", at)) != std::string::npos;)
        text.replace(at, 3, "1e999");
    auto again = coqmp::protocol::parse_request(text);
    if (auto* const accepted = std::get_if<coqmp::protocol::parsed_text>(&again))
        return std::move(accepted->value);
    throw std::runtime_error("an answer is not JSON: " + text.substr(0, 400));
}

/// Whether two values are equal, except for the last digits of a number.
bool is_same(json::value const& left, json::value const& right)
{
    if (left.is_object() && right.is_object()) {
        json::object const& others = right.get_object();
        return left.get_object().size() == others.size() && std::ranges::all_of(left.get_object(), [&others](auto const& each) {
                   json::value const* const other = others.if_contains(each.key());
                   return other != nullptr && is_same(each.value(), *other);
               });
    }
    if (left.is_array() && right.is_array())
        return std::ranges::equal(left.get_array(), right.get_array(), is_same);
    if (left.is_double() || right.is_double()) {
        double const first = left.is_number() ? left.to_number<double>() : std::nan("");
        double const second = right.is_number() ? right.to_number<double>() : std::nan("");
        return first == second || std::abs(first - second) <= 1e-15 * std::abs(first);
    }
    return left == right;
}

/// If several members or arguments are wrong, QEMU reports whichever its hash table has first.
enum class wrong_members { one, several };

void forget_member(json::value& answer)
{
    if (!answer.is_object() || !answer.get_object().contains("error"))
        return;
    json::string& text = answer.at("error").at("desc").as_string();
    if (text.starts_with("QMP input member"))
        text = "QMP input member";
    else if (text.starts_with("Parameter '") && text.ends_with("is unexpected"))
        text = "Parameter is unexpected";
}

bool means_the_same(std::string const& left, std::string const& right, wrong_members wrong)
{
    json::value first = parsed(left);
    json::value second = parsed(right);
    if (wrong == wrong_members::several) {
        forget_member(first);
        forget_member(second);
    }
    return is_same(first, second);
}

std::string printable(std::string_view bytes)
{
    std::string result;
    for (char const each : bytes.substr(0, 400)) {
        constexpr std::string_view digits = "0123456789abcdef";
        auto const code = static_cast<unsigned char>(each);
        if (code >= ' ' && code < 0x7f)
            result += each;
        else
            result.append("\\x").append(1, digits[code >> 4]).append(1, digits[code & 0xf]);
    }
    return result;
}

std::string listed(std::vector<std::string> const& lines)
{
    std::string result;
    for (std::string const& each : lines)
        result += "\n    " + each.substr(0, 400);
    return result;
}

/// Compares QEMU's answers to a sample with those of the dialogue.
class comparison
{
public:
    explicit comparison(real_qemu const& qemu) : qemu_(qemu), greeting_(greeting_of(qemu)) {}

    void compare(std::string const& sample, wrong_members wrong) const
    {
        model_monitor model(greeting_);
        model.receive(sample);
        model.receive(last_command);
        if (wrong == wrong_members::several && may_end_qemu(model))
            return;
        std::vector<std::string> const qemus = qemu_answers(qemu_, sample);
        BOOST_TEST(agrees(qemus, model, wrong), printable(sample)
                                                    << "\n  QEMU:" << listed(qemus) << "\n  dialogue:" << listed(model.answers())
                                                    << "\n  out of band:" << listed(model.out_of_band_answers()));
        model_monitor in_parts(greeting_);
        for (char const& each : sample + std::string(last_command))
            in_parts.receive(std::string_view(&each, 1));
        BOOST_TEST((in_parts.answers() == model.answers()), printable(sample) << " byte by byte");
    }

private:
    /// QEMU 7.2 aborts if a byte ends two messages (`a}`) when its queue has room for one ("Assertion `mon->qmp_requests->length <
    /// QMP_REQ_QUEUE_LEN_MAX' failed"). The queue cannot fill up with eight messages.
    static bool may_end_qemu(model_monitor const& model) { return model.out_of_band() && model.answers().size() > 8; }

    static bool agrees(std::vector<std::string> qemus, model_monitor const& model, wrong_members wrong)
    {
        auto const same = [wrong](std::string const& one, std::string const& other) { return means_the_same(one, other, wrong); };
        // QEMU executes them in another thread.
        for (std::string const& each : model.out_of_band_answers()) {
            auto const found = std::ranges::find_if(qemus, [&](std::string const& other) { return same(each, other); });
            if (found == qemus.end())
                return false;
            qemus.erase(found);
        }
        return std::ranges::equal(qemus, model.answers(), same);
    }

    real_qemu const& qemu_;
    coqmp::greeting greeting_;
};

std::array<std::string, 3> beginnings()
{
    return {std::string(), std::string(negotiation_command), std::string(out_of_band_negotiation)};
}

/// Changes bytes at random.
class mutation
{
public:
    explicit mutation(std::uint32_t seed) : random_(seed) {}

    std::string next()
    {
        std::string result = any_of(beginnings()) + any_of(samples_);
        for (std::size_t count = 1 + below(4); count != 0; --count)
            change(result);
        return result;
    }

private:
    std::size_t below(std::size_t limit) { return random_() % limit; }

    template <class Range>
    typename Range::value_type any_of(Range const& from)
    {
        return from[below(from.size())];
    }

    char any_byte()
    {
        constexpr std::string_view interesting = "{}[],:\"'\\-+.eE0123456789 \n\r\tuxanrtfs%\xff\xfe\x80\xc3\x1b";
        return below(4) == 0 ? static_cast<char>(below(256)) : any_of(interesting);
    }

    void change(std::string& text)
    {
        std::size_t const at = below(text.size() + 1);
        std::size_t const size = below(12);
        switch (below(5)) {
            case 0:
                text.insert(at, 1, any_byte());
                break;
            case 1:
                text.erase(at, size);
                break;
            case 2:
                text.insert(below(text.size() + 1), text.substr(at, size));
                break;
            case 3:
                text.insert(at, any_of(samples_));
                break;
            default:
                if (at < text.size())
                    text[at] = any_byte();
        }
    }

    static std::vector<std::string> short_samples()
    {
        std::vector<std::string> result;
        std::ranges::copy_if(client_bytes(), std::back_inserter(result),
                             [](std::string const& each) { return each.size() < 200; });
        return result;
    }

    std::mt19937 random_;
    std::vector<std::string> samples_ = short_samples();
};

}  // namespace

BOOST_AUTO_TEST_SUITE(server_dialogue_qemu, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(the_greeting_is_the_same_text)
{
    real_qemu const qemu;
    std::string const text = qemu_client(qemu).line();
    BOOST_TEST(model_monitor(greeting_of(qemu)).answers().front() == text);
}

BOOST_AUTO_TEST_CASE(values_are_the_same_text)
{
    real_qemu const qemu;
    qemu_client client(qemu);
    client.line();
    client.send(negotiation_command);
    client.line();
    for (char const* command : {"query-qmp-schema", "query-commands", "query-version", "query-status", "query-chardev"}) {
        client.send(std::string(R"({"execute":")") + command + R"(","id":"\u00e4\u007f"})");
        std::string const line = client.line();
        json::value const answer = json::parse(line);
        std::string value;
        coqmp::protocol::append_ascii(value, answer.at("return"));
        std::string id;
        coqmp::protocol::append_ascii(id, answer.at("id"));
        BOOST_TEST((coqmp::protocol::return_text(id, value) == line + "\r\n"), command);
    }
}

BOOST_AUTO_TEST_CASE(samples_get_the_same_answers)
{
    real_qemu const qemu;
    comparison const both(qemu);
    for (std::string const& beginning : beginnings())
        for (std::string const& sample : client_bytes())
            both.compare(beginning + sample, wrong_members::one);
}

BOOST_AUTO_TEST_CASE(changed_samples_get_the_same_answers)
{
    real_qemu const qemu;
    comparison const both(qemu);
    mutation changes(14);
    for (int count = 0; count < 400; ++count)
        both.compare(changes.next(), wrong_members::several);
}

BOOST_AUTO_TEST_SUITE_END()
