// Shows events as they come.
// Invariant: all events are read, whether they are shown or not; hiding some events loses no others.
#ifndef QMP_SHELL_QEMU_EVENT_WATCH_HPP
#define QMP_SHELL_QEMU_EVENT_WATCH_HPP

#include "language/read/wait_line.hpp"
#include "terminal/screen.hpp"

#include <coqmp/event_stream.hpp>
#include <coqmp/session.hpp>

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace qmp_shell {

/// Which events are shown: patterns of names, such as `BLOCK_JOB_*`; `!` before a pattern excludes.
class event_choice
{
public:
    /// @param patterns none: all events
    explicit event_choice(std::vector<std::string> patterns = {}) : patterns_(std::move(patterns)) {}

    [[nodiscard]] bool accepts(std::string const& name) const;
    /// For people: `all` or the patterns.
    [[nodiscard]] std::string describe() const;

private:
    std::vector<std::string> patterns_;
};

class event_watch
{
public:
    /// Begins to read at once.
    event_watch(coqmp::session& of, screen& screen);

    void shown(bool yes) noexcept { shown_ = yes; }
    [[nodiscard]] bool shown() const noexcept { return shown_; }
    void choose(event_choice wanted) { wanted_ = std::move(wanted); }
    [[nodiscard]] event_choice const& choice() const noexcept { return wanted_; }

    /// Whether an event of that name is shown as it comes.
    [[nodiscard]] bool shows(std::string const& name) const { return shown_ && wanted_.accepts(name); }

    /// Begins to keep events anew: what comes from here on can be taken.
    void forget();
    /// Takes the oldest event of that kind which was kept.
    [[nodiscard]] std::optional<coqmp::event> take(wanted_event const& what);
    /// How many events with a name that matches the pattern have been dropped since then, because too many came.
    [[nodiscard]] std::size_t lost(std::string const& pattern) const;
    /// Grows with each event.
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

    /// Whether the session has ended and all its events have been read.
    [[nodiscard]] bool ended() const noexcept { return ended_; }

private:
    void read();
    void show(coqmp::event const& what);
    void keep(coqmp::event const& what);

    /// Makes room: drops the oldest event of the most frequent name, so that a storm of one kind does not displace the others.
    void drop_one();
    void note_lost(std::string const& name, std::size_t count);

    /// As many as a stream holds: of a storm the end is kept.
    static constexpr std::size_t most_kept = 1024;
    static constexpr std::size_t most_names = 1024;

    screen& screen_;
    coqmp::event_stream stream_;
    event_choice wanted_;
    std::deque<coqmp::event> kept_;             ///< oldest first
    std::map<std::string, std::size_t> names_;  ///< how many of each are kept
    std::map<std::string, std::size_t> lost_;   ///< how many of each were dropped
    std::size_t lost_without_name_ = 0;
    std::size_t count_ = 0;
    bool shown_ = true;
    bool ended_ = false;
};

}  // namespace qmp_shell

#endif
