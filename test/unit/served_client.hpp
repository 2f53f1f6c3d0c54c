// A client of protocol::server_dialogue for tests: what it says, which commands the server is asked to execute, and what it hears.
#ifndef COQMP_TEST_UNIT_SERVED_CLIENT_HPP
#define COQMP_TEST_UNIT_SERVED_CLIENT_HPP

#include "protocol/request_check.hpp"
#include "protocol/server_dialogue.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace coqmp::protocol {

inline constexpr char const* negotiation_in_band = R"({"execute":"qmp_capabilities"})";
inline constexpr char const* negotiation_out_of_band = R"({"execute":"qmp_capabilities","arguments":{"enable":["oob"]}})";

/// The options of a server that greets as QEMU 7.2 does.
inline server_dialogue_options like_qemu()
{
    server_dialogue_options result;
    result.greeting.version = {7, 2, 22, "Debian", {}};
    result.greeting.capabilities = {"oob"};
    return result;
}

class served_client
{
public:
    /// A client that has not heard anything yet.
    explicit served_client(server_dialogue_options const& options = like_qemu()) : core_(options) {}

    /// A client that has negotiated, and has heard the answer. @param beginning its command for that
    explicit served_client(char const* beginning, server_dialogue_options const& options = like_qemu()) : core_(options)
    {
        says(beginning);
        hears();
    }

    /// Sends bytes. The server reads as many as it wants; the others wait.
    void says(std::string_view bytes)
    {
        unread_ += bytes;
        read();
    }

    /// All lines that the server has sent since the last call, without their ends.
    std::vector<std::string> hears()
    {
        std::vector<std::string> result;
        while (!core_.output().empty()) {
            heard_ += core_.output();
            core_.sent(core_.output().size());
        }
        for (std::size_t end = 0; (end = heard_.find("\r\n")) != std::string::npos; heard_.erase(0, end + 2))
            result.push_back(heard_.substr(0, end));
        return result;
    }

    /// The command that the server was asked to execute, by its number, which begins with zero.
    [[nodiscard]] requested const& asked(std::size_t index) const { return asked_.at(index); }
    /// The names of the commands that the server was asked to execute: `query-status stop `.
    [[nodiscard]] std::string asked_names() const
    {
        std::string result;
        for (requested const& each : asked_)
            result += each.command.name + (each.command.out_of_band ? "! " : " ");
        return result;
    }
    [[nodiscard]] std::vector<command_error> const& refusals() const noexcept { return refusals_; }
    [[nodiscard]] int negotiations() const noexcept { return negotiations_; }
    /// The bytes that the server does not want to read yet.
    [[nodiscard]] std::string const& unread() const noexcept { return unread_; }

    bool answer(std::size_t index, boost::json::value const& value, std::vector<descriptor> descriptors = {})
    {
        bool const result = core_.answer(asked(index).ticket, value, std::move(descriptors));
        read();
        return result;
    }
    bool fail(std::size_t index, command_error const& error)
    {
        bool const result = core_.fail(asked(index).ticket, error);
        read();
        return result;
    }

    [[nodiscard]] server_dialogue& core() noexcept { return core_; }

private:
    void read()
    {
        std::string_view rest = unread_;
        while (!rest.empty() && core_.wants_input())
            record(core_.receive(rest));
        unread_.erase(0, unread_.size() - rest.size());
    }

    void record(server_action&& step)
    {
        if (auto* command = std::get_if<requested>(&step))
            asked_.push_back(std::move(*command));
        else if (auto* refusal = std::get_if<refused>(&step))
            refusals_.push_back(std::move(refusal->error));
        else if (std::holds_alternative<negotiated>(step))
            ++negotiations_;
    }

    server_dialogue core_;
    std::string unread_;
    std::string heard_;
    std::vector<requested> asked_;
    std::vector<command_error> refusals_;
    int negotiations_ = 0;
};

/// `GenericError: text` of an answer, with the id before it, if there is one: `5 GenericError: text`; `5 returns {}`.
inline std::string summary(std::string const& line)
{
    boost::json::object const answer = boost::json::parse(boost::json::string_view(line)).as_object();
    std::string result;
    if (boost::json::value const* id = answer.if_contains("id"))
        result = boost::json::serialize(*id) + " ";
    if (boost::json::value const* value = answer.if_contains("return"))
        return result + "returns " + boost::json::serialize(*value);
    boost::json::value const& error = answer.at("error");
    return result + std::string(error.at("class").as_string()) + ": " + std::string(error.at("desc").as_string());
}

inline std::vector<std::string> summaries(std::vector<std::string> const& lines)
{
    std::vector<std::string> result;
    for (std::string const& each : lines)
        result.push_back(summary(each));
    return result;
}

}  // namespace coqmp::protocol

#endif
