#include "process/child_setup.hpp"

#include "process/step_failed.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace coqmp::detail {

namespace {

void append_pointers(std::vector<char*>& pointers, std::vector<std::string> const& texts)
{
    pointers.reserve(pointers.size() + texts.size() + 1);
    for (std::string const& text : texts)
        pointers.push_back(const_cast<char*>(text.c_str()));  // execve() does not write
    pointers.push_back(nullptr);
}

descriptor open_cgroup(std::string const& folder)
{
    std::string const path = folder + "/cgroup.procs";
    int const number = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (number < 0)
        throw step_failed("opening \"" + path + '"', errno);
    return descriptor(number);
}

std::string in_quotes(std::string const& text)
{
    return '"' + text + '"';
}

/// Signals that are ignored stay ignored in a new program; those with a handler do not.
COQMP_IN_CHILD void set_default_signals() noexcept
{
    struct ::sigaction action;
    std::memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number)
        ::sigaction(number, &action, nullptr);
    ::sigset_t none;
    ::sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

/// For the child alone. glibc's functions would change all threads of the parent, whose memory the child shares.
COQMP_IN_CHILD bool set_groups(account const& who) noexcept
{
    if (who.supplementary_groups &&
        ::syscall(SYS_setgroups, who.supplementary_groups->size(), who.supplementary_groups->data()) != 0)
        return false;
    return !who.group || ::syscall(SYS_setresgid, *who.group, *who.group, *who.group) == 0;
}

COQMP_IN_CHILD bool set_user(account const& who) noexcept
{
    return !who.user || ::syscall(SYS_setresuid, *who.user, *who.user, *who.user) == 0;
}

COQMP_IN_CHILD bool enter_cgroup(int procs) noexcept
{
    return procs < 0 || ::write(procs, "0", 1) == 1;
}

/// @return false if the parent has ended before the kernel knew of the signal
COQMP_IN_CHILD bool set_parent_death_signal(int signal, ::pid_t parent) noexcept
{
    if (signal == 0)
        return true;
    if (::prctl(PR_SET_PDEATHSIG, signal) != 0)
        return false;
    errno = ESRCH;
    return ::getppid() == parent;
}

}  // namespace

std::vector<std::string> program_candidates(std::string const& program)
{
    if (program.find('/') != std::string::npos || program.empty())
        return {program};
    char const* const variable = ::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): as unsafe as in execvp()
    std::string_view path = variable != nullptr ? variable : "/bin:/usr/bin";
    std::vector<std::string> result;
    for (bool more = true; more;) {
        std::size_t const end = path.find(':');
        std::string& candidate = result.emplace_back(path.substr(0, end));
        candidate.append(candidate.empty() ? "" : "/").append(program);
        more = end != std::string_view::npos;
        path.remove_prefix(more ? end + 1 : path.size());
    }
    return result;
}

child_setup::child_setup(process_options const& options, int standard_output, int standard_error)
    : options_(options),
      account_(find_account(options)),
      sources_{nothing, standard_output, standard_error},
      candidates_(program_candidates(options.program))
{
    if (!options.cgroup.empty())
        cgroup_ = open_cgroup(options.cgroup);
    for (descriptor const& each : options.inherited_fds)
        sources_.push_back(each.number());
    arguments_.push_back(const_cast<char*>(options.program.c_str()));
    append_pointers(arguments_, options.arguments);
    if (options.environment)
        append_pointers(environment_, *options.environment);
}

COQMP_IN_CHILD void child_setup::run(child_report& report) noexcept
{
    if (prepare(report))
        execute(report);
    report.error = errno;
    ::_exit(127);
}

COQMP_IN_CHILD bool child_setup::prepare(child_report& report) noexcept
{
    auto const begin = [&report](child_step step) COQMP_IN_CHILD {
        report.step = step;
        return true;
    };
    bool const in_group = options_.own_session || options_.share_process_group;
    return begin(child_step::own_session) && (!options_.own_session || ::setsid() >= 0) &&  //
           begin(child_step::process_group) && (in_group || ::setpgid(0, 0) == 0) &&        //
           begin(child_step::cgroup) && enter_cgroup(cgroup_.number()) &&                   //
           begin(child_step::descriptors) && place_descriptors() &&                         //
           begin(child_step::limit) && set_limits(report) &&                                //
           begin(child_step::nice) && (!options_.nice || ::setpriority(PRIO_PROCESS, 0, *options_.nice) == 0) &&
           begin(child_step::groups) && set_groups(account_) &&  //
           begin(child_step::user) && set_user(account_) &&      //
           begin(child_step::working_directory) &&
           (options_.working_directory.empty() || ::chdir(options_.working_directory.c_str()) == 0) &&
           // After the user, because a change of the user resets it (prctl(2)).
           begin(child_step::parent_death_signal) && set_parent_death_signal(options_.parent_death_signal.value_or(0), parent_);
}

COQMP_IN_CHILD bool child_setup::place_descriptors() noexcept
{
    int const count = static_cast<int>(sources_.size());
    // What has a low number would be overwritten before its turn.
    auto const lift = [count](int& number) COQMP_IN_CHILD {
        if (number >= 0 && number < count)
            number = ::fcntl(number, F_DUPFD_CLOEXEC, count);
        return number >= 0;
    };
    for (int& source : sources_) {
        if (source >= 0 && !lift(source))
            return false;
    }
    int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (!lift(null))
        return false;
    for (int number = 0; number < count; ++number) {
        int const source = sources_[static_cast<std::size_t>(number)];
        if (source != ours && ::dup2(source == nothing ? null : source, number) < 0)
            return false;
    }
    return ::syscall(SYS_close_range, count, ~0U, 0) == 0;
}

COQMP_IN_CHILD bool child_setup::set_limits(child_report& report) noexcept
{
    for (resource_limit const& each : options_.limits) {
        ::rlimit const values{each.soft, each.hard};
        if (::setrlimit(static_cast<__rlimit_resource>(each.resource), &values) != 0)
            return false;
        ++report.limit;
    }
    return true;
}

COQMP_IN_CHILD void child_setup::execute(child_report& report) noexcept
{
    report.step = child_step::program;
    set_default_signals();
    int worst = ENOENT;
    for (std::string const& candidate : candidates_) {
        ::execve(candidate.c_str(), arguments_.data(), options_.environment ? environment_.data() : environ);
        if (errno == EACCES)
            worst = EACCES;  // another folder may have one that can be executed
        else if (errno != ENOENT && errno != ENOTDIR)
            return;
    }
    errno = worst;
}

std::string child_setup::describe(child_report const& report) const
{
    switch (report.step) {
        case child_step::own_session:
            return "starting a session";
        case child_step::process_group:
            return "starting a process group";
        case child_step::cgroup:
            return "entering the cgroup " + in_quotes(options_.cgroup);
        case child_step::descriptors:
            return "passing the descriptors";
        case child_step::limit: {
            resource_limit const& limit = options_.limits[report.limit];
            return "setting the resource limit " + std::to_string(limit.resource) + " to " + std::to_string(limit.soft);
        }
        case child_step::nice:
            return "setting the nice value " + std::to_string(*options_.nice);
        case child_step::groups:
            return "setting the groups";
        case child_step::user:
            return "becoming the user " + in_quotes(options_.user);
        case child_step::working_directory:
            return "entering the directory " + in_quotes(options_.working_directory);
        case child_step::parent_death_signal:
            return "setting the parent-death signal " + std::to_string(options_.parent_death_signal.value_or(0));
        case child_step::none:
        case child_step::program:
            break;
    }
    return {};
}

}  // namespace coqmp::detail
