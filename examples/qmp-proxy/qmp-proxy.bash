# Completion of qmp-proxy for bash.

# All words after `--` are left to the completion of the wrapped program.
_qmp_proxy() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} index
    local options="--listen --dial --policy --hold --audit --config --check --wrap --log-format --log-level --help --version -h"
    COMPREPLY=()
    for ((index = 1; index < COMP_CWORD; ++index)); do
        if [[ ${COMP_WORDS[index]} == -- ]]; then
            declare -F _command_offset >/dev/null && _command_offset $((index + 1))
            return
        fi
    done
    case $before in
        --policy) mapfile -t COMPREPLY < <(compgen -W "read-only backup operator all" -- "$word") ;;
        --log-format) mapfile -t COMPREPLY < <(compgen -W "auto text json" -- "$word") ;;
        --log-level) mapfile -t COMPREPLY < <(compgen -W "error warning notice info debug" -- "$word") ;;
        *)
            if [[ $word == -* && $before != --listen && $before != --dial && $before != --audit && $before != --config ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$word")
                compopt -o filenames 2>/dev/null
            fi
            ;;
    esac
}
complete -F _qmp_proxy qmp-proxy
