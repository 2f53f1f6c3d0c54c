// The two categories of error codes and what they mean to each other.
// Invariant: an error code of the library is an errc, and at most one flag that says what became of the command.
#include <coqmp/error.hpp>

#include "detail/harmless_text.hpp"
#include "detail/outcome.hpp"

#include <boost/system/error_code.hpp>

#include <ostream>
#include <utility>

namespace coqmp {

namespace {

// The outcome is part of the code's value, so that every copy of the code keeps it.
constexpr int not_sent_flag = 0x1000;
constexpr int outcome_unknown_flag = 0x2000;
constexpr int errc_mask = 0x0fff;

constexpr errc errc_of(int code) noexcept
{
    return static_cast<errc>(code & errc_mask);
}

/// What happened and, where there is something to do about it, what to do. No full stop: the outcome may follow.
char const* text_of(errc value) noexcept
{
    switch (value) {
        case errc::disconnected:
            return "the connection ended";
        case errc::timed_out:
            return "the deadline passed";
        case errc::monitor_busy:
            return "the monitor accepted the connection but stayed silent: it serves another client; disconnect that one, or "
                   "give QEMU one more -qmp option";
        case errc::not_json:
            return "the peer sent what is no JSON, and the session has ended: check that the address is a QMP monitor, without "
                   "TLS";
        case errc::message_too_large:
            return "the peer's message is too large, and the session has ended: raise session_options::max_message_size";
        case errc::nested_too_deep:
            return "the peer's message is nested too deep, and the session has ended: raise session_options::max_nesting";
        case errc::not_qmp:
            return "the peer does not talk QMP: check that the address is a QMP monitor and not a human monitor or a console";
        case errc::negotiation_refused:
            return "QEMU refused to negotiate (qmp_capabilities): check that the monitor is a QMP monitor that is not in use";
        case errc::arguments_too_deep:
            return "the command is nested deeper than the 1,024 levels that QEMU takes";
        case errc::arguments_too_large:
            return "the command is larger than the 64 MiB or the 2 Mi tokens that QEMU takes";
        case errc::arguments_not_json:
            return "the command holds what QEMU's JSON cannot say: an infinity, a number that is none (NaN), or a text that is "
                   "not UTF-8 or has a Unicode noncharacter";
        case errc::out_of_band_unavailable:
            return "an out-of-band command needs a session with the oob capability: connect with it, or send the command in band";
        case errc::too_many_descriptors:
            return "a command can carry at most 253 descriptors: send them with several commands";
        case errc::closed_descriptor:
            return "a descriptor of the command is not open: hand over one that is, and do not close it";
        case errc::already_started:
            return "a session connects once and a machine starts once: make a new one";
        case errc::operation_in_progress:
            return "another operation of this kind is waiting: let it end first, or give each reader a stream of its own";
        case errc::end_of_stream:
            return "the stream of events has ended: the session ended or the stream was closed";
        case errc::invalid_endpoint:
            return "the address cannot be used: write unix:/path, tcp:host:port, tcp:[::1]:port or fd:number";
        case errc::address_in_use:
            return "the address is in use: someone is listening on it, or something that is no socket has its name";
        case errc::launch_failed:
            return "the program could not be started: check that it exists and may be executed";
        case errc::machine_exited:
            return "the machine ended before it was ready: its standard error tells why";
        case errc::not_running:
            return "there is no process: it was not started, or it is gone";
        case errc::event_missing:
            return "no such event came before the deadline, although the command succeeded: check the event's name and filter";
        case errc::out_of_memory:
            return "there is not enough memory";
        case errc::not_sent:
            return "the command was not sent: it is safe to send it again";
        case errc::outcome_unknown:
            return "the command was sent, its outcome is unknown: look at the machine's state before sending it again";
    }
    return "an error that this version of coqmp does not know";
}

class library_error_category final : public boost::system::error_category
{
public:
    // An identity, so that the codes of two copies of the library in one process (one of them in a plugin) compare equal.
    constexpr library_error_category() noexcept : error_category(0x9a1f5c2e7b3d4806) {}

    char const* name() const noexcept override { return "coqmp"; }

    std::string message(int code) const override
    {
        std::string text = text_of(errc_of(code));
        if ((code & not_sent_flag) != 0)
            text += "; the command was not sent";
        else if ((code & outcome_unknown_flag) != 0)
            text += "; the command was sent, its outcome is unknown";
        return text;
    }

    boost::system::error_condition default_error_condition(int code) const noexcept override { return {code & errc_mask, *this}; }

    bool equivalent(int code, boost::system::error_condition const& condition) const noexcept override
    {
        if (condition.category() != *this)
            return false;
        if (condition.value() == (code & errc_mask))
            return true;
        if (condition.value() == static_cast<int>(errc::timed_out))
            return errc_of(code) == errc::event_missing;
        if (condition.value() == static_cast<int>(errc::not_sent))
            return (code & not_sent_flag) != 0;
        return condition.value() == static_cast<int>(errc::outcome_unknown) && (code & outcome_unknown_flag) != 0;
    }

    bool equivalent(boost::system::error_code const& code, int condition) const noexcept override
    {
        return code.category() == *this && equivalent(code.value(), boost::system::error_condition(condition, *this));
    }
};

class qemu_error_category final : public boost::system::error_category
{
public:
    constexpr qemu_error_category() noexcept : error_category(0xc41d90b86e2f7a35) {}

    char const* name() const noexcept override { return "coqmp.error_class"; }

    std::string message(int code) const override
    {
        switch (static_cast<error_class>(code)) {
            case error_class::generic_error:
                return "QEMU answered GenericError: the description tells what is wrong";
            case error_class::command_not_found:
                return "QEMU answered CommandNotFound: this QEMU does not have the command, or not in its present state";
            case error_class::device_not_active:
                return "QEMU answered DeviceNotActive: activate the device first";
            case error_class::device_not_found:
                return "QEMU answered DeviceNotFound: no device has this name";
            case error_class::kvm_missing_cap:
                return "QEMU answered KVMMissingCap: the host's kernel cannot do this";
            case error_class::other:
                break;
        }
        return "QEMU answered an error of a class that coqmp does not know";
    }
};

constexpr library_error_category the_library_category;
constexpr qemu_error_category the_error_class_category;

struct class_and_name
{
    error_class value;
    char const* name;
};
constexpr class_and_name known_classes[] = {
    {error_class::generic_error, "GenericError"},        {error_class::command_not_found, "CommandNotFound"},
    {error_class::device_not_active, "DeviceNotActive"}, {error_class::device_not_found, "DeviceNotFound"},
    {error_class::kvm_missing_cap, "KVMMissingCap"},
};

}  // namespace

boost::system::error_category const& library_category() noexcept
{
    return the_library_category;
}

boost::system::error_condition make_error_condition(errc value) noexcept
{
    return {static_cast<int>(value), library_category()};
}

boost::system::error_code make_error_code(errc value) noexcept
{
    return {static_cast<int>(value), library_category()};
}

boost::system::error_code with_outcome(boost::system::error_code reason, outcome what) noexcept
{
    int value = static_cast<int>(errc::disconnected);
    if (reason.category() == library_category())
        value = reason.value() & errc_mask;
    if (what == outcome::not_sent)
        value |= not_sent_flag;
    else if (what == outcome::unknown)
        value |= outcome_unknown_flag;
    return {value, library_category()};
}

boost::system::error_category const& error_class_category() noexcept
{
    return the_error_class_category;
}

boost::system::error_code make_error_code(error_class value) noexcept
{
    return {static_cast<int>(value), error_class_category()};
}

boost::system::error_code command_error::code() const noexcept
{
    for (class_and_name const& known : known_classes)
        if (class_name == known.name)
            return make_error_code(known.value);
    return make_error_code(error_class::other);
}

std::ostream& operator<<(std::ostream& out, command_error const& error)
{
    return out << error.class_name << ": " << error.description;
}

command_failed::command_failed(std::string command, command_error error)
    : boost::system::system_error(error.code()), command_(std::move(command)), error_(std::move(error))
{
    if (!command_.empty())
        what_ = command_ + ": ";
    what_ += detail::harmless(error_.class_name + ": " + error_.description);
}

}  // namespace coqmp
