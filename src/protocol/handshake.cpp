#include "protocol/handshake.hpp"

#include <coqmp/error.hpp>

namespace coqmp::protocol {

handshake_step handshake::handle(message& received, std::string& output)
{
    if (stage_ == stage::greeting) {
        if (auto* first = std::get_if<coqmp::greeting>(&received))
            return greeted(*first, output);
        if (std::holds_alternative<unknown_message>(received)) {
            error_ = make_error_code(errc::not_qmp);
            return handshake_step::failed;
        }
        return handshake_step::not_mine;
    }
    if (stage_ == stage::answer) {
        if (auto* returned = std::get_if<return_message>(&received); returned != nullptr && is_ours(returned->id)) {
            stage_ = stage::done;
            return handshake_step::done;
        }
        if (auto* refusal = std::get_if<error_message>(&received); refusal != nullptr && is_ours(refusal->id))
            return refused(refusal->error, output);
    }
    return handshake_step::not_mine;
}

handshake_step handshake::greeted(coqmp::greeting& received, std::string& output)
{
    greeting_ = std::move(received);
    ask(want_out_of_band_ && greeting_.offers("oob"), output);
    stage_ = stage::answer;
    return handshake_step::taken;
}

handshake_step handshake::refused(command_error& error, std::string& output)
{
    // A refused capability leaves the negotiation open (section 2.2 of the specification, QEMU 7.2), so a peer that refuses a
    // capability that it has offered can still be used in-band.
    if (asked_out_of_band_) {
        ask(false, output);
        return handshake_step::taken;
    }
    refusal_ = std::move(error.description);
    error_ = make_error_code(errc::negotiation_refused);
    return handshake_step::failed;
}

void handshake::ask(bool out_of_band, std::string& output)
{
    asked_out_of_band_ = out_of_band;
    output.reserve(output.size() + 128);  // one allocation, not three
    output += R"({"execute":"qmp_capabilities",)";
    if (out_of_band)
        output += R"("arguments":{"enable":["oob"]},)";
    output.append(R"("id":")").append(id_).append("\"}");  // our id contains nothing that needs escaping
}

bool handshake::is_ours(message_id const& id) const noexcept
{
    auto const* text = std::get_if<std::string>(&id);
    return text != nullptr && *text == id_;
}

}  // namespace coqmp::protocol
