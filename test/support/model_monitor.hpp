// A monitor made of protocol::server_dialogue, with the few commands that a test needs, which it executes as QEMU does.
#ifndef COQMP_TEST_SUPPORT_MODEL_MONITOR_HPP
#define COQMP_TEST_SUPPORT_MODEL_MONITOR_HPP

#include "protocol/request_check.hpp"
#include "protocol/server_dialogue.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace coqmp::test {

class model_monitor
{
public:
    explicit model_monitor(greeting const& what) : greeting_(what), dialogue_(options(what)) { take_output(answers_); }

    /// Reads bytes, and executes each command as soon as it is read.
    void receive(std::string_view input)
    {
        while (!input.empty()) {
            auto action = dialogue_.receive(input);
            bool overtakes = false;
            if (auto* asked = std::get_if<protocol::requested>(&action)) {
                overtakes = asked->command.out_of_band;
                execute(*asked);
            }
            take_output(overtakes ? out_of_band_answers_ : answers_);
        }
    }

    [[nodiscard]] bool out_of_band() const noexcept { return dialogue_.has_enabled("oob"); }
    /// The lines that were sent, without those that may overtake others.
    [[nodiscard]] std::vector<std::string> const& answers() const noexcept { return answers_; }
    /// The answers to commands that were executed out of band.
    [[nodiscard]] std::vector<std::string> const& out_of_band_answers() const noexcept { return out_of_band_answers_; }

private:
    static protocol::server_dialogue_options options(greeting const& what)
    {
        protocol::server_dialogue_options result;
        result.greeting = what;
        return result;
    }

    void execute(protocol::requested const& asked)
    {
        protocol::client_command const& command = asked.command;
        bool const is_known = command.name == "query-version" || command.name == "query-name" || command.name == "query-yank";
        if (!is_known)
            dialogue_.fail(asked.ticket, protocol::unknown_command(command.name));
        else if (command.out_of_band && command.name != "query-yank")
            dialogue_.fail(asked.ticket, protocol::not_out_of_band(command.name));
        else if (!command.arguments.empty())
            dialogue_.fail(asked.ticket, protocol::unexpected_argument(command.arguments.begin()->key()));
        else
            dialogue_.answer(asked.ticket, value_of(command.name));
    }

    [[nodiscard]] boost::json::value value_of(std::string_view name) const
    {
        if (name == "query-name")
            return boost::json::object();
        if (name == "query-yank")
            return boost::json::array{boost::json::object{{"type", "chardev"}, {"id", "monitor"}}};
        version const& number = greeting_.version;
        return boost::json::object{
            {"qemu", boost::json::object{{"micro", number.micro}, {"minor", number.minor}, {"major", number.major}}},
            {"package", number.package}};
    }

    void take_output(std::vector<std::string>& lines)
    {
        std::string_view rest = dialogue_.output();
        for (std::size_t end = 0; (end = rest.find("\r\n")) != std::string_view::npos; rest.remove_prefix(end + 2))
            lines.emplace_back(rest.substr(0, end));
        dialogue_.sent(dialogue_.output().size());
    }

    greeting greeting_;
    protocol::server_dialogue dialogue_;
    std::vector<std::string> answers_;
    std::vector<std::string> out_of_band_answers_;
};

}  // namespace coqmp::test

#endif
