// Shows events as they come.
// Invariant: all events are read, shown or not; whoever is silenced misses nothing that is not theirs.
#ifndef QMP_SHELL_EVENT_WATCH_HPP
#define QMP_SHELL_EVENT_WATCH_HPP

#include "screen.hpp"

#include <coqmp/event_stream.hpp>
#include <coqmp/session.hpp>

#include <string>
#include <vector>

namespace qmp_shell {

/// Which events somebody wants to see: patterns of names, `BLOCK_JOB_*`; with `!` before one, those not.
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
    event_watch(coqmp::session& of, screen& shown_on);

    void shown(bool yes) noexcept { shown_ = yes; }
    [[nodiscard]] bool shown() const noexcept { return shown_; }
    void choose(event_choice wanted) { wanted_ = std::move(wanted); }
    [[nodiscard]] event_choice const& choice() const noexcept { return wanted_; }

    /// Whether the session has ended and all its events have been read.
    [[nodiscard]] bool ended() const noexcept { return ended_; }

private:
    void read();
    void show(coqmp::event const& what);

    screen& screen_;
    coqmp::event_stream stream_;
    event_choice wanted_;
    bool shown_ = true;
    bool ended_ = false;
};

}  // namespace qmp_shell

#endif
