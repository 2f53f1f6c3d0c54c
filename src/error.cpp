// Invariant: an error code of the library is an errc, and at most one flag that says whether the command was sent.
#include <coqmp/error.hpp>

#include "detail/outcome.hpp"

#include <boost/system/error_code.hpp>

#include <string>

namespace coqmp {

namespace {

// The outcome is stored in the code's value, so that every copy of the code keeps it.
constexpr int not_sent_flag = 0x1000;
constexpr int outcome_unknown_flag = 0x2000;
constexpr int errc_mask = 0x0fff;

constexpr errc errc_of(int code) noexcept
{
    return static_cast<errc>(code & errc_mask);
}

/// Says what happened and, if the caller can do something about it, what to do. There is no full stop, because the outcome may
/// follow.
char const* text_of(errc value) noexcept
{
    switch (value) {
        case errc::disconnected:
            return "the connection ended";
        case errc::timed_out:
            return "the deadline passed";
        case errc::monitor_busy:
            return "the monitor accepted the connection but sent no greeting, because it serves another client: disconnect that "
                   "client, or start QEMU with one more -qmp option";
        case errc::not_json:
            return "the peer sent something that is not JSON, and the session has ended: check that the address is a QMP monitor "
                   "without TLS";
        case errc::message_too_large:
            return "the peer's message is too large, and the session has ended: raise session_options::max_message_size";
        case errc::nested_too_deep:
            return "the peer's message is nested too deeply, and the session has ended: raise session_options::max_nesting";
        case errc::not_qmp:
            return "the peer does not speak QMP: check that the address is a QMP monitor and not a human monitor or a console";
        case errc::negotiation_refused:
            return "QEMU rejected the negotiation (qmp_capabilities): check that the address is a QMP monitor that no other "
                   "client uses";
        case errc::arguments_too_deep:
            return "the command is nested more deeply than the 1,024 levels that QEMU accepts";
        case errc::arguments_too_large:
            return "the command is larger than the 64 MiB or the 2 Mi tokens that QEMU accepts";
        case errc::arguments_not_json:
            return "the command contains a value that QEMU's JSON cannot represent: an infinity, a NaN, a string that is not "
                   "UTF-8, "
                   "or one with a Unicode noncharacter";
        case errc::out_of_band_unavailable:
            return "an out-of-band command needs the oob capability, which this session does not have: check "
                   "session_options::out_of_band, or send the command in-band";
        case errc::too_many_descriptors:
            return "a command can carry at most 253 descriptors: split them between several commands";
        case errc::closed_descriptor:
            return "a descriptor of the command is not open: pass an open descriptor and leave it open";
        case errc::already_started:
            return "a session connects only once, and a machine, a job and a migration start only once: create a new one";
        case errc::operation_in_progress:
            return "another operation of this kind is pending: wait for it to complete, or give each reader its own stream";
        case errc::end_of_stream:
            return "the event stream has ended: the session ended or the stream was closed";
        case errc::invalid_endpoint:
            return "the address cannot be used: write unix:/path, tcp:host:port, tcp:[::1]:port or fd:number";
        case errc::address_in_use:
            return "the address is in use: another process listens on it, or the path exists and is not a socket";
        case errc::launch_failed:
            return "the program could not be started: check that it exists and is executable";
        case errc::machine_exited:
            return "the machine exited before it was ready: see its standard error for the reason";
        case errc::not_running:
            return "it is not running: it was not started, or it has exited";
        case errc::event_missing:
            return "the command succeeded, but no such event arrived before the deadline: check the event's name and filter";
        case errc::agent_not_responding:
            return "the guest agent does not answer: check that the guest runs, that qemu-guest-agent runs in it, and that no "
                   "other "
                   "client is connected to its socket";
        case errc::not_guest_agent:
            return "the peer rejects guest-sync-delimited: check that the address is the guest agent's and not a monitor's";
        case errc::malformed_answer:
            return "the guest agent's answer does not have the members that it must have";
        case errc::file_too_large:
            return "the file in the guest is too large: raise guest_agent_options::max_file_size, or read parts of it";
        case errc::thawed_early:
            return "the guest was thawed before: the freeze reached its limit, or another client ended it";
        case errc::out_of_memory:
            return "there is not enough memory";
        case errc::job_failed:
            return "the job failed";
        case errc::job_cancelled:
            return "the job was cancelled";
        case errc::job_vanished:
            return "QEMU no longer lists the job, and whether it completed is unknown: check what it was to change";
        case errc::migration_failed:
            return "the migration failed";
        case errc::migration_cancelled:
            return "the migration was cancelled";
        case errc::cannot_release:
            return "the machine cannot outlive this program";
        case errc::invalid_record:
            return "the text is not a machine record";
        case errc::not_the_machine:
            return "the recorded machine has ended";
        case errc::unexpected_value:
            return "QEMU's value does not fit the type that the program asked for";
        case errc::no_such_machine:
            return "the supervisor has no machine with this name: add it first";
        case errc::invalid_name:
            return "the name of a machine has at most 64 letters, digits, dots, underscores and hyphens, and begins with a "
                   "letter or "
                   "a digit";
        case errc::name_in_use:
            return "the supervisor already has a machine with this name: choose another name, or remove that machine first";
        case errc::not_sent:
            return "the command was not sent: it is safe to retry";
        case errc::outcome_unknown:
            return "the command was sent, but its outcome is unknown: check the machine's state before you retry";
    }
    return "an error that this version of coqmp does not know";
}

class library_error_category final : public boost::system::error_category
{
public:
    // A fixed identity, so that codes from two copies of the library in one process (one in a plugin, say) compare equal.
    constexpr library_error_category() noexcept : error_category(0x9a1f5c2e7b3d4806) {}

    char const* name() const noexcept override { return "coqmp"; }

    std::string message(int code) const override
    {
        std::string text = text_of(errc_of(code));
        if ((code & not_sent_flag) != 0)
            text += "; the command was not sent";
        else if ((code & outcome_unknown_flag) != 0)
            text += "; the command was sent, but its outcome is unknown";
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

constexpr library_error_category the_library_category;

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

boost::system::error_code with_outcome(boost::system::error_code reason, outcome known) noexcept
{
    int value = static_cast<int>(errc::disconnected);
    if (reason.category() == library_category())
        value = reason.value() & errc_mask;
    if (known == outcome::not_sent)
        value |= not_sent_flag;
    else
        value |= outcome_unknown_flag;
    return {value, library_category()};
}

}  // namespace coqmp
