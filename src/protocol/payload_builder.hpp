// Builds the JSON trees of one message's payloads from the parser's tokens.
// Invariant: the trees of a message share one memory, which exists from the first token on and is sealed when the message ends.
#ifndef COQMP_SRC_PROTOCOL_PAYLOAD_BUILDER_HPP
#define COQMP_SRC_PROTOCOL_PAYLOAD_BUILDER_HPP

#include "protocol/message_memory.hpp"

#include <boost/json/kind.hpp>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

namespace coqmp::protocol {

/// Receives the tokens inside a payload, which is an object or an array, and then its end. A message may have several payloads.
class payload_builder
{
public:
    payload_builder() = default;
    payload_builder(payload_builder const&) = delete;
    payload_builder& operator=(payload_builder const&) = delete;
    ~payload_builder() = default;

    void push_key(std::string_view key) { tree().push_key({key.data(), key.size()}); }
    void push(std::string_view text) { tree().push_string({text.data(), text.size()}); }
    void push(std::int64_t number) { tree().push_int64(number); }
    void push(std::uint64_t number) { tree().push_uint64(number); }
    void push(double number) { tree().push_double(number); }
    void push(bool value) { tree().push_bool(value); }
    void push(std::nullptr_t) { tree().push_null(); }

    /// An object inside the payload has ended. @param size how many members it has
    void push(boost::json::object_kind_t, std::size_t size) { tree().push_object(size); }
    /// An array inside the payload has ended. @param size how many elements it has
    void push(boost::json::array_kind_t, std::size_t size) { tree().push_array(size); }

    /// The payload itself has ended. @param size how many members or elements it has
    template <class Kind>
    [[nodiscard]] boost::json::value finish(Kind kind, std::size_t size)
    {
        // `{"return": {}}` is the most frequent reply, so an empty payload allocates nothing.
        if (!tree_started_)
            return boost::json::value(kind);
        push(kind, size);
        tree_started_ = false;
        return stack_->release();
    }

    /// The message has ended: seals its memory.
    /// @param is_large free the stack, because it cannot shrink; it takes up to 24 bytes for each byte of a message
    void end_message(bool is_large) noexcept
    {
        memory_size_ = 0;
        if (filling_ != nullptr)
            seal(is_large);
    }

    /// Drops everything of a message that is incomplete.
    void drop_message() noexcept;

    /// The memory of the last message's payloads, in bytes.
    [[nodiscard]] std::size_t memory_size() const noexcept { return memory_size_; }

private:
    boost::json::value_stack& tree()
    {
        if (!tree_started_)
            start_tree();
        return *stack_;
    }

    void start_tree();
    void seal(bool is_large) noexcept;

    std::unique_ptr<boost::json::value_stack> stack_;
    boost::json::storage_ptr memory_;
    message_memory* filling_ = nullptr;  ///< what memory_ points to
    std::size_t memory_size_ = 0;        ///< of the last message
    bool tree_started_ = false;
};

}  // namespace coqmp::protocol

#endif
