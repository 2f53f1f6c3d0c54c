#include "proxy/client_descriptors.hpp"

#include <iterator>
#include <utility>

namespace json = boost::json;

namespace coqmp::proxy {

namespace {

using kind = descriptor_use::kind;

/// A name or a set that is used up still belongs to its owner, because QEMU may still have it: a set, while files that were
/// opened through it are open; a name, if the command did not take it after all (7.2.22: netdev_add with the type `stream`
/// succeeds without taking it). This many of them are remembered for each client.
constexpr std::size_t most_remnants = 256;

/// QEMU has no limit, but what is remembered here has one.
constexpr std::size_t longest_name = 1024;

command_error generic_error(std::string description)
{
    return {"GenericError", std::move(description)};
}

// The words of the next three are QEMU's, as measured with QEMU 7.2.22.
command_error no_such_name(std::string const& name)
{
    return generic_error("File descriptor named '" + name + "' not found");
}

command_error no_such_name_to_take(std::string const& name)
{
    return generic_error("File descriptor named '" + name + "' has not been found");
}

command_error no_such_set(std::int64_t set, json::object const& arguments)
{
    std::string name = "fdset-id:" + std::to_string(set);
    json::value const* const descriptor = arguments.if_contains("fd");
    if (descriptor != nullptr && descriptor->is_int64())
        name += ", fd:" + std::to_string(descriptor->get_int64());
    return no_such_name(name);
}

command_error name_is_in_use(std::string const& name)
{
    return generic_error("The file descriptor name '" + name +
                         "' is in use by another client of this monitor: choose another name");
}

command_error set_is_in_use(std::int64_t set)
{
    return generic_error("The file descriptor set " + std::to_string(set) +
                         " is in use by another client of this monitor: leave out fdset-id, and QEMU chooses another set");
}

/// The name or the set, if it is this client's.
template <class Owned, class Key>
auto find_own(Owned& owned, client_id who, Key const& key)
{
    auto const found = owned.find(key);
    return found != owned.end() && found->second.owner == who ? found : owned.end();
}

/// A command that adds to a name or a set has been answered.
template <class Owned, class Key>
void note_addition(Owned& owned, client_id who, Key const& key, bool succeeded)
{
    auto const found = find_own(owned, who, key);
    if (found == owned.end())
        return;
    auto& its = found->second;
    its.unanswered -= its.unanswered != 0 ? 1 : 0;
    if (its.outdated != 0)
        --its.outdated;
    else
        its.is_held = its.is_held || succeeded;
    if (!succeeded && its.is_remnant() && !its.may_be_left)
        owned.erase(found);
}

/// A name does not exist any more.
template <class Owned, class Key>
void note_end(Owned& owned, client_id who, Key const& key)
{
    auto const found = find_own(owned, who, key);
    if (found == owned.end())
        return;
    found->second.is_held = false;
    if (found->second.is_remnant())
        owned.erase(found);
}

/// A name or a set was used up. Forgets one remnant of the client if there are too many.
template <class Owned, class Key>
void note_use(Owned& owned, client_id who, Key const& key)
{
    auto const found = find_own(owned, who, key);
    if (found == owned.end())
        return;
    found->second.is_held = false;
    std::size_t remnants = 0;
    auto first = owned.end();
    for (auto each = owned.begin(); each != owned.end(); ++each)
        if (each->second.owner == who && each->second.is_remnant() && ++remnants == 1)
            first = each;
    if (remnants > most_remnants)
        owned.erase(first);
}

command give_back_name(std::string const& name)
{
    return command("closefd").with("fdname", name);
}

command give_back_set(std::int64_t set)
{
    return command("remove-fd").with("fdset-id", set);
}

}  // namespace

client_descriptors::admission client_descriptors::admit(client_id who, std::string_view name, json::object const& arguments)
{
    // Nearly always: nothing to take, and nothing to look for.
    if (names_.empty() && !manages_descriptors(name))
        return descriptor_use();
    descriptor_use use = use_of(name, arguments, [this](std::string_view each) { return names_.contains(each); });
    if (auto refused = refusal(who, use, arguments))
        return std::move(*refused);
    reserve(who, use);
    // A `closefd` that fails for a reason other than a missing name says nothing about the name.
    if (use.what == kind::closes_name && arguments.size() != 1)
        return descriptor_use();
    return use;
}

std::optional<command_error> client_descriptors::refusal(client_id who, descriptor_use const& use,
                                                         json::object const& arguments) const
{
    if (use.what == kind::adds_name && use.names.begin()->size() > longest_name)
        return generic_error("Parameter 'fdname' expects a name of at most " + std::to_string(longest_name) + " bytes");
    if (!use.set)
        return name_refusal(who, use);
    if (!may_be_anothers(who, use))
        return std::nullopt;
    return use.what == kind::adds_to_set ? set_is_in_use(*use.set) : no_such_set(*use.set, arguments);
}

std::optional<command_error> client_descriptors::name_refusal(client_id who, descriptor_use const& use) const
{
    for (std::string const& each : use.names) {
        auto const found = names_.find(each);
        if (found == names_.end() || found->second.owner == who)
            continue;
        if (use.what == kind::closes_name)
            return no_such_name(each);
        if (use.what == kind::takes_names)
            return no_such_name_to_take(each);
        if (!found->second.is_remnant())
            return name_is_in_use(each);
    }
    return std::nullopt;
}

bool client_descriptors::may_be_anothers(client_id who, descriptor_use const& use) const noexcept
{
    auto const found = sets_.find(*use.set);
    if (found != sets_.end() && found->second.owner != who)
        return true;
    if (found != sets_.end() && found->second.is_held)
        return false;
    // While QEMU chooses a set, it may choose any one that is not certainly in use. (For a removal, the client's own additions
    // count, too: the removal would make uncertain which set QEMU chooses for them.)
    return use.what == kind::adds_to_set ? is_another_one_adding(who) : !adding_.empty();
}

bool client_descriptors::is_another_one_adding(client_id who) const noexcept
{
    return adding_.size() > (adding_.contains(who) ? 1U : 0U);
}

void client_descriptors::reserve(client_id who, descriptor_use const& use)
{
    if (use.what == kind::adds_name) {
        ownership& its = names_[*use.names.begin()];
        its.owner = who;
        ++its.unanswered;
    } else if (use.what == kind::adds_to_set && use.set) {
        ownership& its = sets_[*use.set];
        its.owner = who;
        ++its.unanswered;
    } else if (use.what == kind::adds_to_set) {
        ++adding_[who].unanswered;
    } else if (use.what == kind::removes_set || use.what == kind::removes_from_set) {
        expect_removal(who, use);
    }
}

/// From now on, QEMU may choose the set for another client.
void client_descriptors::expect_removal(client_id who, descriptor_use const& use)
{
    auto const found = find_own(sets_, who, *use.set);
    if (found == sets_.end())
        return;
    ownership& its = found->second;
    its.may_be_left = use.what == kind::removes_from_set;
    its.outdated = its.unanswered;
    its.is_held = false;
}

std::vector<command> client_descriptors::answered(client_id who, descriptor_use const& use, json::value const* value)
{
    bool const succeeded = value != nullptr;
    switch (use.what) {
        case kind::none:
        case kind::removes_from_set:
            break;
        case kind::adds_name:
            note_addition(names_, who, *use.names.begin(), succeeded);
            break;
        case kind::closes_name:
            note_end(names_, who, *use.names.begin());
            break;
        case kind::takes_names:
            // A command that failed may or may not have taken the name, which still belongs to its owner.
            if (succeeded)
                for (std::string const& each : use.names)
                    note_use(names_, who, each);
            break;
        case kind::adds_to_set:
            if (use.set)
                note_addition(sets_, who, *use.set, succeeded);
            else
                set_chosen(who, value);
            break;
        case kind::removes_set:
            note_use(sets_, who, *use.set);
            break;
    }
    return give_back_orphans();
}

void client_descriptors::set_chosen(client_id who, json::value const* value)
{
    auto const found = adding_.find(who);
    if (found == adding_.end())
        return;
    bool const has_left = found->second.has_left;
    if (--found->second.unanswered == 0)
        adding_.erase(found);
    json::object const* const answer = value != nullptr ? value->if_object() : nullptr;
    json::value const* const number = answer != nullptr ? answer->if_contains("fdset-id") : nullptr;
    if (number == nullptr || !number->is_int64())
        return;
    // QEMU chooses a free set: whatever is remembered about an earlier one with this number is obsolete.
    ownership& its = sets_[number->get_int64()];
    if (its.owner != who)
        its = ownership{who};
    its.is_held = true;
    its.is_orphan = has_left;
}

std::vector<command> client_descriptors::give_back_orphans()
{
    std::vector<command> result;
    if (!adding_.empty())
        return result;
    for (auto const& [set, its] : sets_)
        if (its.is_orphan)
            result.push_back(give_back_set(set));
    std::erase_if(sets_, [](auto const& each) { return each.second.is_orphan; });
    return result;
}

std::vector<command> client_descriptors::leave(client_id who)
{
    std::vector<command> result;
    for (auto const& [name, its] : names_)
        if (its.owner == who)
            result.push_back(give_back_name(name));
    std::erase_if(names_, [who](auto const& each) { return each.second.owner == who; });
    for (auto each = sets_.begin(); each != sets_.end();) {
        auto& [set, its] = *each;
        bool const is_left = its.is_held || its.may_be_left || its.unanswered != 0;
        if (its.owner == who && is_left && !its.is_held && !adding_.empty())
            its.is_orphan = true;
        else if (its.owner == who && is_left)
            result.push_back(give_back_set(set));
        each = its.owner == who && !its.is_orphan ? sets_.erase(each) : std::next(each);
    }
    if (auto const found = adding_.find(who); found != adding_.end())
        found->second.has_left = true;
    return result;
}

void client_descriptors::forget() noexcept
{
    names_.clear();
    sets_.clear();
    adding_.clear();
}

}  // namespace coqmp::proxy
