# Greets people at a terminal; `touch ~/.hushlogin` keeps it quiet. Sourced by POSIX shells: nothing stays behind.
case $- in
  *i*)
    if [ -t 1 ] && [ -r /etc/spoq/vps.marker ] && [ ! -e "$HOME/.hushlogin" ] && [ -z "${SPOQ_WELCOMED:-}" ]; then
      SPOQ_WELCOMED=1
      export SPOQ_WELCOMED
      printf '\n  Welcome to %s, your personal AI computer.\n\n' "$(sed -n 's/^hostname=//p' /etc/spoq/vps.marker)"
      printf '    spoq ask "what can you do here?"   a question to the agent\n'
      printf '    spoq chat                          a conversation\n'
      printf '    spoq status                        how this computer fares\n\n'
    fi
    ;;
esac
