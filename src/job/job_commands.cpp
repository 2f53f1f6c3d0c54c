#include "job/job_commands.hpp"

#include "detail/json_access.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace json = boost::json;

namespace coqmp::detail {

namespace {

constexpr std::array<std::string_view, 6> verb_names{"pause", "resume", "complete", "finalize", "cancel", "dismiss"};
constexpr std::string_view job_prefix = "job-";
constexpr std::string_view block_job_prefix = "block-job-";

/// Whether this QEMU is at least that old, or its version is not known.
bool is_at_least(version const& peer, int major, int minor) noexcept
{
    return peer.major == 0 || std::pair(peer.major, peer.minor) >= std::pair(major, minor);
}

/// Whether the command takes `auto-dismiss`, whose default is true.
bool takes_auto_dismiss(std::string_view name, version const& peer, schema const& known)
{
    if (!known.empty())  // a distributor may have added it to an older version
        return known.has_argument(name, "auto-dismiss");
    if (name == "blockdev-backup" || name == "drive-backup")
        return is_at_least(peer, 2, 12);
    constexpr std::array<std::string_view, 4> later{"block-commit", "block-stream", "blockdev-mirror", "drive-mirror"};
    return std::find(later.begin(), later.end(), name) != later.end() && is_at_least(peer, 3, 1);
}

/// Whether jobs of this command stay until they are dismissed, without a choice.
bool is_always_kept(std::string_view name) noexcept
{
    constexpr std::array<std::string_view, 5> kept{"blockdev-create", "x-blockdev-amend", "snapshot-save", "snapshot-load",
                                                   "snapshot-delete"};
    return std::find(kept.begin(), kept.end(), name) != kept.end();
}

/// `mirror-1f3a` for `blockdev-mirror`.
std::string id_for(std::string_view command, std::uint64_t number)
{
    auto const dash = command.rfind('-');
    std::string const kind(dash == std::string_view::npos ? command : command.substr(dash + 1));
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hexadecimal;
    do {
        hexadecimal.insert(hexadecimal.begin(), digits[number % 16]);
        number /= 16;
    } while (number != 0);
    return "coqmp-" + kind + '-' + hexadecimal;
}

/// Before QEMU 2.12 there was no `status`.
job_state state_in(json::object const& listed)
{
    if (listed.contains("status"))
        return job_state_named(text_in(listed, "status"));
    bool const is_ready = flag_in(listed, "ready");
    if (flag_in(listed, "paused"))
        return is_ready ? job_state::standby : job_state::paused;
    return is_ready ? job_state::ready : job_state::running;
}

}  // namespace

std::string name_of(job_verb verb, job_dialect dialect)
{
    std::string_view const prefix = dialect == job_dialect::jobs ? job_prefix : block_job_prefix;
    return std::string(prefix).append(verb_names.at(static_cast<std::size_t>(verb)));
}

std::optional<job_verb> verb_named(std::string_view command) noexcept
{
    bool const is_block_command = command.starts_with(block_job_prefix);
    if (!is_block_command && !command.starts_with(job_prefix))
        return std::nullopt;
    command.remove_prefix(is_block_command ? block_job_prefix.size() : job_prefix.size());
    auto const found = std::find(verb_names.begin(), verb_names.end(), command);
    return found != verb_names.end() ? std::optional(static_cast<job_verb>(found - verb_names.begin())) : std::nullopt;
}

command command_for(job_verb verb, job_dialect dialect, std::string const& id)
{
    if (dialect == job_dialect::jobs)
        return command(name_of(verb, dialect)).with("id", id);
    if (verb == job_verb::cancel)
        return forced_cancel(id);
    bool const takes_id = verb == job_verb::finalize || verb == job_verb::dismiss;
    return command(name_of(verb, dialect)).with(takes_id ? "id" : "device", id);
}

command forced_cancel(std::string const& id)
{
    return command("block-job-cancel").with("device", id).with("force", true);
}

bool cancels_ready_jobs(version const& peer) noexcept
{
    return is_at_least(peer, 6, 2);
}

bool is_block_job(std::string_view type) noexcept
{
    constexpr std::array<std::string_view, 4> types{"backup", "commit", "mirror", "stream"};
    return std::find(types.begin(), types.end(), type) != types.end();
}

std::vector<job_info> jobs_in(json::value const& answer)
{
    std::vector<job_info> result;
    auto const* const all = answer.if_array();
    if (all == nullptr)
        return result;
    for (json::value const& each : *all) {
        auto const* const listed = each.if_object();
        if (listed == nullptr)
            continue;
        bool const is_new = listed->contains("id");
        job_info info;
        info.id = text_in(*listed, is_new ? "id" : "device");
        info.type = text_in(*listed, "type");
        info.state = state_in(*listed);
        info.current = number_in(*listed, is_new ? "current-progress" : "offset");
        info.total = number_in(*listed, is_new ? "total-progress" : "len");
        info.error = text_in(*listed, "error");
        info.paused_by_error = !is_new && listed->contains("io-status") && text_in(*listed, "io-status") != "ok";
        if (!info.id.empty())
            result.push_back(std::move(info));
    }
    return result;
}

job_start prepare_start(command what, version const& peer, std::uint64_t number, schema const& known)
{
    if (!what.arguments().contains("job-id"))
        what.with("job-id", id_for(what.name(), number));
    std::string id(text_in(what.arguments(), "job-id"));
    bool dismisses = is_always_kept(what.name());
    if (!what.arguments().contains("auto-dismiss") && takes_auto_dismiss(what.name(), peer, known)) {
        what.with("auto-dismiss", false);
        dismisses = true;
    }
    return {std::move(what), std::move(id), dismisses};
}

}  // namespace coqmp::detail
