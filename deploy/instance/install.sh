#!/usr/bin/env bash
# Makes a Debian 12 or Ubuntu 22.04 (or newer) system a Spoq computer. One source for servers and for the container image:
#   install.sh          a server: packages, users, Conductor, web server, firewall. Run it again as often as you like.
#   install.sh image    while an image is built: packages and files, nothing of anybody's
#   install.sh boot     in a container of that image, each time it starts: what "server" does after its packages
# Where it was ordered comes in the environment: SPOQ_URL, SPOQ_INSTANCE and SPOQ_TOKEN (the provisioning token, good
# for this installation only). Everything else is asked for there, so no secret is ever written into this script.
# All of it goes to one log; the control plane hears of each stage, and of a failure with the log's last lines.
set -Eeuo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

readonly LOG=/var/log/spoq-install.log
readonly PACKAGES=(ca-certificates caddy curl nftables openssh-server openssl sudo unattended-upgrades)
readonly STATE=/var/lib/conductor
STAGE=start
WORK=''

note() { printf '%s %s\n' "$(date -u +%H:%M:%S)" "$*"; }

die() {
  note "$*"
  exit 1
}

# Whether an init runs here; in an image and in a change of root there is none.
has_init() { [ -d /run/systemd/system ]; }

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
  local body="{\"stage\":\"$1\",\"version\":\"install\"}"
  [ "$1" != failed ] || body="{\"stage\":\"failed\",\"version\":\"install\",\"log\":\"$STAGE: $(last_lines)\"}"
  printf '%s' "$body" >"$WORK/report"
  call phone-home --header 'Content-Type: application/json' --data-binary "@$WORK/report" >/dev/null || note "The control plane did not hear of \"$1\"."
}

# What this computer is to be: lines of name=value. Only these names are ever looked up.
fetch_settings() {
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
  local missing=() name
  for name in "${PACKAGES[@]}"; do
    dpkg-query --show --showformat '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
  done
  export DEBIAN_FRONTEND=noninteractive
  if [ ${#missing[@]} -gt 0 ]; then
    note "Installing ${missing[*]}."
    # Another apt of the machine's first minutes is waited for.
    apt-get -q -o DPkg::Lock::Timeout=600 -o Acquire::Retries=5 update
    # Ubuntu 22.04 has none of its own.
    apt-cache show caddy >/dev/null 2>&1 || die "This system offers no package of Caddy. Add its makers' package source (https://caddyserver.com/docs/install) or take a newer system, then run this again."
    apt-get -q -y -o DPkg::Lock::Timeout=600 -o Acquire::Retries=5 -o Dpkg::Options::=--force-confold --no-install-recommends install "${missing[@]}"
  fi
  if has_init; then
    apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold upgrade
  fi
}

# Users that belong to the machine, and the files that are the same everywhere.
system_files() {
  getent group spoq >/dev/null || groupadd spoq
  getent passwd conductor >/dev/null || useradd --system --user-group --home-dir "$STATE" --no-create-home --shell /usr/sbin/nologin conductor
  install -d -m 0755 /etc/spoq /etc/conductor /etc/caddy/sites
  local from file
  from=$(kit)
  while IFS= read -r file; do
    [ "$file" = etc/caddy/Caddyfile ] || install -D -m 0644 "$from/$file" "/$file"
  done < <(cd "$from" && find . -type f -printf '%P\n')
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
    install -d "$WORK/root"
    printf '%s' "$PAYLOAD" | base64 -d | tar -xz -C "$WORK/root"
  fi
  echo "$WORK/root"
}

users() {
  local username hash name
  username=$(need username)
  [[ $username =~ ^[a-z][a-z0-9_-]{0,31}$ ]] || die "\"$username\" is no name of a user."
  for name in spoq "$username"; do
    getent passwd "$name" >/dev/null || useradd --create-home --gid spoq --shell /bin/bash "$name"
    usermod --append --groups spoq "$name"
  done
  hash=$(setting password_hash)
  usermod --password "${hash:-*}" "$username"
  if [ -n "$hash" ]; then
    printf 'Match User %s\n    PasswordAuthentication yes\n' "$username" >/etc/ssh/sshd_config.d/20-spoq-password.conf
  else
    rm -f /etc/ssh/sshd_config.d/20-spoq-password.conf
  fi
  # Who has no password is not asked for one.
  printf '%%spoq ALL=(ALL) NOPASSWD: ALL\n' >"$WORK/sudoers"
  visudo --quiet --check --file "$WORK/sudoers"
  install -m 0440 "$WORK/sudoers" /etc/sudoers.d/spoq
  host_key
  # Debian's package reads it only while it runs.
  install -d -m 0755 /run/sshd
  /usr/sbin/sshd -t
  if has_init; then
    unit enable ssh
    unit reload-or-restart ssh
  fi
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
  install -d -m 2750 -o "$username" -g conductor "$STATE"
  need config | base64 -d >"$WORK/config.json"
  install -m 0640 -o root -g spoq "$WORK/config.json" /etc/conductor/config.json
  chown "$username" /etc/conductor/config.json
  chmod 0400 /etc/conductor/config.json
  install -d -m 0755 /etc/systemd/system/conductor.service.d
  printf '[Service]\nUser=%s\n' "$username" >/etc/systemd/system/conductor.service.d/user.conf
  printf 'instance=%s\nhostname=%s\n' "$SPOQ_INSTANCE" "$(need hostname)" >/etc/spoq/vps.marker
}

proxy() {
  local hostname
  hostname=$(need hostname)
  [[ $hostname =~ ^[a-z0-9.-]+$ ]] || die "\"$hostname\" is no name of a computer."
  sed "s/@HOSTNAME@/$hostname/" "$(kit)/etc/caddy/Caddyfile" >"$WORK/Caddyfile"
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
  fi
}

# --- the roads ---------------------------------------------------------------------------------------------------

stage() { # name, functions
  STAGE=$1
  note "Stage: $STAGE"
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
  case "${1:-server}" in
    server)
      begin
      stage packages packages
      stage user fetch_settings system_files users
      stage conductor conductor
      stage proxy proxy
      stage firewall firewall
      start
      ;;
    boot)
      begin
      stage user fetch_settings system_files users
      stage conductor conductor
      stage proxy proxy
      ;;
    image)
      WORK=$(mktemp -d)
      packages
      system_files
      rm -rf "$WORK"
      ;;
    *)
      echo "Usage: install.sh [server | image | boot]" >&2
      exit 2
      ;;
  esac
}

# Filled in where this script travels alone.
PAYLOAD=''

# The last line, so that a script that was cut off does nothing.
main "$@"
