#include "protocol/answer_queue.hpp"

#include <algorithm>
#include <utility>

namespace coqmp::protocol {

void answer_queue::add(ticket which, std::string id)
{
    entry& added = entries_.emplace_back();
    added.which = which;
    added.id = std::move(id);
}

void answer_queue::add_answered(std::string text)
{
    entry& added = entries_.emplace_back();
    waiting_bytes_ += text.size();
    added.answer = std::move(text);
}

std::string const* answer_queue::find_id(ticket which) const noexcept
{
    auto const found = std::ranges::find_if(entries_, unanswered(which));
    return found == entries_.end() ? nullptr : &found->id;
}

void answer_queue::answer(ticket which, std::string text, std::vector<descriptor> descriptors)
{
    auto const found = std::ranges::find_if(entries_, unanswered(which));
    waiting_bytes_ += text.size();
    found->answer = std::move(text);
    found->descriptors = std::move(descriptors);
}

void answer_queue::flush(server_output& output)
{
    while (!entries_.empty() && entries_.front().answer) {
        entry& first = entries_.front();
        std::size_t const size = first.answer->size();
        output.append(*first.answer, std::move(first.descriptors));
        waiting_bytes_ -= size;
        entries_.pop_front();
    }
}

}  // namespace coqmp::protocol
