// A dialogue beside a model that receives the same input and predicts the result of each step.
// Invariant: after each step the dialogue and the model agree on where each request is, on the output and on the counters.
#ifndef COQMP_TEST_FUZZ_WATCHED_DIALOGUE_HPP
#define COQMP_TEST_FUZZ_WATCHED_DIALOGUE_HPP

#include "protocol/dialogue.hpp"

#include <boost/circular_buffer.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp::fuzz {

/// A request, and its state in the model.
class watched_request final : public protocol::request
{
public:
    explicit watched_request(coqmp::command&& to_send) : request(std::move(to_send)) {}

    stage expected = stage::idle;
    std::size_t submitted = 0;  ///< how many times
    std::size_t given_back = 0;
    bool sent_again = false;  ///< because the peer refused its id
};

class watched_dialogue
{
public:
    explicit watched_dialogue(protocol::dialogue_options options);
    ~watched_dialogue();
    watched_dialogue(watched_dialogue const&) = delete;
    watched_dialogue& operator=(watched_dialogue const&) = delete;

    // What happens to the dialogue.
    watched_request& create(command what);
    void submit(watched_request& what);
    void abandon(watched_request& what);
    void forget_all();
    void sent(std::size_t bytes);
    void receive(std::string_view bytes);

    // What may happen next.
    [[nodiscard]] bool is_over() const noexcept { return over_; }
    [[nodiscard]] bool may_submit() const noexcept { return stage_ == stage::open && !over_; }
    [[nodiscard]] std::size_t unsent() const noexcept { return unsent_.size(); }
    [[nodiscard]] std::string const& handshake_id() const noexcept { return handshake_id_; }
    [[nodiscard]] std::deque<std::unique_ptr<watched_request>> const& requests() const noexcept { return requests_; }
    /// The ids that a peer could answer, including those of abandoned commands.
    [[nodiscard]] std::vector<std::uint64_t> ids_on_wire() const;

private:
    enum class stage { greeting, answer, open };
    struct entry
    {
        std::uint64_t id;
        watched_request* asker;  // null if it is abandoned
        bool out_of_band;
        bool barrier;
        std::optional<std::int64_t> sync;
    };
    enum class echo { unknown, yes, no };
    using lane = std::deque<watched_request*>;
    struct tallies
    {
        std::uint64_t commands = 0, replies = 0, events = 0, late = 0, unknown_ids = 0, unattributed = 0, unknown = 0, sent = 0;
    };

    void predict(protocol::message& received, protocol::action& seen);
    bool predict_handshake(protocol::message& received, protocol::action const& seen);
    void predict_reply(protocol::message_id const& id, reply answer, protocol::action const& seen);
    void predict_unmarked_return(boost::json::value const& returned, protocol::action const& seen);
    void predict_unmarked_error(command_error const& error, protocol::action const& seen);
    void predict_settled(std::size_t place, reply answer, protocol::action const& seen);
    void predict_end(boost::system::error_code why, protocol::action const& seen);
    void predict_ignored(std::uint64_t& tally, protocol::action const& seen);

    void take_output();
    void take_handshake(boost::json::object const& message);
    void take_command(boost::json::object const& message);
    [[nodiscard]] lane& lane_of(watched_request const& what) { return what.command().is_out_of_band() ? out_of_band_ : in_band_; }
    [[nodiscard]] std::optional<std::int64_t> sync_of(command const& what) const;
    [[nodiscard]] bool has_sync_on_wire() const;
    [[nodiscard]] bool may_go(watched_request const& what) const;
    [[nodiscard]] std::size_t in_band_on_wire() const;
    void give_back(watched_request& what);
    void look();
    void look_at_counters() const;
    void look_at_descriptors() const;
    void look_for_idlers() const;

    protocol::dialogue_options options_;
    std::string handshake_id_;
    std::deque<std::unique_ptr<watched_request>> requests_;
    std::vector<std::string> told_;  // messages from on_output since the model last looked
    protocol::dialogue dialogue_;
    protocol::decoder decoder_;  // the model's own

    stage stage_;
    echo echo_;
    bool has_heard_ = false;
    bool over_ = false;
    bool has_out_of_band_ = false;
    bool handshake_expected_ = false;
    std::vector<entry> wire_;
    lane in_band_;
    lane out_of_band_;
    std::set<std::uint64_t> unanswered_ids_;
    boost::circular_buffer<std::uint64_t> last_answered_{4};
    std::string unsent_;
    watched_request const* carrier_ = nullptr;  // the command whose descriptors go with the next bytes
    bool was_full_ = false;                     // whether the output has been full since it was last empty
    std::size_t largest_ = 0;
    tallies expected_;
};

}  // namespace coqmp::fuzz

#endif
