#!/usr/bin/env bash
# Connects a server that you own to Spoq: looks whether it can be, tells the control plane, and starts the installation.
# It comes with a token of its own, good for one server; with --adopt it also takes a server that is a Spoq computer already.
set -Eeuo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

readonly URL='@URL@' INSTANCE='@INSTANCE@' NAME='@HOSTNAME@' TOKEN='@TOKEN@'
readonly MARKER=/etc/spoq/vps.marker KEY=/etc/spoq/machine.key
WORK=''

say() { printf 'spoq: %s\n' "$*" >&2; }

die() {
  say "$*"
  exit 1
}

release() { sed -n "s/^$1=//p" /etc/os-release | tr -d '"' | head -n 1; }

# Older or other ones may work, but nobody has tried.
system() {
  local id version least
  id=$(release ID)
  version=$(release VERSION_ID)
  case "$id" in
    debian) least=12 ;;
    ubuntu) least=22.04 ;;
    *) die "This is $(release PRETTY_NAME). Spoq runs on Debian 12, Ubuntu 22.04, and newer ones of both." ;;
  esac
  dpkg --compare-versions "${version:-9999}" ge "$least" || die "This is $(release PRETTY_NAME), which is too old. Spoq runs on Debian 12, Ubuntu 22.04, and newer ones of both."
  case "$(dpkg --print-architecture)" in
    amd64 | arm64) ;;
    *) die "There are no builds for this processor ($(dpkg --print-architecture)): Spoq runs on amd64 and arm64." ;;
  esac
}

# One server is one computer.
nobodys() { # adopt
  local other
  [ -r "$MARKER" ] || return 0
  ! grep -qx "instance=$INSTANCE" "$MARKER" || return 0
  other=$(sed -n 's/^hostname=//p' "$MARKER")
  [ -n "$1" ] || die "This server is a Spoq computer already: $other. To make it $NAME instead, put this at the end of the command: -s -- --adopt"
  say "It was $other until now."
  if [ -x /usr/local/sbin/spoq-detach ]; then
    /usr/local/sbin/spoq-detach >&2
  else
    rm -f "$MARKER" "$KEY"
  fi
}

# Its name leads to these two; another web server would answer in our place.
web() {
  local port
  [ -z "$(pidof caddy)" ] || return 0
  for port in 80 443; do
    ! cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v "port=$(printf ':%04X' "$port")" '$4 == "0A" && substr($2, length($2) - 4) == port { taken = 1 } END { exit !taken }' ||
      die "Another program answers on port $port$(holder "$port"). Spoq's web server needs 80 and 443: stop that program, or have Caddy serve your sites, then run this again."
  done
}

holder() { # port
  command -v ss >/dev/null || return 0
  ss -Hltnp "sport = :$1" | sed -n 's/.*users:(("\([^"]*\)".*/ (\1)/p' | head -n 1
}

# By this secret the same server is known again, when the command is run once more.
machine_key() {
  if [ ! -s "$KEY" ]; then
    install -d -m 0755 /etc/spoq
    (umask 077 && head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$KEY.new")
    mv -f "$KEY.new" "$KEY"
  fi
  cat "$KEY"
}

host_key() {
  [ ! -r /etc/ssh/ssh_host_ecdsa_key.pub ] || ssh-keygen -l -f /etc/ssh/ssh_host_ecdsa_key.pub 2>/dev/null | awk '{ printf ",\"host_key\":\"%s\"", $2 }'
}

# Says which server it is. The address is not said: it is the one that the call comes from, the older kind first.
connect() {
  local family wait code=000
  printf '{"key":"%s","system":"%s"%s}' "$(machine_key)" "$(release PRETTY_NAME | LC_ALL=C tr -cd 'A-Za-z0-9 ._()/+-' | cut -c1-100)" "$(host_key)" >"$WORK/call"
  # A copy of the control plane that went away in the middle has committed, and another answers the same.
  for wait in 2 2 4 ''; do
    for family in -4 -6; do
      code=$(printf 'header = "Authorization: Bearer %s"\n' "$TOKEN" |
        curl "$family" --config - --silent --max-time 60 --proto '=http,https' --header 'Content-Type: application/json' \
          --data-binary "@$WORK/call" --output "$WORK/answer" --write-out '%{http_code}' "$URL/internal/own-servers") && break
    done
    [[ $code == [05]* && -n $wait ]] || break
    sleep "$wait"
  done
  case "$code" in
    200) ;;
    000) die "$URL cannot be reached from here." ;;
    *) die "$(sed -n 's/.*"detail":"\([^"]*\)".*/\1/p' "$WORK/answer" | grep . || echo "$URL answered $code; run the command again in a minute.")" ;;
  esac
  SPOQ_TOKEN=$(sed -n 's/.*"token":"\([0-9a-f]*\)".*/\1/p' "$WORK/answer")
  [ -n "$SPOQ_TOKEN" ] || die "$URL answered something else than it should."
}

installation() {
  printf 'header = "Authorization: Bearer %s"\n' "$SPOQ_TOKEN" |
    curl --config - --silent --show-error --fail --max-time 120 --proto '=http,https' --retry 10 --retry-delay 3 --retry-connrefused \
      --output "$WORK/install.sh" "$URL/internal/instances/$INSTANCE/install.sh" || die "The installation could not be fetched. Run the command again."
  say "Installing $NAME. It takes a few minutes; the page that showed the command shows how far it is."
  # What is asked for on this machine is not to be read from where the script comes from.
  SPOQ_URL=$URL SPOQ_INSTANCE=$INSTANCE SPOQ_TOKEN=$SPOQ_TOKEN bash "$WORK/install.sh" own </dev/null
}

main() {
  local adopt=''
  case "${1:-}" in
    '') ;;
    --adopt) adopt=yes ;;
    *) die "\"$1\" is no option of this command." ;;
  esac
  [ "$(id -u)" -eq 0 ] || die "Run this as root: put sudo before bash."
  WORK=$(mktemp -d)
  trap 'rm -rf "$WORK"' EXIT
  system
  nobodys "$adopt"
  web
  connect
  installation
  say "This server is $NAME now. To take Spoq off it again: sudo spoq-detach"
}

# The last line, so that a script that was cut off does nothing.
main "$@"
