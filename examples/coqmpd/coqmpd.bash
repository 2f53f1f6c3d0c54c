# Completion of coqmpd for bash.
_coqmpd() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local options="--config --check --status --shutdown-guests --timeout --lift-limits --unit-lifts-limits --log-format --log-level --help --version -h"
    COMPREPLY=()
    case $before in
        --log-format) mapfile -t COMPREPLY < <(compgen -W "auto text json" -- "$word") ;;
        --log-level) mapfile -t COMPREPLY < <(compgen -W "error warning notice info debug" -- "$word") ;;
        --config)
            mapfile -t COMPREPLY < <(compgen -d -- "$word")
            compopt -o filenames 2>/dev/null
            ;;
        --timeout) ;;
        *) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word") ;;
    esac
}
complete -F _coqmpd coqmpd
