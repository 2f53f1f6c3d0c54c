#include "protocol/payload_builder.hpp"

namespace json = boost::json;

namespace coqmp::protocol {

namespace {

/// The sessions of a thread share one stack of 1.5 KiB, because a stack is in use only while a message is being read.
std::unique_ptr<json::value_stack>& spare_stack()
{
    static thread_local std::unique_ptr<json::value_stack> spare;
    return spare;
}

}  // namespace

void payload_builder::start_tree()
{
    if (!memory_.is_shared())
        memory_ = json::make_shared_resource<message_memory>(&filling_);
    if (!stack_)
        stack_ = spare_stack() ? std::move(spare_stack()) : std::make_unique<json::value_stack>();
    stack_->reset(memory_);
    tree_started_ = true;
}

void payload_builder::seal(bool is_large) noexcept
{
    memory_size_ = filling_->size();
    std::exchange(filling_, nullptr)->seal();
    memory_ = {};
    if (is_large)
        stack_.reset();
    else
        spare_stack() = std::move(stack_);
}

void payload_builder::drop_message() noexcept
{
    stack_.reset();
    filling_ = nullptr;
    memory_ = {};
    tree_started_ = false;
}

}  // namespace coqmp::protocol
