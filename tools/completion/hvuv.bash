# bash completion for hvuv(1)
_hvuv() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local words= verbs="doctor echo explain help ping services vms"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    case $word in
      -*) words="-h --help -V --version" ;;
      *) words=$verbs ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    return
  fi
  case ${COMP_WORDS[1]}:$before in
    explain:-s | explain:--step)
      words="bind listen accept connect handshake send receive framing stop"
      ;;
    ping:-c | ping:--count | ping:-i | ping:--interval) return ;;
    ping:-s | ping:--size | ping:-w | ping:--wait) return ;;
    doctor:-w | doctor:--wait) return ;;
    *)
      case ${COMP_WORDS[1]}:$word in
        doctor:-*) words="-l --listen -w --wait" ;;
        echo:-*) words="-1 --once -v --verbose" ;;
        explain:-*) words="-s --step" ;;
        ping:-*)
          words="-c --count -C --connect-only -i --interval -s --size -w --wait"
          ;;
        help:-* | services:-* | vms:-*) ;;
        help:*) words=$verbs ;;
        services:*)
          [ "$COMP_CWORD" -ne 2 ] || words="list lookup register unregister"
          ;;
        vms:*) ;;
        *)
          words="hyperv:// vsock:// hybrid:// local:// vm:"
          compopt -o nospace 2>/dev/null || true
          ;;
      esac
      case $word in -*) words="$words -h --help -V --version" ;; esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _hvuv hvuv
