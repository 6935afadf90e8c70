#!/usr/bin/env bash
# Makes a Debian 12 or Ubuntu 22.04 (or newer) system a Spoq computer. One source for servers and for the container image:
#   install.sh          a server: packages, users, Conductor, web server, firewall. Run it again as often as you like.
#   install.sh own      a server that its owner brings (connect.sh starts it): beside what is there, and spoq-detach takes it off again
#   install.sh packages a server's packages and files, nothing of anybody's: for a system that is prepared for many
#   install.sh image    the same while the container image is built, which needs less
#   install.sh boot     in a container of that image, once in its life: what "server" does after its packages
#   install.sh add-user NAME   in such a container: one more user
# Where it was ordered comes in the environment: SPOQ_URL, SPOQ_INSTANCE and SPOQ_TOKEN (the provisioning token, good
# for this installation only). Everything else is asked for there, so no secret is ever written into this script.
# All of it goes to one log; the control plane hears of each stage, and of a failure with the log's last lines.
set -Eeuo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

readonly LOG=/var/log/spoq-install.log
readonly PACKAGES=(ca-certificates caddy curl nftables openssh-client openssh-server openssl rsync sudo unattended-upgrades)
# Who works in a container cannot add to it: there is no way to become root. So it brings more along.
readonly IMAGE_PACKAGES=(ca-certificates caddy curl git less nano openssh-client openssh-server openssl procps python3 rsync)
# On a machine that has an owner nothing is updated, closed or taken over: only what the Conductor needs comes along.
readonly OWN_PACKAGES=(ca-certificates caddy curl openssh-server openssl)
readonly STATE=/var/lib/conductor
# What of a container outlives it lies in its one volume: homes, and in here what makes it this computer and no other.
readonly KEPT=/home/.spoq
MODE=${1:-server}
STAGE=start
WORK=''

note() { printf '%s %s\n' "$(date -u +%H:%M:%S)" "$*"; }

die() {
  note "$*"
  exit 1
}

# Whether an init runs here; in an image and in a change of root there is none.
has_init() { [ -d /run/systemd/system ]; }

is_own() { [ "$MODE" = own ]; }

unit() {
  systemctl --quiet "$@" || die "systemctl $* failed."
}

# --- what the control plane hears and says -----------------------------------------------------------------------

# The token goes by standard input: arguments are for everybody to read.
call() { # path, then more arguments of curl
  local path=$1
  shift
  printf 'header = "Authorization: Bearer %s"\n' "$SPOQ_TOKEN" |
    curl --config - --silent --show-error --fail-with-body --proto '=http,https' --max-time 60 "$@" "${SPOQ_URL%/}/internal/instances/$SPOQ_INSTANCE/$path"
}

# As a JSON string: plain ASCII, nothing that steers.
last_lines() {
  tail -n 25 "$LOG" | LC_ALL=C tr -cd '\12\40-\176' | cut -c1-300 | sed 's/\\/\\\\/g; s/"/\\"/g' | awk '{ printf "%s\\n", $0 }'
}

report() { # stage
  # Nobody waits for a container that is only made anew.
  [ "$MODE" != boot ] || [ ! -r "$KEPT/settings" ] || return 0
  local body="{\"stage\":\"$1\",\"version\":\"install\"}"
  [ "$1" != failed ] || body="{\"stage\":\"failed\",\"version\":\"install\",\"log\":\"$STAGE: $(last_lines)\"}"
  printf '%s' "$body" >"$WORK/report"
  call phone-home --header 'Content-Type: application/json' --data-binary "@$WORK/report" >/dev/null || note "The control plane did not hear of \"$1\"."
}

# What this computer is to be: lines of name=value. Only these names are ever looked up.
fetch_settings() {
  if [ "$MODE" = boot ] && [ -r "$KEPT/settings" ]; then
    note "This computer was set up before; its container is new."
    cp "$KEPT/settings" "$WORK/settings"
    return
  fi
  note "Asking what this computer is to be."
  call "settings?architecture=$(dpkg --print-architecture)" --retry 10 --retry-delay 3 --retry-connrefused --output "$WORK/settings" ||
    die "The settings could not be read: $(head -c 300 "$WORK/settings" 2>/dev/null)"
}

setting() { sed -n "s/^$1=//p" "$WORK/settings" | head -n 1; }

need() {
  local value
  value=$(setting "$1")
  [ -n "$value" ] || die "The control plane said no $1."
  printf '%s' "$value"
}

# --- the stages --------------------------------------------------------------------------------------------------

packages() {
  local missing=() wanted=("${PACKAGES[@]}") name
  [ "$MODE" != image ] || wanted=("${IMAGE_PACKAGES[@]}")
  ! is_own || wanted=("${OWN_PACKAGES[@]}")
  for name in "${wanted[@]}"; do
    dpkg-query --show --showformat '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
  done
  export DEBIAN_FRONTEND=noninteractive
  if [ ${#missing[@]} -gt 0 ]; then
    note "Installing ${missing[*]}."
    [[ " ${missing[*]} " != *" caddy "* ]] || ! is_own || made caddy
    # Another apt of the machine's first minutes is waited for.
    apt-get -q -o DPkg::Lock::Timeout=600 -o Acquire::Retries=5 update
    # Ubuntu 22.04 has none of its own.
    apt-cache show caddy >/dev/null 2>&1 || die "This system offers no package of Caddy. Add its makers' package source (https://caddyserver.com/docs/install) or take a newer system, then run this again."
    apt-get -q -y -o DPkg::Lock::Timeout=600 -o Acquire::Retries=5 -o Dpkg::Options::=--force-confold --no-install-recommends install "${missing[@]}"
  fi
  if has_init && ! is_own; then
    apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold upgrade
  fi
}

# Users that belong to the machine, and the files that are the same everywhere.
system_files() {
  # A volume meets images of many ages: there the numbers of its files' owners never change.
  local group=() user=(--user-group)
  if [ "$MODE" = image ]; then
    groupadd --gid 901 conductor
    group=(--gid 900) user=(--uid 901 --gid 901)
  fi
  getent group spoq >/dev/null || groupadd "${group[@]}" spoq
  getent passwd conductor >/dev/null || useradd --system "${user[@]}" --home-dir "$STATE" --no-create-home --shell /usr/sbin/nologin conductor
  install -d -m 0755 /etc/spoq /etc/conductor /etc/caddy/sites
  local from file
  from=$(kit)
  while IFS= read -r file; do
    case "$MODE:$file" in
      *:etc/caddy/Caddyfile | own:etc/ssh/* | own:etc/apt/* | own:*firewall* | own:usr/* | image:usr/* | own:*spoq-move* | image:*spoq-move*) continue ;;
    esac
    install -D -m "$([[ $file == */sbin/* ]] && echo 0755 || echo 0644)" "$from/$file" "/$file"
  done < <(cd "$from" && find . -type f -printf '%P\n')
  is_own || return 0
  install -m 0644 "$from/../own/sshd.conf" /etc/ssh/sshd_config.d/10-spoq.conf
  install -m 0755 "$from/../own/spoq-detach" /usr/local/sbin/spoq-detach
}

# The tree of files: beside this script, or packed at its end where the script travels alone.
kit() {
  local beside
  beside=$(dirname "$(readlink -f "${BASH_SOURCE[0]:-$0}")")/root
  if [ -z "$PAYLOAD" ]; then
    echo "$beside"
    return
  fi
  if [ ! -d "$WORK/root" ]; then
    printf '%s' "$PAYLOAD" | base64 -d | tar -xz -C "$WORK"
  fi
  echo "$WORK/root"
}

users() {
  local username hash name
  username=$(need username)
  if is_own; then own_user "$username"; ssh_server; return; fi
  for name in spoq "$username" $([ "$MODE" != boot ] || cat "$KEPT/users" 2>/dev/null); do
    user "$name"
  done
  hash=$(setting password_hash)
  usermod --password "${hash:-*}" "$username"
  if [ -n "$hash" ]; then
    printf 'Match User %s\n    PasswordAuthentication yes\n' "$username" >/etc/ssh/sshd_config.d/20-spoq-password.conf
  else
    rm -f /etc/ssh/sshd_config.d/20-spoq-password.conf
  fi
  if [ "$MODE" = server ]; then
    # Who has no password is not asked for one.
    printf '%%spoq ALL=(ALL) NOPASSWD: ALL\n' >"$WORK/sudoers"
    visudo --quiet --check --file "$WORK/sudoers"
    install -m 0440 "$WORK/sudoers" /etc/sudoers.d/spoq
  fi
  gateway_key
  host_key
  ssh_server
}

ssh_server() {
  # Debian's package reads it only while it runs.
  install -d -m 0755 /run/sshd
  /usr/sbin/sshd -t
  if has_init; then
    unit enable ssh
    unit reload-or-restart ssh
  fi
}

user() { # name
  local numbers=(--create-home)
  [[ $1 =~ ^[a-z_][a-z0-9_-]{0,31}$ ]] || die "\"$1\" is no name of a user."
  # Their files are there already: the number that owns them is theirs.
  [ ! -d "/home/$1" ] || numbers=(--uid "$(stat -c %u "/home/$1")" --no-create-home)
  getent passwd "$1" >/dev/null || useradd --gid spoq --shell /bin/bash "${numbers[@]}" "$1"
  usermod --append --groups spoq "$1"
}

# Where people come in through a gateway, it has asked who they are and comes with a key of its own.
gateway_key() {
  local key
  key=$(setting gateway_key)
  rm -f /etc/ssh/sshd_config.d/04-spoq-gateway.conf
  [ -n "$key" ] || return 0
  printf 'restrict,pty %s\n' "$(printf '%s' "$key" | base64 -d)" >/etc/ssh/spoq_gateway_keys
  ssh-keygen -l -f /etc/ssh/spoq_gateway_keys >/dev/null || die "The gateway's key that was sent cannot be read."
  printf 'AuthorizedKeysFile /etc/ssh/spoq_gateway_keys\n' >/etc/ssh/sshd_config.d/04-spoq-gateway.conf
}

# The key that visitors know stays over rebuilds: it is made by the control plane, not here.
host_key() {
  local key
  key=$(setting ssh_host_key)
  if [ -z "$key" ]; then
    ssh-keygen -A >/dev/null
    return
  fi
  printf '%s' "$key" | base64 -d >"$WORK/host_key"
  chmod 0600 "$WORK/host_key"
  ssh-keygen -y -f "$WORK/host_key" >"$WORK/host_key.pub" || die "The SSH host key that was sent cannot be read."
  cmp -s "$WORK/host_key" /etc/ssh/ssh_host_spoq_key || install -m 0600 "$WORK/host_key" /etc/ssh/ssh_host_spoq_key
  install -m 0644 "$WORK/host_key.pub" /etc/ssh/ssh_host_spoq_key.pub
  printf 'HostKey /etc/ssh/ssh_host_spoq_key\n' >/etc/ssh/sshd_config.d/05-spoq-host-key.conf
}

# Download beside the target, check, rename: killed at any moment, what was there still runs.
binary() { # name
  local target=/usr/local/bin/$1 sum
  if [ "$MODE" = boot ]; then
    install -d -m 0755 "$KEPT" "$KEPT/bin"
    ln -sfn "$KEPT/bin/$1" "$target"
    target=$KEPT/bin/$1
    # Of a container before this one; it may have been updated since.
    [ ! -r "$KEPT/settings" ] || [ ! -x "$target" ] || return 0
  fi
  sum=$(need "$1_sha256")
  if [ -x "$target" ] && echo "$sum  $target" | sha256sum --check --status; then
    return
  fi
  note "Downloading $1."
  curl --silent --show-error --fail --location --proto '=http,https' --retry 5 --retry-delay 2 --retry-connrefused \
    --output "$target.new" --config - <<<"url = \"$(need "$1_url")\"" || die "$1 could not be downloaded."
  echo "$sum  $target.new" | sha256sum --check --status || {
    rm -f "$target.new"
    die "The checksum of $1 is wrong."
  }
  chmod 0755 "$target.new"
  "$target.new" --version >/dev/null || die "$1 does not run here."
  mv -f "$target.new" "$target"
}

conductor() {
  local username
  username=$(need username)
  binary conductor
  binary spoq
  # The person's own, and readable for the user that asks for keys on sshd's behalf.
  if [ "$MODE" = boot ]; then
    install -d -m 2750 -o "$username" -g conductor "$KEPT/conductor"
    ln -sfn "$KEPT/conductor" "$STATE"
  else
    install -d -m 2750 -o "$username" -g conductor "$STATE"
  fi
  need config | base64 -d >"$WORK/config.json"
  install -m 0640 -o root -g spoq "$WORK/config.json" /etc/conductor/config.json
  chown "$username" /etc/conductor/config.json
  chmod 0400 /etc/conductor/config.json
  install -d -m 0755 /etc/systemd/system/conductor.service.d
  printf '[Service]\nUser=%s\n' "$username" >/etc/systemd/system/conductor.service.d/user.conf
  printf 'instance=%s\nhostname=%s\n' "$SPOQ_INSTANCE" "$(need hostname)" >/etc/spoq/vps.marker
  # Where it takes another server's place, it fetches from there what is its owner's.
  [ "$MODE" != server ] || spoq-move prepare "$WORK/settings" || die "This server cannot take the place of the one before it."
}

proxy() {
  local hostname
  hostname=$(need hostname)
  [[ $hostname =~ ^[a-z0-9.-]+$ ]] || die "\"$hostname\" is no name of a computer."
  if is_own; then own_firewall; own_site "$hostname"; return; fi
  # The gateway in front of containers has the certificates.
  [ "$MODE" != boot ] || hostname=http://$hostname:8080
  sed "s|@HOSTNAME@|$hostname|" "$(kit)/etc/caddy/Caddyfile" >"$WORK/Caddyfile"
  caddy validate --adapter caddyfile --config "$WORK/Caddyfile" >/dev/null 2>"$WORK/caddy.log" || {
    cat "$WORK/caddy.log"
    die "The web server does not take its configuration."
  }
  install -m 0644 "$WORK/Caddyfile" /etc/caddy/Caddyfile
  if has_init; then
    unit enable caddy
    unit restart caddy
  fi
}

firewall() {
  nft --check --file /etc/spoq/firewall.nft
  if has_init; then
    unit daemon-reload
    unit enable spoq-firewall
    unit restart spoq-firewall
  fi
}

# Last, because its own call home says that everything is done.
start() {
  if has_init; then
    unit daemon-reload
    unit enable --now conductor-update.timer
    unit enable conductor
    unit restart conductor
    [ ! -e /etc/spoq/move/settings ] || unit enable --now spoq-move
  fi
}

# The token is good for one installation: what it brought is kept for the next container. Last, so that it is whole.
settled() {
  install -m 0600 "$WORK/settings" "$KEPT/settings.new"
  mv -f "$KEPT/settings.new" "$KEPT/settings"
  touch /etc/spoq/settled
}

# --- the roads ---------------------------------------------------------------------------------------------------

stage() { # name, functions
  STAGE=$1
  note "Stage: $STAGE"
  ! is_own || printf 'spoq: %s\n' "$STAGE" >&3
  shift
  local step
  for step in "$@"; do "$step"; done
  report "$STAGE"
}

ended() {
  local code=$?
  trap - EXIT
  if [ "$code" -ne 0 ]; then
    note "It failed in stage \"$STAGE\" ($code)."
    report failed
    printf 'spoq: the installation failed in stage "%s"; %s says why.\n' "$STAGE" "$LOG" >&3
  fi
  rm -rf "$WORK"
  exit "$code"
}

begin() {
  local name
  for name in SPOQ_URL SPOQ_INSTANCE SPOQ_TOKEN; do
    [ -n "${!name:-}" ] || { echo "spoq: $name is not set. Run the command from your dashboard." >&2; exit 2; }
  done
  WORK=$(mktemp -d)
  exec 3>&2
  touch "$LOG"
  chmod 0600 "$LOG"
  exec >>"$LOG" 2>&1
  exec 9>/run/spoq-install.lock
  flock 9
  trap ended EXIT
}

main() {
  [ "$(id -u)" -eq 0 ] || { echo "spoq: run this as root (sudo)." >&2; exit 2; }
  umask 022
  case "$MODE" in
    server | own)
      begin
      # shellcheck disable=SC1091
      ! is_own || . "$(kit)/../own/parts.sh"
      stage packages packages
      stage user fetch_settings system_files users
      stage conductor conductor
      stage proxy proxy
      is_own || stage firewall firewall
      start
      ;;
    boot)
      begin
      stage user fetch_settings users
      stage conductor conductor
      stage proxy proxy
      settled
      ;;
    packages | image)
      WORK=$(mktemp -d)
      packages
      system_files
      rm -rf "$WORK"
      ;;
    add-user)
      user "${2:-}"
      grep -qx "$2" "$KEPT/users" 2>/dev/null || printf '%s\n' "$2" >>"$KEPT/users"
      ;;
    *)
      echo "Usage: install.sh [server | own | packages | image | boot | add-user NAME]" >&2
      exit 2
      ;;
  esac
}

# Filled in where this script travels alone.
PAYLOAD=''

# The last line, so that a script that was cut off does nothing.
main "$@"
