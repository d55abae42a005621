# bash completion for hvcat(1)
_hvcat() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  case $before in
    -e | --exec)
      mapfile -t COMPREPLY < <(compgen -c -- "$word")
      return
      ;;
    -w | --wait | -i | --idle-timeout | --retry) return ;;
  esac
  case $word in
    -*)
      mapfile -t COMPREPLY < <(compgen -W "-l --listen -k --keep-open -e --exec
        -N --no-shutdown -w --wait -i --idle-timeout --retry -z --zero --fdpass
        -v --verbose -h --help -V --version" -- "$word")
      ;;
    *)
      mapfile -t COMPREPLY < <(compgen -W "hyperv:// vsock:// hybrid:// local://
        vm:" \
        -- "$word")
      compopt -o nospace 2>/dev/null || true
      ;;
  esac
}
complete -F _hvcat hvcat
