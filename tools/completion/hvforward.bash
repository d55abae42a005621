# bash completion for hvforward(1)
_hvforward() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  case $before in
    -w | --wait | --retry | -i | --idle-timeout | -r | --half-close-rest) return ;;
    --half-close)
      mapfile -t COMPREPLY < <(compgen -W "auto yes no close" -- "$word")
      return
      ;;
    --stuck-timeout | --mode | --follow) return ;;
    -m | --max-calls | -p | --max-per-peer | -g | --grace) return ;;
    -l | --log)
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      return
      ;;
    -a | --allow)
      mapfile -t COMPREPLY < <(compgen -W "uid: vsock:// hyperv:// local:// hybrid://" \
        -- "$word")
      compopt -o nospace 2>/dev/null || true
      return
      ;;
  esac
  case $word in
    -*)
      mapfile -t COMPREPLY < <(compgen -W "-w --wait --retry -i --idle-timeout
        -r --half-close-rest --half-close --stuck-timeout -m --max-calls -p --max-per-peer -a --allow
        --mode --follow -g --grace -s --status -l --log -h --help -V --version" -- "$word")
      ;;
    *)
      mapfile -t COMPREPLY < <(compgen -W "tcp:// unix: pipe: exec: fd: systemd: vm:
        hyperv:// vsock:// hybrid:// local://" -- "$word")
      compopt -o nospace 2>/dev/null || true
      ;;
  esac
}
complete -F _hvforward hvforward
